import Foundation
import Normalization
import NormalizationFiles
import Testing

/// A case of Tests/Fixtures/conformance/group_cases.json: what PyTorch or ONNX computed, or refused. The
/// schema is in Tests/Fixtures/README.md.
struct GroupConformanceCase: Decodable, CustomTestStringConvertible, Sendable {
    var name: String
    var suite: String
    var dtype: ConformanceCase.Precision
    var shape: [Int]
    var channelAxis: Int
    var groups: Int
    var epsilon: Double
    var scaleOffset: Double
    var ofBatch: Bool
    var perGroup: Bool
    var refused: Bool
    var x: String
    var y: String?
    var dy: String?
    var dx: String?
    var gamma: String?
    var beta: String?
    var dgamma: String?
    var dbeta: String?
    var gammas: String?
    var betas: String?

    var testDescription: String { name }
    var element: ElementType { dtype == .single ? .float : .double }
    var channels: Int { shape[channelAxis] }

    /// The values of a tensor, `nil` where the case names none.
    func values(_ tensor: String?) throws -> [Double]? {
        guard let tensor else { return nil }
        let file = try #require(Self.files[suite], "\(suite).safetensors was not read")
        return try file.values(of: tensor, as: Double.self)
    }

    /// γ or β: absent, shared where it is one number for several channels, or per channel; of opset 18 one
    /// number a group.
    private func parameter(_ tensor: String?) throws -> AffineParameter<Double> {
        guard let values = try values(tensor) else { return .absent }
        if perGroup {
            let size = channels / groups
            return .perChannel(values.flatMap { Array(repeating: $0, count: size) })
        }
        return values.count == 1 && channels != 1 ? .shared(values[0]) : .perChannel(values)
    }

    /// The case as a problem, with a gradient of zeros where there is none.
    func data() throws -> GroupData {
        let problem = GroupProblem(
            layout: Layout(shape, axis: channelAxis), groups: groups,
            affine: gammas == nil ? .ofLayer(.standard) : .perSample(scaleOffset: scaleOffset),
            epsilon: epsilon, isOfBatch: ofBatch)
        let x = try #require(try values(x))
        let gradient = try values(dy) ?? [Double](repeating: 0, count: x.count)
        return try GroupData(
            problem, x: x, gradient: gradient, gamma: parameter(gamma), beta: parameter(beta),
            gammas: values(gammas) ?? [], betas: values(betas) ?? [])
    }

    /// All cases, in the order of the file.
    static let all: [GroupConformanceCase] = {
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(
                [GroupConformanceCase].self,
                from: Data(
                    contentsOf: Fixtures.folder.appending(path: "conformance/group_cases.json")))
        } catch {
            Issue.record("conformance/group_cases.json: \(error)")
            return []
        }
    }()

    private static let files = Dictionary(
        uniqueKeysWithValues: Set(all.map(\.suite)).compactMap { suite in
            (try? SafetensorsFile(
                contentsOf: Fixtures.folder.appending(path: "conformance/\(suite).safetensors")
                    .path)).map { (suite, $0) }
        })
}

import Foundation
import Normalization
import NormalizationFiles
import Testing

/// A case of Tests/Fixtures/conformance: what PyTorch, Keras or ONNX computed, or refused. The schema
/// is in Tests/Fixtures/README.md.
struct ConformanceCase: Decodable, CustomTestStringConvertible, Sendable {
    enum Precision: String, Decodable {
        case single = "F32"
        case double = "F64"
    }

    struct Update: Decodable {
        enum Kind: String, Decodable {
            case newWeight = "new_weight"
            case decay
            case cumulative
        }

        var kind: Kind
        var value: Double?

        var weight: UpdateWeight {
            switch kind {
            case .newWeight: .newWeight(value ?? .nan)
            case .decay: .decay(value ?? .nan)
            case .cumulative: .cumulative
            }
        }
    }

    struct Step: Decodable {
        enum Mode: String, Decodable { case training, inference }

        var mode: Mode
        var x: String
        var y: String?
        var dy: String?
        var dx: String?
        var dgamma: String?
        var dbeta: String?
        var runningMean: String?
        var runningVariance: String?
    }

    enum Reason: String, Decodable {
        case singleValue = "single_value"
        case epsilon
        case gamma
        case beta
        case runningMean = "running_mean"
        case runningVariance = "running_variance"
        case rank
        case updateWeight = "update_weight"
    }

    var name: String
    var suite: String
    var dtype: Precision
    var shape: [Int]
    var channelAxis: Int
    var epsilon: Double
    var update: Update?
    var variance: String?
    var gamma: String?
    var beta: String?
    var runningMean: String?
    var runningVariance: String?
    var steps: [Step]
    var error: Bool?
    var reason: Reason?

    var testDescription: String { name }
    var isRefused: Bool { error == true }
    var layout: Layout { Layout(shape, axis: channelAxis) }
    /// What its tensors are, and the unit in which differences are counted.
    var element: ElementType { dtype == .single ? .float : .double }
    /// The types to compute it in: its own, and Double where its source has no F64 of its own.
    var elements: [ElementType] {
        ["keras", "onnx_nodes"].contains(suite) ? ElementType.allCases : [element]
    }

    /// The values of a tensor, `nil` where the case names none.
    func values(_ tensor: String?) throws -> [Double]? {
        guard let tensor else { return nil }
        let file = try #require(Self.files[suite], "\(suite).safetensors was not read")
        return try file.values(of: tensor, as: Double.self)
    }

    /// γ or β: absent, shared where it is one number for several channels, or per channel.
    func parameter(_ tensor: String?) throws -> AffineParameter<Double> {
        guard let values = try values(tensor) else { return .absent }
        let channels = shape.indices.contains(channelAxis) ? shape[channelAxis] : 0
        return values.count == 1 && channels != 1 ? .shared(values[0]) : .perChannel(values)
    }

    /// Running statistics with the given tensors for mean and variance.
    func running(_ mean: String?, _ variance: String?, updates: Int) throws -> RunningStatistics? {
        guard let mean = try values(mean), let variance = try values(variance) else { return nil }
        return try RunningStatistics(
            mean: mean, variance: variance, updateCount: updates,
            weight: update?.weight ?? .newWeight(0.1),
            estimator: self.variance.flatMap { VarianceEstimator(rawValue: $0) } ?? .unbiased)
    }

    /// The layer before its first step.
    func layer(_ subject: Subject) throws -> any TestedLayer {
        // A shape without that axis has no number of channels; any layer must refuse it.
        let hasChannels = shape.indices.contains(channelAxis)
        return try subject.layer(
            channels: hasChannels ? shape[channelAxis] : 1, gamma: parameter(gamma),
            beta: parameter(beta), epsilon: epsilon,
            running: hasChannels ? running(runningMean, runningVariance, updates: 0) : nil)
    }

    // MARK: Reading

    /// All cases, in the order of the file.
    static let all: [ConformanceCase] = {
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(
                [ConformanceCase].self,
                from: Data(contentsOf: Fixtures.folder.appending(path: "conformance/cases.json")))
        } catch {
            Issue.record("conformance/cases.json: \(error)")
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

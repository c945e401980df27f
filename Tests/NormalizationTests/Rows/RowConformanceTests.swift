import Foundation
import Normalization
import NormalizationFiles
import SeededRandom
import Testing

/// What PyTorch's layer_norm and rms_norm, ConvNeXt's layer norm, and Llama's and Gemma's RMS norms
/// compute, for every engine.
@Suite struct RowConformanceTests {
    struct Case: Decodable, CustomTestStringConvertible, Sendable {
        var name: String
        var dtype: ConformanceCase.Precision
        var kind: String
        var shape: [Int]
        var axes: [Int]
        var epsilon: Double
        var scaleOffset: Double
        var gamma: String?
        var beta: String?
        var steps: [ConformanceCase.Step]

        var testDescription: String { name }

        static let all: [Case] = {
            do {
                let decoder = JSONDecoder()
                decoder.keyDecodingStrategy = .convertFromSnakeCase
                return try decoder.decode(
                    [Case].self,
                    from: Data(
                        contentsOf: Fixtures.folder.appending(path: "conformance/rows.json")))
            } catch {
                Issue.record("conformance/rows.json: \(error)")
                return []
            }
        }()
    }

    private static let file = try? SafetensorsFile(
        contentsOf: Fixtures.folder.appending(path: "conformance/rows.safetensors").path)

    @Test("All cases were read")
    func allCasesWereRead() { #expect(Case.all.count == 108) }

    @Test("y and gradients are the peer's", arguments: Engine.allCases, Case.all)
    func numbersAreThePeers(_ engine: Engine, example: Case) throws {
        let file = try #require(Self.file)
        func values(_ tensor: String?) throws -> [Double]? {
            try tensor.map { try file.values(of: $0, as: Double.self) }
        }
        func parameter(_ tensor: String?) throws -> AffineParameter<Double> {
            try values(tensor).map { .perChannel($0) } ?? .absent
        }
        let geometry = try RowGeometry(
            example.shape, normalizing: example.axes[0]...example.axes[1])
        let subject = RowSubject(
            kind: example.kind == "layer" ? .layer : .rms, engine: engine,
            element: example.dtype == .single ? .float : .double)
        let step = example.steps[0]
        // Its numbers are replaced by the case's.
        var generator = SplitMix64(seed: 0)
        var data = RowData(geometry, using: &generator)
        data.parts = try RowParts(
            width: geometry.width, gamma: parameter(example.gamma), beta: parameter(example.beta),
            epsilon: example.epsilon, scaleOffset: example.scaleOffset)
        data.x = try #require(try values(step.x))
        data.g = try #require(try values(step.dy))
        let sizes = RowFormulas(data, isCentered: subject.isCentered)
        let forward = try subject.forward(data.parts, data.x, geometry)
        let gradients = try subject.backward(
            data.parts, data.g, data.x, geometry, RowOptions(statistics: forward.statistics))
        func compare(_ name: String, _ found: [Double]?, _ tensor: String?, _ size: [Double]) throws
        {
            guard let peer = try values(tensor) else { return }
            var expected = RowFormulas.Numbers(peer.count)
            (expected.value, expected.size) = (peer, size)
            let difference = subject.difference(name, found, expected)
            #expect(difference == nil, "\(difference ?? "")")
        }
        try compare("y", forward.output, step.y, sizes.y.size)
        try compare("∂x", gradients.input, step.dx, sizes.dx.size)
        try compare("∂γ", gradients.gamma, step.dgamma, sizes.dgamma.size)
        try compare("∂β", gradients.beta, step.dbeta, sizes.dbeta.size)
    }
}

import Foundation
import Normalization
import NormalizationFiles
import Testing

/// What the papers' formulas give in PyTorch, in double precision: y, and PyTorch's own gradients; where
/// eigenvalues are equal, of an iteration without them, since PyTorch's through `eigh` are NaN.
@Suite struct WhiteningConformanceTests {
    struct Case: Decodable, CustomTestStringConvertible, Sendable {
        var name: String
        var shape: [Int]
        var channelAxis: Int
        var groupSize: Int
        var method: String
        var iterations: Int?
        var epsilon: Double
        var gamma: String?
        var beta: String?
        var runningMean: String
        var runningCovariance: String
        var steps: [ConformanceCase.Step]

        var testDescription: String { name }

        static let all: [Case] = {
            do {
                let decoder = JSONDecoder()
                decoder.keyDecodingStrategy = .convertFromSnakeCase
                return try decoder.decode(
                    [Case].self,
                    from: Data(
                        contentsOf: Fixtures.folder.appending(path: "conformance/whitening.json")))
            } catch {
                Issue.record("conformance/whitening.json: \(error)")
                return []
            }
        }()
    }

    private static let file = try? SafetensorsFile(
        contentsOf: Fixtures.folder.appending(path: "conformance/whitening.safetensors").path)

    @Test("All cases were read")
    func allCasesWereRead() { #expect(Case.all.count == 48) }

    @Test(
        "y and gradients are PyTorch's to 1e-9", arguments: [Engine.reference, .blas], Case.all)
    func numbersArePyTorchs(_ engine: Engine, example: Case) throws {
        let file = try #require(Self.file)
        func values(_ tensor: String) throws -> [Double] {
            try file.values(of: tensor, as: Double.self)
        }
        func parameter(_ tensor: String?) throws -> AffineParameter<Double> {
            try tensor.map { .perChannel(try values($0)) } ?? .absent
        }
        func expectNear(_ found: [Double]?, _ tensor: String?, _ name: String) throws {
            guard let tensor else {
                #expect(found == nil, "\(name)")
                return
            }
            let (found, expected) = (try #require(found), try values(tensor))
            #expect(found.count == expected.count)
            let size = expected.map { abs($0) }.max() ?? 0
            for (index, pair) in zip(found, expected).enumerated() {
                #expect(abs(pair.0 - pair.1) <= 1e-9 * max(size, 1), "\(name) \(index)")
            }
        }
        let method: WhiteningMethod =
            switch example.method {
            case "zca": .zca
            case "cholesky": .cholesky
            default: .newton(iterations: example.iterations ?? 0)
            }
        let layout = Layout(example.shape, axis: example.channelAxis)
        let layer: WhiteningNorm<Double> = try WhiteningParts(
            channels: layout.geometry.channels, groupSize: example.groupSize, method: method,
            gamma: parameter(example.gamma), beta: parameter(example.beta),
            epsilon: example.epsilon,
            running: RunningWhitening(
                mean: values(example.runningMean), covariance: values(example.runningCovariance),
                groupSize: example.groupSize)
        ).layer(engine)
        for step in example.steps {
            let x = try values(step.x)
            let normalizing: NormalizingWhitening
            let y: [Double]
            if step.mode == .training {
                let forward = try layer.forward(doubles: x, layout)
                (y, normalizing) = (forward.output, .batch(forward.statistics))
            } else {
                (y, normalizing) = (try layer.inference(doubles: x, layout), .running)
            }
            try expectNear(y, step.y, "\(step.mode) y")
            let gradients = try layer.backward(
                doubles: values(try #require(step.dy)), input: x, normalizedBy: normalizing, layout)
            try expectNear(gradients.input, step.dx, "\(step.mode) ∂x")
            try expectNear(gradients.gamma, step.dgamma, "\(step.mode) ∂γ")
            try expectNear(gradients.beta, step.dbeta, "\(step.mode) ∂β")
        }
    }
}

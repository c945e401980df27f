import Foundation
import Normalization
import SeededRandom
import Testing

/// Normalization with an activation and a residual in one walk, against the same in two steps.
@Suite struct ActivationTests {
    struct Problem: CustomTestStringConvertible, Sendable {
        var engine: Engine
        var activation: Activation
        var hasResidual: Bool
        var shape: [Int]
        var axis = 1

        var testDescription: String {
            "\(engine) \(activation) \(shape) axis \(axis)"
                + (hasResidual ? " with residual" : "")
        }

        static let activations: [Activation] = [
            .identity, .relu, .relu6, .leakyReLU(negativeSlope: 0.1), .silu, .hardSwish,
        ]

        /// Planes, short planes in rows, columns, channels last, and a channel cut into stripes.
        static let shapes: [([Int], Int)] = [
            ([2, 3, 17, 19], 1), ([9, 5, 7, 7], 1), ([33, 40], 1), ([3, 5, 5, 21], 3),
            ([1, 2, 400, 401], 1),
        ]

        static let all = Engine.allCases.flatMap { engine in
            activations.flatMap { activation in
                [false, true].flatMap { hasResidual in
                    shapes.map {
                        Problem(
                            engine: engine, activation: activation, hasResidual: hasResidual,
                            shape: $0.0, axis: $0.1)
                    }
                }
            }
        }
    }

    /// f(z) as the papers write it.
    private static func f(_ activation: Activation, _ z: Double) -> Double {
        switch activation {
        case .identity: z
        case .relu: max(z, 0)
        case .relu6: min(max(z, 0), 6)
        case .leakyReLU(let slope): z > 0 ? z : slope * z
        case .silu: z / (1 + exp(-z))
        case .hardSwish: z * min(max(z + 3, 0), 6) / 6
        }
    }

    @Test(arguments: Problem.all)
    func oneWalkEqualsTwoSteps(_ problem: Problem) throws {
        // z is rounded once more in the two steps; every f here has slope at most 1.1, and e⁻ᶻ is good
        // to two units in the last place: 16 units of the largest value cover both.
        try check(problem, Float.self, tolerance: 16 * 0x1p-24 * 16)
        try check(problem, Double.self, tolerance: 16 * 0x1p-53 * 16)
    }

    private func check<Scalar: NormalizationScalar>(
        _ problem: Problem, _: Scalar.Type, tolerance: Double
    ) throws {
        let geometry = try Geometry(problem.shape, channelAxis: problem.axis)
        var generator = SplitMix64(seed: 5)
        let x = generator.values(geometry.count, mean: 1, spread: 2).map { Scalar($0) }
        let residual = generator.values(geometry.count, spread: 2).map { Scalar($0) }
        let gamma = generator.values(geometry.channels, mean: 2).map { Scalar($0) }
        let beta = generator.values(geometry.channels, mean: 0.5).map { Scalar($0) }
        var layer = try BatchNorm<Scalar>(
            channels: geometry.channels, gamma: .perChannel(gamma), beta: .perChannel(beta),
            runningStatistics: RunningStatistics(channels: geometry.channels),
            engine: problem.engine)

        for isTraining in [true, false] {
            var plain = [Scalar](repeating: 0, count: geometry.count)
            var fused = plain
            var plainSpan = plain.mutableSpan
            if isTraining {
                let statistics = try layer.forward(x.span, into: &plainSpan, geometry: geometry)
                var span = fused.mutableSpan
                let same = try layer.forward(
                    x.span, adding: problem.hasResidual ? residual.span : nil,
                    then: problem.activation, into: &span, geometry: geometry)
                #expect(statistics == same)
            } else {
                try layer.inference(x.span, into: &plainSpan, geometry: geometry)
                var span = fused.mutableSpan
                try layer.inference(
                    x.span, adding: problem.hasResidual ? residual.span : nil,
                    then: problem.activation, into: &span, geometry: geometry)
                var inPlace = x
                var inPlaceSpan = inPlace.mutableSpan
                try layer.inferenceInPlace(
                    &inPlaceSpan, adding: problem.hasResidual ? residual.span : nil,
                    then: problem.activation, geometry: geometry)
                #expect(inPlace == fused)
            }
            var largest = 0.0
            for i in 0..<geometry.count {
                let z = Double(plain[i]) + (problem.hasResidual ? Double(residual[i]) : 0)
                largest = max(largest, abs(Double(fused[i]) - Self.f(problem.activation, z)))
            }
            #expect(largest <= tolerance, "training: \(isTraining)")
            layer.threadLimit = 2
        }
    }

    @Test(arguments: Problem.all.filter { $0.shape.reduce(1, *) <= 2205 })
    func gradientsAgreeWithCentralDifferences(_ problem: Problem) throws {
        let geometry = try Geometry(problem.shape, channelAxis: problem.axis)
        var generator = SplitMix64(seed: 6)
        let x = generator.values(geometry.count, mean: 0.2)
        let residual = generator.values(geometry.count)
        let g = generator.values(geometry.count)
        var layer = try BatchNorm<Double>(
            channels: geometry.channels,
            gamma: .perChannel(generator.values(geometry.channels, mean: 1.5)),
            beta: .perChannel(generator.values(geometry.channels)), epsilon: 1e-3,
            runningStatistics: RunningStatistics(channels: geometry.channels),
            engine: problem.engine)

        func loss(
            _ x: [Double], _ residual: [Double], _ layer: BatchNorm<Double>
        ) throws -> Double {
            var y = [Double](repeating: 0, count: geometry.count)
            var span = y.mutableSpan
            _ = try layer.forward(
                x.span, adding: problem.hasResidual ? residual.span : nil,
                then: problem.activation, into: &span, geometry: geometry)
            return zip(g, y).reduce(0) { $0 + $1.0 * $1.1 }
        }

        let statistics = try BatchStatistics(of: x.span, geometry: geometry)
        var (dx, dResidual) = (x, x)
        let parameters: ParameterGradients<Double>
        do {
            var dxSpan = dx.mutableSpan
            if problem.hasResidual {
                parameters = try layer.backward(
                    g.span, input: x.span, adding: residual.span, through: problem.activation,
                    normalizedBy: .batch(statistics), into: &dxSpan,
                    residualGradient: dResidual.mutableSpan, geometry: geometry)
            } else {
                parameters = try layer.backward(
                    g.span, input: x.span, through: problem.activation,
                    normalizedBy: .batch(statistics), into: &dxSpan, geometry: geometry)
            }
        }

        // It leaves an error of about 1e-10; with this seed no value is within a step of a corner of f.
        let step = 1e-6
        for i in stride(from: 0, to: geometry.count, by: 97) {
            var (above, below) = (x, x)
            above[i] += step
            below[i] -= step
            let numeric =
                try (loss(above, residual, layer) - loss(below, residual, layer)) / (2 * step)
            #expect(abs(numeric - dx[i]) <= 1e-6 * max(1, abs(numeric)), "x[\(i)]")
            guard problem.hasResidual else { continue }
            (above, below) = (residual, residual)
            (above[i], below[i]) = (residual[i] + step, residual[i] - step)
            let behind = try (loss(x, above, layer) - loss(x, below, layer)) / (2 * step)
            #expect(abs(behind - dResidual[i]) <= 1e-6 * max(1, abs(behind)), "residual[\(i)]")
        }
        try expectGammaGradient(parameters.gamma, of: &layer, step) { layer in
            try loss(x, residual, layer)
        }
    }

    /// ∂γ of the last channel against a central difference.
    private func expectGammaGradient(
        _ gradient: [Double]?, of layer: inout BatchNorm<Double>, _ step: Double,
        _ loss: (BatchNorm<Double>) throws -> Double
    ) throws {
        let channel = layer.channels - 1
        guard case .perChannel(var gamma) = layer.gamma else { return }
        gamma[channel] += step
        layer.gamma = .perChannel(gamma)
        let above = try loss(layer)
        gamma[channel] -= 2 * step
        layer.gamma = .perChannel(gamma)
        let numeric = try (above - loss(layer)) / (2 * step)
        let analytic = try #require(gradient)[channel]
        #expect(abs(numeric - analytic) <= 1e-5 * max(1, abs(numeric)), "gamma[\(channel)]")
    }

    @Test(arguments: Engine.allCases)
    func aResidualThatIsTheOutputIsRefused(_ engine: Engine) throws {
        var layer = try BatchNorm<Float>.standard(channels: 2)
        layer.engine = engine
        let geometry = try Geometry([2, 2, 3])
        let x = [Float](repeating: 1, count: 12)
        var y = x
        y.withUnsafeMutableBufferPointer { y in
            let residual = UnsafeBufferPointer(y).span
            var output = y.mutableSpan
            _ = #expect(throws: NormalizationError.overlap(.residual, .output)) {
                try layer.inference(
                    x.span, adding: residual, then: .relu, into: &output, geometry: geometry)
            }
        }
    }
}

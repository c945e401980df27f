import Normalization
import Testing

@Suite struct InverseTests {
    static let engines = Engine.allCases
    /// Planes, features, a shape that is cut into blocks, and channels last.
    static let shapes: [(shape: [Int], axis: Int)] = [
        ([3, 5, 7], 1), ([40, 9], 1), ([2, 4, 70, 50], 1), ([2, 6, 6, 3], -1),
    ]

    /// With u the unit roundoff, S = √(σ² + ε)/|γ|: 8 u (S (|y − β| + |β|) + |μ| + |x|), as the
    /// docstring says, of the engine, and of the same formula evaluated here in `Double`.
    private func bound(
        _ x: Double, _ y: Double, _ map: (scale: Double, mean: Double, beta: Double), _ u: Double
    ) -> Double {
        let reciprocal = map.scale == 0 ? 0 : 1 / abs(map.scale)
        let size =
            reciprocal * (abs(y - map.beta) + abs(map.beta)) + abs(map.mean) + abs(x)
        return 8 * (u + 0x1p-53) * size
    }

    private func check<Scalar: NormalizationScalar>(_ engine: Engine, _: Scalar.Type) throws {
        for (seed, (shape, axis)) in Self.shapes.enumerated() {
            for form in 0..<9 {
                var random = SeededNumbers(seed: UInt64(seed))
                let geometry = try Geometry(shape, channelAxis: axis)
                var layer: BatchNorm<Scalar> = try random.layer(
                    channels: geometry.channels, form: form)
                layer.engine = engine
                let y: [Scalar] = random.array(geometry.count, -3...3)
                let x = try layer.inverse(
                    y, normalizedBy: .running, shape: shape, channelAxis: axis)
                let maps = (0..<geometry.channels).map { layer.map(ofChannel: $0) }
                let wrong = y.indices.first { i in
                    let map = maps[i / geometry.inner % geometry.channels]
                    let exact = map.mean + (Double(y[i]) - map.beta) / map.scale
                    let bound = bound(exact, Double(y[i]), map, Double(Scalar.ulpOfOne) / 2)
                    return !(abs(Double(x[i]) - exact) <= bound)
                }
                #expect(wrong == nil, "\(engine) \(Scalar.self) \(shape) axis \(axis) form \(form)")
            }
        }
    }

    @Test(arguments: engines) func inverseIsTheFormula(_ engine: Engine) throws {
        try check(engine, Float.self)
        try check(engine, Double.self)
    }

    /// y is within δ = u (|γ| (6 z + 12) + 4 |β|) + 8 U |γ| (z + |μ| s) of exact, z = |x − μ| s (the
    /// second-form roundings of forward, one for each product, sum and coefficient), and comes back as
    /// S · δ beside the inverse's own error.
    private func roundTrip<Scalar: NormalizationScalar>(_ engine: Engine, _: Scalar.Type) throws {
        for (seed, (shape, axis)) in Self.shapes.enumerated() {
            var random = SeededNumbers(seed: UInt64(seed))
            let geometry = try Geometry(shape, channelAxis: axis)
            var layer: BatchNorm<Scalar> = try random.layer(channels: geometry.channels, form: 0)
            layer.engine = engine
            let x: [Scalar] = random.array(geometry.count, -1...3)
            let (y, statistics) = try layer.forward(x, shape: shape, channelAxis: axis)
            let back = try layer.inverse(
                y, normalizedBy: .batch(statistics), shape: shape, channelAxis: axis)
            layer.runningStatistics = try RunningStatistics(
                mean: statistics.mean, variance: statistics.variance())
            let maps = (0..<geometry.channels).map { layer.map(ofChannel: $0) }
            let gammas = layer.gamma.values.map { Double($0) }
            let (u, U) = (Double(Scalar.ulpOfOne) / 2, 0x1p-53)
            let wrong = x.indices.first { i in
                let c = i / geometry.inner % geometry.channels
                let (map, gamma) = (maps[c], abs(gammas[c]))
                let s = abs(map.scale) / gamma
                let z = abs(Double(x[i]) - map.mean) * s
                let delta =
                    u * (gamma * (6 * z + 12) + 4 * abs(map.beta))
                    + 8 * U * gamma * (z + abs(map.mean) * s)
                let bound =
                    delta / abs(map.scale) + bound(Double(x[i]), Double(y[i]), map, u)
                return !(abs(Double(back[i]) - Double(x[i])) <= bound)
            }
            #expect(wrong == nil, "\(engine) \(Scalar.self) \(shape) axis \(axis)")
        }
    }

    @Test(arguments: engines) func inverseUndoesTrainingForward(_ engine: Engine) throws {
        try roundTrip(engine, Float.self)
        try roundTrip(engine, Double.self)
    }

    @Test(arguments: engines) func channelsWithoutScaleReturnTheirMean(_ engine: Engine) throws {
        let layer = try BatchNorm<Float>(
            channels: 4, gamma: .perChannel([0, 2, -0.0, 1]), beta: .shared(1), epsilon: 0,
            runningStatistics: RunningStatistics(
                mean: [5, 1, -3, 0], variance: [1, 4, 4, 0.25]), engine: engine)
        var layerOfItsOwn = layer
        layerOfItsOwn.epsilon = 1e-5
        for shape in [[3, 4], [3, 4, 20]] {
            let count = shape.reduce(1, *)
            let y = (0..<count).map { Float($0 % 7) }
            let x = try layer.inverse(y, normalizedBy: .running, shape: shape)
            let inner = count / 12
            for i in 0..<count {
                // Exact: powers of two and small integers.
                let expected: [Float] = [5, 1 + (y[i] - 1), -3, (y[i] - 1) / 2]
                #expect(x[i] == expected[i / inner % 4])
            }
            let constant = try layerOfItsOwn.inverse(y, normalizedBy: .running, shape: shape)
            #expect(constant[0] == 5 && constant[2 * inner] == -3)
        }
    }

    @Test(arguments: engines)
    func aReciprocalScaleBeyondFloatIsUsedInDouble(_ engine: Engine) throws {
        // S = 1e10 / 1e-30 = 1e40 is infinite in Float, the x it gives are not.
        let layer = try BatchNorm<Float>(
            channels: 1, gamma: .shared(1e-30), beta: .absent,
            runningStatistics: RunningStatistics(mean: [0], variance: [1e20]), engine: engine)
        let y: [Float] = [1e-30, 2e-30, -4e-30]
        let x = try layer.inverse(y, normalizedBy: .running, shape: [3, 1])
        for (x, expected) in zip(x, [1e10, 2e10, -4e10]) {
            #expect(abs(Double(x) - expected) <= 0x1p-23 * abs(expected))
        }
    }

    @Test func inPlaceAndPointersGiveTheSameBits() throws {
        var random = SeededNumbers(seed: 3)
        for engine in Self.engines {
            for (shape, axis) in Self.shapes {
                let geometry = try Geometry(shape, channelAxis: axis)
                var layer: BatchNorm<Float> = try random.layer(
                    channels: geometry.channels, form: 0)
                layer.engine = engine
                let y: [Float] = random.array(geometry.count)
                let x = try layer.inverse(
                    y, normalizedBy: .running, shape: shape, channelAxis: axis)
                var buffer = y
                var span = buffer.mutableSpan
                try layer.inverseInPlace(&span, normalizedBy: .running, geometry: geometry)
                #expect(buffer == x)
            }
        }
    }

    @Test func refusalsLeaveYAlone() throws {
        let layer = try BatchNorm<Double>.standard(channels: 2)
        var y: [Double] = [1, 2, 3, 4]
        func refusal(_ call: () throws -> Void) throws -> NormalizationError {
            try #require(throws: NormalizationError.self, performing: call)
        }
        #expect(
            try refusal { _ = try layer.inverse([1], normalizedBy: .running, shape: [2, 2]) }
                == .wrongLength(.output, expected: 4, actual: 1))
        let single = try BatchStatistics(
            count: 3, mean: [0, 0], sumOfSquaredDeviations: [1, 1])
        #expect(
            try refusal { _ = try layer.inverse(y, normalizedBy: .batch(single), shape: [2, 2]) }
                == .mismatchedCount(expected: 2, actual: 3))
        var without = layer
        without.runningStatistics = nil
        #expect(
            try refusal { _ = try without.inverse(y, normalizedBy: .running, shape: [2, 2]) }
                == .noRunningStatistics)
        let geometry = try Geometry([1, 2])
        y.withUnsafeMutableBufferPointer { y in
            let source = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(y)[0..<2])
            let target = UnsafeMutableBufferPointer(rebasing: y[1..<3])
            let error = #expect(throws: NormalizationError.self) {
                try layer.inverse(
                    source, normalizedBy: .running, into: target, geometry: geometry)
            }
            #expect(error == .overlap(.output, .input))
        }
        #expect(y == [1, 2, 3, 4])
    }

    @Test func anEmptyTensorHasAnEmptyInverse() throws {
        let layer = try BatchNorm<Float>.standard(channels: 2)
        #expect(try layer.inverse([], normalizedBy: .running, shape: [0, 2, 5]) == [])
        let (_, empty) = try layer.forward([], shape: [0, 2])
        #expect(try layer.inverse([], normalizedBy: .batch(empty), shape: [0, 2]) == [])
    }
}

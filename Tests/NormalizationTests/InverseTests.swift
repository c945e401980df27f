import Normalization
import SeededRandom
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
                var random = SplitMix64(seed: UInt64(seed))
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
    private func roundTrip<Scalar: NormalizationScalar>(
        _ engine: Engine, _ form: Int, offset: Double, _: Scalar.Type
    ) throws {
        for (seed, (shape, axis)) in Self.shapes.enumerated() {
            var random = SplitMix64(seed: UInt64(seed))
            let geometry = try Geometry(shape, channelAxis: axis)
            var layer: BatchNorm<Scalar> = try random.layer(channels: geometry.channels, form: form)
            layer.engine = engine
            let x: [Scalar] = random.array(geometry.count, offset - 1...offset + 3)
            let (y, statistics) = try layer.forward(x, shape: shape, channelAxis: axis)
            let back = try layer.inverse(
                y, normalizedBy: .batch(statistics), shape: shape, channelAxis: axis)
            layer.runningStatistics = try RunningStatistics(
                mean: statistics.mean, variance: statistics.variance())
            let maps = (0..<geometry.channels).map { layer.map(ofChannel: $0) }
            let deviations = statistics.variance().map { ($0 + layer.epsilon).squareRoot() }
            let (u, U) = (Double(Scalar.ulpOfOne) / 2, 0x1p-53)
            let wrong = x.indices.first { i in
                let c = i / geometry.inner % geometry.channels
                let (map, s) = (maps[c], 1 / deviations[c])
                let gamma = abs(map.scale) * deviations[c]
                let z = abs(Double(x[i]) - map.mean) * s
                let delta =
                    u * (gamma * (6 * z + 12) + 4 * abs(map.beta))
                    + 8 * U * gamma * (z + abs(map.mean) * s)
                let bound =
                    delta / abs(map.scale) + bound(Double(x[i]), Double(y[i]), map, u)
                return !(abs(Double(back[i]) - Double(x[i])) <= bound)
            }
            #expect(
                wrong == nil,
                "\(engine) \(Scalar.self) \(shape) axis \(axis) form \(form) offset \(offset)")
        }
    }

    @Test(arguments: engines, [0, 0x1p12])
    func inverseUndoesTrainingForward(_ engine: Engine, offset: Double) throws {
        // Standard, weight-shared, parameter-shared, none.
        for form in [0, 1, 4, 8] {
            try roundTrip(engine, form, offset: offset, Float.self)
            try roundTrip(engine, form, offset: offset, Double.self)
        }
    }

    /// |γ| from 2⁻¹⁰⁰ to 2¹⁰, or zero; |μ| up to 2²⁰; variances from 2⁻⁴⁰ to 2⁴⁰: within the docstring's
    /// bound, where γ is zero the mean itself, and to the bit the same by batch and by running
    /// statistics, between buffers and in place.
    private func sweep<Scalar: NormalizationScalar>(
        _ engine: Engine, _ seed: Int, _: Scalar.Type
    ) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let (shape, axis) = Self.shapes[seed % 4]
        let geometry = try Geometry(shape, channelAxis: axis)
        let (channels, m) = (geometry.channels, Double(geometry.valuesPerChannel))
        var layer: BatchNorm<Scalar> = try random.layer(channels: channels, form: seed / 4 % 9)
        layer.engine = engine
        let gammas = (0..<channels).map { _ in
            random.integer(0...3) == 0 ? 0 : Scalar(random.power(-100...10))
        }
        switch layer.gamma {
        case .absent: break
        case .shared: layer.gamma = .shared(gammas[0])
        case .perChannel: layer.gamma = .perChannel(gammas)
        }
        let statistics = try BatchStatistics(
            count: geometry.valuesPerChannel,
            mean: (0..<channels).map { _ in random.power(-20...20) },
            sumOfSquaredDeviations: (0..<channels).map { _ in abs(random.power(-40...40)) * m })
        layer.runningStatistics = try RunningStatistics(
            mean: statistics.mean, variance: statistics.variance())
        let maps = (0..<channels).map { layer.map(ofChannel: $0) }
        let deviations = statistics.variance().map { ($0 + layer.epsilon).squareRoot() }
        // β + γ z, with |z| up to 3
        let y = random.array(geometry.count, -3...3, as: Double.self).enumerated().map { i, z in
            let c = i / geometry.inner % channels
            return Scalar(maps[c].beta + maps[c].scale * deviations[c] * z)
        }
        let place = Comment("\(engine) \(Scalar.self) seed \(seed)")
        let x = try layer.inverse(y, normalizedBy: .running, shape: shape, channelAxis: axis)
        let wrong = y.indices.first { i in
            let map = maps[i / geometry.inner % channels]
            if map.scale == 0 { return x[i] != Scalar(map.mean) }
            let exact = map.mean + (Double(y[i]) - map.beta) / map.scale
            let bound = bound(exact, Double(y[i]), map, Double(Scalar.ulpOfOne) / 2)
            return !(abs(Double(x[i]) - exact) <= bound)
        }
        #expect(wrong == nil, place)
        #expect(
            try x
                == layer.inverse(
                    y, normalizedBy: .batch(statistics), shape: shape, channelAxis: axis), place)
        for numbers in [NormalizingStatistics.running, .batch(statistics)] {
            var (between, inPlace) = ([Scalar](repeating: .nan, count: y.count), y)
            var target = between.mutableSpan
            try layer.inverse(
                y.span, normalizedBy: numbers, into: &target, geometry: geometry)
            var span = inPlace.mutableSpan
            try layer.inverseInPlace(&span, normalizedBy: numbers, geometry: geometry)
            #expect(between == x && inPlace == x, place)
        }
    }

    @Test(arguments: engines) func extremeChannelsStayWithinTheBound(_ engine: Engine) throws {
        for seed in 0..<36 {
            try sweep(engine, seed, Float.self)
            try sweep(engine, seed, Double.self)
        }
    }

    @Test(arguments: engines)
    func aReciprocalBeyondDoubleIsThePseudoInverse(_ engine: Engine) throws {
        let layer = try BatchNorm<Double>(
            channels: 2, gamma: .perChannel([.leastNonzeroMagnitude, -0x1p-1030]),
            beta: .shared(1), epsilon: 0,
            runningStatistics: RunningStatistics(mean: [5, -3], variance: [1, 4]), engine: engine)
        let x = try layer.inverse([1, 2, 3, 4], normalizedBy: .running, shape: [2, 2])
        #expect(x == [5, -3, 5, -3])
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
            let source = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(y)[0..<2]).span
            let buffer = UnsafeMutableBufferPointer(rebasing: y[1..<3])
            var target = buffer.mutableSpan
            let error = #expect(throws: NormalizationError.self) {
                try layer.inverse(
                    source, normalizedBy: .running, into: &target, geometry: geometry)
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

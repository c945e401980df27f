import Normalization
import SeededRandom
import Testing

/// A call on 16-bit tensors gives what the `Float` layer gives on the widened tensors, rounded once, to the bit
/// and by the same engine.
@Suite struct HalfContractTests {
    /// Planes of one value, of less than a vector, of a vector and some, channels last; cut by samples and in
    /// stripes, on one thread and two.
    static let shapes: [([Int], Int)] = [
        ([6, 5], 1), ([70, 24], 1), ([4, 3, 7], 1), ([8, 6, 5, 5], 1), ([2, 5, 17], 1),
        ([3, 40, 31], 1), ([6, 4, 33, 3], -1), ([9, 130, 2, 2], 1), ([2, 2, 3000], 1),
        ([600, 4, 2], 2), ([4, 160, 300], 1),
    ]
    static let engines: [Engine] = [.fused, .blas, .reference]

    private func layer(_ geometry: Geometry, _ engine: Engine) throws -> BatchNorm<Float> {
        let channels = geometry.channels
        var layer = try BatchNorm<Float>(
            channels: channels, gamma: .perChannel((0..<channels).map { 0.5 + Float($0 % 9) / 4 }),
            beta: .perChannel((0..<channels).map { Float($0 % 4) / 2 - 1 }),
            runningStatistics: RunningStatistics(
                mean: (0..<channels).map { Double($0 % 3) / 8 },
                variance: (0..<channels).map { 0.25 + Double($0 % 5) / 8 }))
        layer.engine = engine
        return layer
    }

    private func check<Half: HalfPrecision>(
        _: Half.Type, _ call: some HalfCall, count: Int, seed: UInt64, mean: Double = 0
    ) throws {
        let tensors = HalfTensors<Half>(count: count, seed: seed, mean: mean)
        let difference = try tensors.difference(call)
        try #require(difference == nil, "seed \(seed) \(Half.self) \(call)")
    }

    @Test(arguments: engines, BatchOperation.allCases)
    func batchNormIsThatOfFloatRounded(_ engine: Engine, _ operation: BatchOperation) throws {
        for (index, (shape, axis)) in Self.shapes.enumerated() {
            // The reference is slow, and its cut is that of the others.
            if engine == .reference && shape.reduce(1, *) > 10_000 { continue }
            let geometry = try Geometry(shape, channelAxis: axis)
            var call = BatchCall(
                layer: try layer(geometry, engine), geometry: geometry, operation: operation)
            call.layer.threadLimit = 2
            let seed = UInt64(index)
            try check(Float16.self, call, count: geometry.count, seed: seed, mean: 3)
            try check(BFloat16.self, call, count: geometry.count, seed: seed, mean: 3)
        }
    }

    @Test(arguments: engines, GroupOperation.allCases)
    func groupNormIsThatOfFloatRounded(_ engine: Engine, _ operation: GroupOperation) throws {
        for (index, (shape, axis)) in Self.shapes.enumerated() where axis == 1 || axis == -1 {
            if engine == .reference && shape.reduce(1, *) > 10_000 { continue }
            let geometry = try Geometry(shape, channelAxis: axis)
            for groups in [1, geometry.channels] {
                guard geometry.count / shape[0] / groups > 1 else { continue }
                var layer = try GroupNorm<Float>(
                    channels: geometry.channels, groups: groups,
                    gamma: .shared(1.5), beta: .shared(0.25))
                layer.engine = engine
                let call = GroupCall(layer: layer, geometry: geometry, operation: operation)
                try check(Float16.self, call, count: geometry.count, seed: UInt64(index))
                try check(BFloat16.self, call, count: geometry.count, seed: UInt64(index))
            }
        }
    }

    @Test(arguments: engines, RowOperation.allCases)
    func rowsAreThoseOfFloatRounded(_ engine: Engine, _ operation: RowOperation) throws {
        let shapes: [([Int], ClosedRange<Int>)] = [
            ([40, 5], 1...1), ([9, 16], 1...1), ([7, 37], 1...1), ([5, 300], 1...1),
            ([2, 3000], 1...1), ([40, 1024], 1...1), ([3, 5, 21], 1...1), ([2, 12, 600], 1...1),
        ]
        for (index, (shape, axes)) in shapes.enumerated() {
            let geometry = try RowGeometry(shape, normalizing: axes)
            let scales = (0..<geometry.width).map { Float($0 % 5) / 2 - 0.75 }
            var layer = try LayerNorm<Float>(
                width: geometry.width, gamma: .perChannel(scales), beta: .shared(0.5))
            var rms = try RMSNorm<Float>(
                width: geometry.width, gamma: .perChannel(scales), epsilon: 1e-6)
            (layer.engine, rms.engine) = (engine, engine)
            let count = shape.reduce(1, *)
            let call = RowCall(layer: layer, geometry: geometry, operation: operation)
            let plain = RowCall(layer: rms, geometry: geometry, operation: operation)
            try check(Float16.self, call, count: count, seed: UInt64(index), mean: 2)
            try check(BFloat16.self, call, count: count, seed: UInt64(index), mean: 2)
            try check(BFloat16.self, plain, count: count, seed: UInt64(index))
        }
    }

    /// Random shapes, axes, layers and operations; the seed of one that fails is printed.
    @Test func randomCallsAreThoseOfFloatRounded() throws {
        for seed in UInt64(0)..<150 {
            var generator = SplitMix64(seed: seed &* 7919 &+ 5)
            let problem = Problem.random(seed: generator.next(), elements: 3000)
            let geometry = try problem.layout.geometry
            guard geometry.valuesPerChannel > 1, geometry.shape[0] > 1, geometry.channelAxis != 0
            else { continue }
            let engine = Self.engines.randomElement(using: &generator) ?? .fused
            let operation = BatchOperation.allCases.randomElement(using: &generator) ?? .forward
            let call = BatchCall(
                layer: try layer(geometry, engine), geometry: geometry, operation: operation)
            let mean = [0, 3, 50].randomElement(using: &generator) ?? 0
            try check(Float16.self, call, count: geometry.count, seed: seed, mean: Double(mean))
            try check(BFloat16.self, call, count: geometry.count, seed: seed, mean: Double(mean))
        }
    }
}

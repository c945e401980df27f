import Normalization
import Testing

/// Every number that 16 bits can hold, through every engine.
@Suite struct HalfInferenceTests {
    static let engines: [Engine] = [.fused, .blas, .reference]

    private func check<Half: HalfPrecision>(
        _: Half.Type, _ engine: Engine, shape: [Int], axis: Int, _ scale: Float, _ shift: Float
    ) throws {
        let geometry = try Geometry(shape, channelAxis: axis)
        var layer = try BatchNorm<Float>(
            channels: geometry.channels, gamma: .shared(scale), beta: .shared(shift),
            epsilon: 1e-5,
            runningStatistics: RunningStatistics(
                mean: Array(repeating: 0.125, count: geometry.channels),
                variance: Array(repeating: 0.75, count: geometry.channels)))
        layer.engine = engine
        let x = (0..<geometry.count).map { Half(bitPattern: UInt16($0)) }
        var (found, expected) = (x, x.map(\.widened))
        var y = found.mutableSpan
        var wide = expected.mutableSpan
        try layer.inferenceInPlace(&y, geometry: geometry)
        try layer.inferenceInPlace(&wide, geometry: geometry)
        for i in x.indices where found[i].bitPattern != Half(expected[i]).bitPattern {
            Issue.record("\(x[i].bitPattern): \(found[i].widened), not \(expected[i]) rounded")
            return
        }
    }

    @Test(arguments: engines)
    func everyPatternIsTheFloatLayersRounded(_ engine: Engine) throws {
        for (scale, shift) in [(Float(1), Float(0)), (-3.5, 0.25), (0x1p-12, 0), (60_000, 1)] {
            for (shape, axis) in [([16, 16, 256], 1), ([4096, 16], 1)] {
                try check(Float16.self, engine, shape: shape, axis: axis, scale, shift)
                try check(BFloat16.self, engine, shape: shape, axis: axis, scale, shift)
            }
        }
    }

    /// Beyond the largest number by half a unit y is infinite, not the largest; subnormal numbers stay.
    @Test(arguments: engines)
    func rangeEndsAsIEEESays(_ engine: Engine) throws {
        var layer = try BatchNorm<Float>(
            channels: 1, gamma: .absent, beta: .absent, epsilon: 0,
            runningStatistics: RunningStatistics(mean: [0], variance: [0.25]))
        layer.engine = engine
        let geometry = try Geometry([4, 1], channelAxis: 1)
        var halves: [Float16] = [32_752, 32_768, -40_000, 0x1p-24]
        var span = halves.mutableSpan
        try layer.inferenceInPlace(&span, geometry: geometry)
        #expect(halves == [65_504, .infinity, -.infinity, 0x1p-23])
        var brains = [BFloat16(bitPattern: 1), BFloat16(bitPattern: 0x7F00), BFloat16(0), -3]
        var place = brains.mutableSpan
        try layer.inferenceInPlace(&place, geometry: geometry)
        #expect(brains.map(\.bitPattern) == [2, 0x7F80, 0, BFloat16(-6).bitPattern])
    }

    /// Tensors of 16 bits are checked as others are, and an error leaves them as they were.
    @Test func refusalsAreThoseOfFloat() throws {
        let layer = try BatchNorm<Float>.standard(channels: 2)
        let geometry = try Geometry([3, 2], channelAxis: 1)
        let x = [BFloat16](repeating: 1, count: 6)
        var short = [BFloat16](repeating: 5, count: 5)
        var y = short.mutableSpan
        #expect(throws: NormalizationError.wrongLength(.output, expected: 6, actual: 5)) {
            try layer.inference(x.span, into: &y, geometry: geometry)
        }
        #expect(short == [BFloat16](repeating: 5, count: 5))
        var memory = [BFloat16](repeating: 2, count: 9)
        memory.withUnsafeMutableBufferPointer { memory in
            let shifted = UnsafeMutableBufferPointer(rebasing: memory[1..<7])
            var y = shifted.mutableSpan
            let x = UnsafeBufferPointer(rebasing: memory[0..<6])
            #expect(throws: NormalizationError.overlap(.input, .output)) {
                try layer.inference(x.span, into: &y, geometry: geometry)
            }
        }
    }
}

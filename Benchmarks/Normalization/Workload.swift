import Normalization

/// A layer with tensors of one shape, written once, outside the timing.
final class Workload {
    private var layer: BatchNorm<Float>
    private let geometry: Geometry
    private let x: [Float]
    private let gradient: [Float]
    private var output: [Float]
    private let statistics: BatchStatistics

    init(shape: [Int], engine: Engine) throws {
        geometry = try Geometry(shape)
        layer = try .standard(channels: geometry.channels)
        layer.engine = engine
        x = Self.values(geometry.count, seed: 1)
        gradient = Self.values(geometry.count, seed: 2)
        output = x
        var y = output.mutableSpan
        statistics = try layer.forward(x.span, into: &y, geometry: geometry)
    }

    func training() throws {
        var y = output.mutableSpan
        try layer.forwardAndCommit(x.span, into: &y, geometry: geometry)
    }

    func inference() throws {
        var y = output.mutableSpan
        try layer.inference(x.span, into: &y, geometry: geometry)
    }

    func backward() throws {
        var dx = output.mutableSpan
        _ = try layer.backward(
            gradient.span, input: x.span, normalizedBy: .batch(statistics), into: &dx,
            geometry: geometry)
    }

    /// Uniform numbers between -1 and 1 by a linear congruential generator (Knuth's MMIX).
    private static func values(_ count: Int, seed: UInt64) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
        }
    }
}

import Normalization

/// A layer with tensors of one shape, written once, outside the timing. Calls take spans of copies of the
/// buffers: the compiler (6.3.1) crashes on a span of what a class holds.
final class Workload {
    private var layer: BatchNorm<Float>
    private let geometry: Geometry
    private let x: UnsafeMutableBufferPointer<Float>
    private let gradient: UnsafeMutableBufferPointer<Float>
    private let output: UnsafeMutableBufferPointer<Float>
    private let statistics: BatchStatistics

    init(shape: [Int], engine: Engine) throws {
        geometry = try Geometry(shape)
        layer = try .standard(channels: geometry.channels)
        layer.engine = engine
        x = Self.tensor(geometry.count, seed: 1)
        gradient = Self.tensor(geometry.count, seed: 2)
        output = Self.tensor(geometry.count, seed: 3)
        let output = output
        var y = output.mutableSpan
        statistics = try layer.forward(UnsafeBufferPointer(x).span, into: &y, geometry: geometry)
    }

    deinit {
        for buffer in [x, gradient, output] { buffer.deallocate() }
    }

    func training() throws {
        let output = output
        var y = output.mutableSpan
        try layer.forwardAndCommit(UnsafeBufferPointer(x).span, into: &y, geometry: geometry)
    }

    func inference() throws {
        let output = output
        var y = output.mutableSpan
        try layer.inference(UnsafeBufferPointer(x).span, into: &y, geometry: geometry)
    }

    func backward() throws {
        let output = output
        var dx = output.mutableSpan
        _ = try layer.backward(
            UnsafeBufferPointer(gradient).span, input: UnsafeBufferPointer(x).span,
            normalizedBy: .batch(statistics), into: &dx, geometry: geometry)
    }

    /// Uniform numbers between -1 and 1 by a linear congruential generator (Knuth's MMIX).
    private static func tensor(_ count: Int, seed: UInt64) -> UnsafeMutableBufferPointer<Float> {
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        var state = seed
        for index in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            buffer.initializeElement(
                at: index, to: Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31)
        }
        return buffer
    }
}

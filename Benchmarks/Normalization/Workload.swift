import Normalization

/// A layer with tensors of one shape, written once, outside the timing.
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
        statistics = try layer.forward(
            UnsafeBufferPointer(x), into: output, geometry: geometry)
    }

    deinit {
        for buffer in [x, gradient, output] { buffer.deallocate() }
    }

    func training() throws {
        let statistics = try layer.forward(
            UnsafeBufferPointer(x), into: output, geometry: geometry)
        try layer.commit(statistics)
    }

    func inference() throws {
        try layer.inference(UnsafeBufferPointer(x), into: output, geometry: geometry)
    }

    func backward() throws {
        _ = try layer.backward(
            UnsafeBufferPointer(gradient), input: UnsafeBufferPointer(x),
            normalizedBy: .batch(statistics), into: output, geometry: geometry)
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

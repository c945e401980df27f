import Normalization
import SeededRandom
import Testing

/// A host may call from a thread with a small stack, whose guard page one large frame would leap over.
@Suite("Stack")
struct StackTests {
    /// A small stack: OpenBLAS has 60 KB of it for its thread-local storage.
    private static let stack = 128 << 10
    /// What a call may take. Without optimization each value of a function has a place of its own.
    #if DEBUG
        private static let budget = 48 << 10
    #else
        private static let budget = 24 << 10
    #endif

    /// Rows, rows of short planes, columns, columns walked as one, and channels-last.
    static let shapes: [(shape: [Int], axis: Int)] = [
        ([3, 5, 300], 1), ([4, 70, 49], 1), ([9, 300, 5], 1), ([40, 30], 1), ([2, 9, 9, 40], -1),
        ([2, 2000, 3], 1), ([64, 64, 20, 20], 1),
    ]

    @Test(
        "A call stays in the stack it has, and within what is promised",
        arguments: Engine.allCases, ElementType.allCases)
    func callsFitASmallStack(engine: Engine, type: ElementType) {
        func run<Scalar: NormalizationScalar>(_: Scalar.Type) {
            for (shape, axis) in Self.shapes {
                check(Scalar.self, engine, shape, axis)
            }
        }
        run(type.scalar)
    }

    private func check<Scalar: NormalizationScalar>(
        _: Scalar.Type, _ engine: Engine, _ shape: [Int], _ axis: Int
    ) {
        var random = SplitMix64(seed: 14)
        let count = shape.reduce(1, *)
        let channels = shape[axis < 0 ? shape.count + axis : axis]
        let x = random.values(count).map { Scalar($0) }
        let g = random.values(count).map { Scalar($0) }
        func expectFits(_ operation: String, _ call: () throws -> Void) {
            var error: (any Error)?
            let use = withSmallStack(of: Self.stack) {
                do { try call() } catch let caught { error = caught }
            }
            let name: Comment = "\(operation) \(shape) axis \(axis) \(engine) \(Scalar.self)"
            #expect(error == nil, name)
            #expect(use?.isNeighbourIntact == true, name)
            #expect(
                use.map { $0.bytes <= Self.budget } == true, "\(name): \(use?.bytes ?? 0) bytes")
        }
        expectFits("forward and backward") {
            var layer = try BatchNorm<Scalar>.standard(channels: channels)
            layer.engine = engine
            let (y, statistics) = try layer.forward(x, shape: shape, channelAxis: axis)
            _ = try layer.inverse(
                y, normalizedBy: .batch(statistics), shape: shape, channelAxis: axis)
            _ = try layer.backward(
                g, input: x, normalizedBy: .batch(statistics), shape: shape, channelAxis: axis)
        }
        expectFits("inference") {
            var layer = try BatchNorm<Scalar>.standard(channels: channels)
            layer.engine = engine
            _ = try layer.inference(x, shape: shape, channelAxis: axis)
            _ = try layer.inference(
                x, adding: g, then: .silu, shape: shape, channelAxis: axis)
        }
        expectFits("forward and backward through ReLU") {
            var layer = try BatchNorm<Scalar>.standard(channels: channels)
            layer.engine = engine
            let (_, statistics, mask) = try layer.forwardWithMask(
                x, adding: g, then: .relu, shape: shape, channelAxis: axis)
            _ = try layer.backward(
                g, input: x, through: .relu, activationMask: mask,
                normalizedBy: .batch(statistics), shape: shape, channelAxis: axis)
        }
    }
}

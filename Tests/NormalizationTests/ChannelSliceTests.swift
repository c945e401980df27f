import Normalization
import SeededRandom
import Testing

/// A slice of channels is normalized where it lies: as a copy of it would be, and nothing else is read or written.
@Suite("Slices of channels")
struct ChannelSliceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let shape: [Int]
        let axis: Int
        let slice: Range<Int>

        var testDescription: String { "\(shape) axis \(axis) channels \(slice)" }
    }

    /// Both layouts; planes of a value, below a vector, above it and of many; the first channels, the last, one in
    /// the middle and all.
    static let cases = [
        Case(shape: [9, 12], axis: 1, slice: 3..<7),
        Case(shape: [300, 70], axis: 1, slice: 1..<69),
        Case(shape: [6, 10, 5], axis: 1, slice: 0..<4),
        Case(shape: [3, 8, 7, 7], axis: 1, slice: 5..<8),
        Case(shape: [2, 5, 40, 40], axis: 1, slice: 2..<3),
        Case(shape: [40, 33, 4], axis: 1, slice: 4..<29),
        Case(shape: [4, 6, 5, 20], axis: -1, slice: 7..<18),
        Case(shape: [2, 3, 64], axis: 1, slice: 0..<3),
        Case(shape: [1, 6, 31], axis: 1, slice: 1..<5),
        Case(shape: [64, 48, 24], axis: 1, slice: 8..<40),
    ]

    @Test("A slice is normalized as a copy of it", arguments: Subject.all, cases)
    func equalsCopy(_ subject: Subject, _ example: Case) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let slice = try Geometry(
                example.shape, channelAxis: example.axis, channels: example.slice)
            let tensors = SlicedTensors<Scalar>(slice)
            var layer = try BatchNorm<Scalar>.standard(channels: slice.channels)
            layer.gamma = .perChannel(tensors.gamma)
            layer.beta = .perChannel(tensors.beta)
            layer.engine = subject.engine
            let (copied, shape) = (tensors.copy(of: tensors.x), tensors.copyShape)
            let (copiedGradient, copiedResidual) = (
                tensors.copy(of: tensors.gradient), tensors.copy(of: tensors.residual)
            )

            var y = tensors.untouched
            var span = y.mutableSpan
            let statistics = try layer.forward(
                tensors.x.span, adding: tensors.residual.span, then: .relu, into: &span,
                geometry: slice)
            let expected = try layer.forward(
                copied, adding: copiedResidual, then: .relu, shape: shape)
            tensors.expect(y, around: tensors.untouched, inside: expected.output)
            for channel in 0..<slice.channels {
                expectClose(
                    Scalar(statistics.mean[channel]), Scalar(expected.statistics.mean[channel]))
            }
            try layer.commit(statistics)

            y = tensors.x
            span = y.mutableSpan
            try layer.inferenceInPlace(&span, geometry: slice)
            tensors.expect(y, around: tensors.x, inside: try layer.inference(copied, shape: shape))
            span = y.mutableSpan
            try layer.inverseInPlace(&span, normalizedBy: .running, geometry: slice)
            tensors.expect(y, around: tensors.x, inside: copied, tolerance: 64)

            var dx = tensors.untouched
            span = dx.mutableSpan
            let gradients = try layer.backward(
                tensors.gradient.span, input: tensors.x.span, adding: tensors.residual.span,
                through: .silu, normalizedBy: .batch(statistics), into: &span, geometry: slice)
            let others = try layer.backward(
                copiedGradient, input: copied, adding: copiedResidual, through: .silu,
                normalizedBy: .batch(statistics), shape: shape)
            tensors.expect(
                dx, around: tensors.untouched, inside: try #require(others.input), tolerance: 16)
            for (own, other) in zip(try #require(gradients.gamma), try #require(others.gamma)) {
                expectClose(own, other, 64)
            }
        }
        try check(subject.element.scalar)
    }

    @Test("Calls that walk whole tensors refuse a slice; slices are of the tensor's channels")
    func refusals() throws {
        let (shape, x) = ([4, 6, 3], [Float](repeating: 1, count: 72))
        let slice = try Geometry(shape, channels: 2..<4)
        let refusal = NormalizationError.invalidShape(
            shape, channelAxis: 1, .sliceOfChannels(2..<4))
        #expect(
            "\(refusal)"
                == "shape [4, 6, 3] with channel axis 1: "
                + "expected all channels in this call, got the slice 2..<4")
        var y = x
        var span = y.mutableSpan
        let layer = try BatchNorm<Float>.standard(channels: 2)
        let mask = try PositionMask(
            (0..<12).map { $0 > 3 }, geometry: Geometry(shape))
        #expect(throws: refusal) {
            try layer.forward(x.span, into: &span, geometry: slice, mask: mask)
        }
        #expect(throws: refusal) {
            try layer.forward(x.span, ghostSize: 2, into: &span, geometry: slice)
        }
        let groups = try GroupNorm<Float>(channels: 2, groups: 1)
        #expect(throws: refusal) {
            try groups.forward(x.span, into: &span, geometry: slice)
        }
        let whitening = try WhiteningNorm<Float>(channels: 2, groupSize: 2)
        #expect(throws: refusal) {
            try whitening.forward(x.span, into: &span, geometry: slice)
        }
        #expect(y == x)
        for range in [2..<2, 5..<7, -1..<2] {
            #expect(
                throws: NormalizationError.invalidShape(
                    shape, channelAxis: 1, .sliceOutsideChannels(range))
            ) { try Geometry(shape, channels: range) }
        }
        let all = try Geometry(shape, channels: 0..<6)
        #expect(try all == Geometry(shape))
    }
}

/// Tensors whose channels outside of a slice are NaN, where they are read, or have a number of their own.
private struct SlicedTensors<Scalar: NormalizationScalar> {
    let geometry: Geometry
    let x: [Scalar]
    let gradient: [Scalar]
    let residual: [Scalar]
    let untouched: [Scalar]
    let gamma: [Scalar]
    let beta: [Scalar]

    init(_ geometry: Geometry) {
        var random = SplitMix64(seed: UInt64(geometry.count))
        func numbers(_ count: Int) -> [Scalar] { random.values(count).map { Scalar($0) } }
        func tensor() -> [Scalar] {
            var values = numbers(geometry.count)
            for index in values.indices where !Self.isInside(index, geometry) {
                values[index] = .nan
            }
            return values
        }
        self.geometry = geometry
        (x, gradient, residual) = (tensor(), tensor(), tensor())
        untouched = [Scalar](repeating: 77, count: geometry.count)
        (gamma, beta) = (numbers(geometry.channels), numbers(geometry.channels))
    }

    private static func isInside(_ index: Int, _ geometry: Geometry) -> Bool {
        let channel = index / geometry.inner % geometry.shape[geometry.channelAxis]
        return channel >= geometry.firstChannel
            && channel < geometry.firstChannel + geometry.channels
    }

    var copyShape: [Int] { [geometry.outer, geometry.channels, geometry.inner] }

    func copy(of tensor: [Scalar]) -> [Scalar] {
        tensor.indices.filter { Self.isInside($0, geometry) }.map { tensor[$0] }
    }

    /// Expects `copy` within the slice, and the bits of `background` around it.
    func expect(
        _ tensor: [Scalar], around background: [Scalar], inside copy: [Scalar],
        tolerance: Scalar = 4
    ) {
        var next = 0
        for index in tensor.indices {
            if Self.isInside(index, geometry) {
                expectClose(tensor[index], copy[next], tolerance)
                next += 1
            } else {
                let same = tensor[index] == background[index]
                if !(same || (tensor[index].isNaN && background[index].isNaN)) {
                    Issue.record("element \(index) outside of the slice was written")
                    return
                }
            }
        }
    }
}

/// Within some roundings of numbers of the order of one: sums of the same numbers in another order.
private func expectClose<Scalar: NormalizationScalar>(
    _ actual: Scalar, _ expected: Scalar, _ roundings: Scalar = 4
) {
    let bound = 16 * roundings * Scalar.ulpOfOne * max(1, abs(expected))
    #expect(abs(actual - expected) <= bound, "\(actual) for \(expected)")
}

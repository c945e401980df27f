/// A tensor's shape read as `outer × channels × inner`, row-major, by naming its channel axis.
///
/// `outer` is the product of the dimensions before the channel axis, `inner` the product of those
/// after it. NCHW images have `inner = H·W`; (N, C) features and channels-last images have
/// `inner = 1`.
///
/// ```swift
/// let nchw = try Geometry([32, 64, 56, 56])                  // 32 × 64 × 3136
/// let nhwc = try Geometry([32, 56, 56, 64], channelAxis: -1)  // 100352 × 64 × 1
/// let some = try Geometry([32, 64, 56, 56], channels: 16..<48)  // 32 channels of 64
/// ```
///
/// A slice of channels is read where it lies in the tensor: buffers are those of the whole tensor, the layer has the
/// slice's channels, and the others are neither read nor written.
public struct Geometry: Sendable, Hashable {
    /// The tensor's dimensions, as given.
    public let shape: [Int]
    /// The axis of `shape` that counts channels, from 0.
    public let channelAxis: Int
    /// The product of the dimensions before the channel axis.
    public let outer: Int
    /// The number of channels that are normalized, at least 1: the tensor's, or those of a slice of them.
    public let channels: Int
    /// The first of them; 0, but of a slice.
    public let firstChannel: Int
    /// The product of the dimensions after the channel axis: the length of one plane.
    public let inner: Int

    /// The most channels that a tensor or a layer may have, 2²⁶: a call takes memory for each of them,
    /// also where the tensor is empty.
    public static let mostChannels = ChannelLimit.most

    /// The number of elements of the whole tensor.
    public var count: Int { outer * outerStride }
    /// How far two outer indices lie apart, in elements: the whole tensor's channels × inner.
    public var outerStride: Int { shape[channelAxis] * inner }
    /// The number of values of one channel, `m` in the formulas.
    public var valuesPerChannel: Int { outer * inner }

    /// Reads `shape` with its channels at `channelAxis`.
    ///
    /// - Parameters:
    ///   - shape: the dimensions, slowest first; at least two, none negative.
    ///   - channelAxis: the axis of the channels; a negative axis counts from the end, so `-1` is
    ///     channels-last.
    /// - Throws: ``NormalizationError/invalidShape(_:channelAxis:_:)`` when the rank is below two, the
    ///   axis is outside the shape, a dimension is negative, there are no channels or more than
    ///   ``mostChannels``, or the number of elements overflows `Int`.
    public init(_ shape: [Int], channelAxis: Int = 1) throws(NormalizationError) {
        try self.init(shape, channelAxis: channelAxis, slice: nil)
    }

    /// Reads some channels of a tensor, which are those of the layer: a part of a concatenation, normalized where it
    /// lies. Buffers are of the whole tensor, an activation's mask too, which a call makes zero before it writes it.
    ///
    /// - Parameters:
    ///   - shape: the dimensions of the whole tensor, as in ``init(_:channelAxis:)``.
    ///   - channelAxis: the axis of the channels.
    ///   - channels: at least one of the tensor's.
    /// - Throws: as ``init(_:channelAxis:)``, also when the channels are none of the tensor's.
    public init(
        _ shape: [Int], channelAxis: Int = 1, channels: Range<Int>
    ) throws(NormalizationError) {
        try self.init(shape, channelAxis: channelAxis, slice: channels)
    }

    private init(
        _ shape: [Int], channelAxis: Int, slice: Range<Int>?
    ) throws(NormalizationError) {
        func invalid(_ defect: NormalizationError.ShapeDefect) -> NormalizationError {
            .invalidShape(shape, channelAxis: channelAxis, defect)
        }
        guard shape.count >= 2 else { throw invalid(.rankBelowTwo) }
        let axis = channelAxis < 0 ? channelAxis + shape.count : channelAxis
        guard shape.indices.contains(axis) else { throw invalid(.axisOutsideShape) }
        guard shape.allSatisfy({ $0 >= 0 }) else { throw invalid(.negativeDimension) }
        guard shape[axis] > 0 else { throw invalid(.noChannels) }

        let isEmpty = shape.contains(0)
        var product = 1
        for dimension in shape where !isEmpty {
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw invalid(.countOverflow) }
            product = next
        }
        guard shape[axis] <= Geometry.mostChannels else { throw invalid(.tooManyChannels) }
        let all = 0..<shape[axis]
        if let slice, slice.isEmpty || slice.clamped(to: all) != slice {
            throw invalid(.sliceOutsideChannels(slice))
        }
        self.shape = shape
        self.channelAxis = axis
        channels = (slice ?? all).count
        firstChannel = (slice ?? all).lowerBound
        // Every factor divides a product known not to overflow; an empty tensor has no values at all.
        outer = isEmpty ? 0 : shape[..<axis].reduce(1, *)
        inner = isEmpty ? 0 : shape[(axis + 1)...].reduce(1, *)
    }
}

extension Geometry {
    /// The channels that are normalized, of the tensor's.
    var channelRange: Range<Int> { firstChannel..<firstChannel + channels }

    /// Throws where samples cannot be told apart: the channels lie on their axis, or are a slice.
    func checkSamples() throws(NormalizationError) {
        guard channelAxis > 0 else {
            throw .invalidShape(shape, channelAxis: channelAxis, .noSampleAxis)
        }
        try checkIsWhole()
    }

    /// Throws where the channels are a slice of the tensor's, for calls that walk it as a whole.
    func checkIsWhole() throws(NormalizationError) {
        guard channels == shape[channelAxis] else {
            throw .invalidShape(shape, channelAxis: channelAxis, .sliceOfChannels(channelRange))
        }
    }
}

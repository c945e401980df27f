/// A tensor's shape read as `rows × width × inner`, row-major, by naming the axes that are normalized
/// together.
///
/// `width` is the product of those axes, `rows` of the axes before them, and `inner` of those behind.
/// Transformers normalize the last axis, so their rows are runs of memory and `inner` is 1; ConvNeXt
/// normalizes the channels of N × C × H × W, where each of `H·W` positions has statistics of its own.
///
/// ```swift
/// let tokens = try RowGeometry([8, 512, 768])                        // 4096 × 768 × 1
/// let image = try RowGeometry([8, 96, 56, 56], normalizing: 1...1)   // 8 × 96 × 3136
/// ```
public struct RowGeometry: Sendable, Hashable {
    /// The tensor's dimensions, as given.
    public let shape: [Int]
    /// The axes of `shape` that are normalized together, from 0.
    public let axes: ClosedRange<Int>
    /// The product of the dimensions before those axes; 0 where the tensor is empty.
    public let rows: Int
    /// The product of the dimensions that are normalized, k in the formulas: how many γ there are.
    public let width: Int
    /// The product of the dimensions behind those axes; 0 where the tensor is empty.
    public let inner: Int

    /// The number of elements of the whole tensor.
    public var count: Int { rows * width * inner }
    /// How many means there are: one for each row, at each position behind the axes.
    public var statisticsCount: Int { rows * inner }

    /// Reads `shape` with adjacent axes normalized together.
    ///
    /// - Parameters:
    ///   - shape: the dimensions, slowest first; at least one, none negative.
    ///   - axes: the first and the last axis that are normalized, from 0.
    /// - Throws: ``NormalizationError/invalidNormalizedAxes(shape:axes:)`` when one of the axes is not
    ///   one of the shape's, ``NormalizationError/invalidRowShape(_:_:)`` when a dimension is negative,
    ///   the number of elements overflows `Int`, or more than ``Geometry/mostChannels`` elements are
    ///   normalized together.
    public init(_ shape: [Int], normalizing axes: ClosedRange<Int>) throws(NormalizationError) {
        guard axes.lowerBound >= 0, axes.upperBound < shape.count else {
            throw .invalidNormalizedAxes(shape: shape, axes: axes)
        }
        guard shape.allSatisfy({ $0 >= 0 }) else {
            throw .invalidRowShape(shape, .negativeDimension)
        }
        let isEmpty = shape.contains(0)
        // The normalized ones by themselves: a layer has as many numbers also where the tensor is empty.
        let (width, widthOverflows) = Self.product(shape[axes])
        let (_, countOverflows) = isEmpty ? (0, false) : Self.product(shape[...])
        guard !countOverflows else { throw .invalidRowShape(shape, .countOverflow) }
        guard !widthOverflows, width <= ChannelLimit.most else {
            throw .invalidRowShape(shape, .tooManyNormalized)
        }
        self.shape = shape
        self.axes = axes
        self.width = width
        // Every factor divides a product known not to overflow.
        rows = isEmpty ? 0 : shape[..<axes.lowerBound].reduce(1, *)
        inner = isEmpty ? 0 : shape[(axes.upperBound + 1)...].reduce(1, *)
    }

    /// Reads `shape` with its last axes normalized together.
    ///
    /// - Parameters:
    ///   - shape: the dimensions, slowest first; at least one, none negative.
    ///   - count: how many axes, at least 1.
    /// - Throws: ``NormalizationError/invalidNormalizedAxisCount(shape:count:)`` when the shape has not
    ///   so many, and as the other form.
    public init(_ shape: [Int], lastAxes count: Int = 1) throws(NormalizationError) {
        guard 1...max(1, shape.count) ~= count, !shape.isEmpty else {
            throw .invalidNormalizedAxisCount(shape: shape, count: count)
        }
        try self.init(shape, normalizing: shape.count - count...shape.count - 1)
    }

    private static func product(_ dimensions: ArraySlice<Int>) -> (Int, overflow: Bool) {
        if dimensions.contains(0) { return (0, false) }
        var product = 1
        for dimension in dimensions {
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            if overflow { return (0, true) }
            product = next
        }
        return (product, false)
    }
}

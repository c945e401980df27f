/// A layer that normalizes rows of a tensor, each by its own statistics, with a γ and a β for each value of
/// a row: ``LayerNorm`` and ``RMSNorm``. What they can do stands here once.
///
/// No statistics are kept, so training and inference compute the same numbers; training returns the
/// statistics too, for backward. A row knows nothing of the others: the bits of its y and ∂x do not
/// depend on what else is in the batch.
public protocol RowNormalization<Scalar>: Sendable {
    /// The element type.
    associatedtype Scalar: NormalizationScalar

    /// Whether rows are centered at their mean.
    static var isCentered: Bool { get }
    /// The number of values normalized together, k.
    var width: Int { get }
    /// The scale γ.
    var gamma: AffineParameter<Scalar> { get }
    /// The shift β.
    var beta: AffineParameter<Scalar> { get }
    /// The small number ε inside the root, above zero.
    var epsilon: Double { get }
    /// u, what is added to γ.
    var scaleOffset: Double { get }
    /// The engine that does the work.
    var engine: Engine { get }
    /// The most threads one call may use, at least 1; `nil` goes by size and processors.
    var threadLimit: Int? { get }
}

// The checks of every call, at the door. After them nothing throws.
extension RowNormalization {
    /// Throws unless γ, β and the numbers of the layer fit together; they are variables, and may have
    /// been changed since the layer was made.
    func checkParts() throws(NormalizationError) {
        guard 0...ChannelLimit.most ~= width else { throw .invalidWidth(width) }
        guard epsilon.isFinite, epsilon > 0 else { throw .invalidEpsilon(epsilon) }
        guard scaleOffset.isFinite else { throw .invalidScaleOffset(scaleOffset) }
        try gamma.check(.gamma, channels: width)
        try beta.check(.beta, channels: width)
        if let threadLimit, threadLimit < 1 { throw .invalidThreadLimit(threadLimit) }
    }

    /// Throws unless the layer's parts fit together, and the geometry fits the layer.
    func check(_ geometry: RowGeometry) throws(NormalizationError) {
        try checkParts()
        guard geometry.width == width else {
            throw .widthMismatch(
                shape: geometry.shape, axes: geometry.axes, expected: width,
                actual: geometry.width)
        }
        guard !Self.isCentered || width != 1 || geometry.count == 0 else {
            throw .tooFewValuesPerRow(shape: geometry.shape, axes: geometry.axes)
        }
    }

    /// Throws unless an array has as many elements as the shape says, before memory is taken for an
    /// output of as many.
    func check(
        _ geometry: RowGeometry, _ arrays: (NormalizationError.Argument, Int)...
    ) throws(NormalizationError) {
        try check(geometry)
        for (argument, count) in arrays where count != geometry.count {
            throw .wrongLength(argument, expected: geometry.count, actual: count)
        }
    }

    /// Throws unless the statistics are those of a tensor of this geometry.
    func check(
        _ statistics: RowStatistics, of geometry: RowGeometry
    ) throws(NormalizationError) {
        guard statistics.count == width else {
            throw .mismatchedRowCount(expected: width, actual: statistics.count)
        }
        guard statistics.rows == geometry.statisticsCount else {
            throw .wrongLength(
                .rowSquares, expected: geometry.statisticsCount, actual: statistics.rows)
        }
        let means = Self.isCentered ? geometry.statisticsCount : 0
        guard statistics.mean.count == means else {
            throw .wrongLength(.rowMeans, expected: means, actual: statistics.mean.count)
        }
    }
}

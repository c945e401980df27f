// What a block of a transformer calls: the residual is added, the sum is normalized, and both go on.
//
//     sum = x + residual      y = (u + γ_j) · normalized sum_j + β_j
//
// The sum is rounded to the element type before it is normalized, as if it had been added by itself.
// Backward is that of the sum: `input` is the sum, and `sumGradient` what comes to it from the next block.

extension RowNormalization {
    /// Training forward of x + residual, which is written too, in the same walk over memory.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, rows × width × inner.
    ///   - residual: as many.
    ///   - sum: receives x + residual, as many; what backward takes as its input.
    ///   - y: receives the normalized sum, as many.
    ///   - geometry: how the tensors are read.
    /// - Returns: count, mean and M2 of each row of the sum.
    /// - Throws: as ``forward(_:adding:then:into:geometry:)``; no two buffers may share memory.
    /// - Complexity: O(n) time; O(rows) memory for the statistics, and O(width) beside the buffers.
    @specialized(where Self == LayerNorm<Float>, Element == Float)
    @specialized(where Self == LayerNorm<Double>, Element == Double)
    @specialized(where Self == RMSNorm<Float>, Element == Float)
    @specialized(where Self == RMSNorm<Double>, Element == Double)
    public func forward<Element: NormalizationElement>(
        sumOf x: Span<Element>, and residual: Span<Element>, sum: inout MutableSpan<Element>,
        into y: inout MutableSpan<Element>, geometry: RowGeometry
    ) throws(NormalizationError) -> RowStatistics
    where Element.Arithmetic == Scalar {
        try RowBuffers.with(sumOf: x, and: residual, &sum, &y) {
            buffers throws(NormalizationError) in
            try forward(buffers, geometry)
        }
    }

    /// Training forward of x + residual, where `x` becomes the sum.
    ///
    /// - Throws: as the form with a place for the sum; x is as it was then.
    @specialized(where Self == LayerNorm<Float>, Element == Float)
    @specialized(where Self == LayerNorm<Double>, Element == Double)
    @specialized(where Self == RMSNorm<Float>, Element == Float)
    @specialized(where Self == RMSNorm<Double>, Element == Double)
    public func forward<Element: NormalizationElement>(
        adding residual: Span<Element>, to x: inout MutableSpan<Element>,
        into y: inout MutableSpan<Element>, geometry: RowGeometry
    ) throws(NormalizationError) -> RowStatistics
    where Element.Arithmetic == Scalar {
        try RowBuffers.with(adding: residual, to: &x, &y) { buffers throws(NormalizationError) in
            try forward(buffers, geometry)
        }
    }

    /// Inference of x + residual, which is written too: the numbers of
    /// ``forward(sumOf:and:sum:into:geometry:)``.
    ///
    /// - Throws: as ``forward(sumOf:and:sum:into:geometry:)``.
    /// - Complexity: O(n) time; O(width) memory beside the buffers.
    @specialized(where Self == LayerNorm<Float>, Element == Float)
    @specialized(where Self == LayerNorm<Double>, Element == Double)
    @specialized(where Self == RMSNorm<Float>, Element == Float)
    @specialized(where Self == RMSNorm<Double>, Element == Double)
    public func inference<Element: NormalizationElement>(
        sumOf x: Span<Element>, and residual: Span<Element>, sum: inout MutableSpan<Element>,
        into y: inout MutableSpan<Element>, geometry: RowGeometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try RowBuffers.with(sumOf: x, and: residual, &sum, &y) {
            buffers throws(NormalizationError) in
            try inference(buffers, geometry)
        }
    }

    /// Inference of x + residual, where `x` becomes the sum.
    ///
    /// - Throws: as the form with a place for the sum; x is as it was then.
    @specialized(where Self == LayerNorm<Float>, Element == Float)
    @specialized(where Self == LayerNorm<Double>, Element == Double)
    @specialized(where Self == RMSNorm<Float>, Element == Float)
    @specialized(where Self == RMSNorm<Double>, Element == Double)
    public func inference<Element: NormalizationElement>(
        adding residual: Span<Element>, to x: inout MutableSpan<Element>,
        into y: inout MutableSpan<Element>, geometry: RowGeometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try RowBuffers.with(adding: residual, to: &x, &y) { buffers throws(NormalizationError) in
            try inference(buffers, geometry)
        }
    }

    /// Training forward of x + residual on arrays.
    ///
    /// - Returns: the sum, its normalization, and count, mean and M2 of each row.
    /// - Throws: as the form with spans, and what ``RowGeometry/init(_:lastAxes:)`` throws.
    @specialized(where Self == LayerNorm<Float>)
    @specialized(where Self == LayerNorm<Double>)
    @specialized(where Self == RMSNorm<Float>)
    @specialized(where Self == RMSNorm<Double>)
    public func forward(
        sumOf x: [Scalar], and residual: [Scalar], shape: [Int], lastAxes: Int = 1
    ) throws(NormalizationError) -> (
        sum: [Scalar], output: [Scalar], statistics: RowStatistics
    ) {
        let geometry = try RowGeometry(shape, lastAxes: lastAxes)
        try check(geometry, (.input, x.count), (.residual, residual.count))
        var (sums, outputs): ([Scalar], [Scalar]) = (zeros(x.count), zeros(x.count))
        var sum = sums.mutableSpan
        var y = outputs.mutableSpan
        let statistics = try forward(
            sumOf: x.span, and: residual.span, sum: &sum, into: &y, geometry: geometry)
        return (sums, outputs, statistics)
    }

    /// Inference of x + residual on arrays.
    ///
    /// - Returns: the sum and its normalization.
    /// - Throws: as the form with spans, and what ``RowGeometry/init(_:lastAxes:)`` throws.
    @specialized(where Self == LayerNorm<Float>)
    @specialized(where Self == LayerNorm<Double>)
    @specialized(where Self == RMSNorm<Float>)
    @specialized(where Self == RMSNorm<Double>)
    public func inference(
        sumOf x: [Scalar], and residual: [Scalar], shape: [Int], lastAxes: Int = 1
    ) throws(NormalizationError) -> (sum: [Scalar], output: [Scalar]) {
        let geometry = try RowGeometry(shape, lastAxes: lastAxes)
        try check(geometry, (.input, x.count), (.residual, residual.count))
        var (sums, outputs): ([Scalar], [Scalar]) = (zeros(x.count), zeros(x.count))
        var sum = sums.mutableSpan
        var y = outputs.mutableSpan
        try inference(
            sumOf: x.span, and: residual.span, sum: &sum, into: &y, geometry: geometry)
        return (sums, outputs)
    }
}

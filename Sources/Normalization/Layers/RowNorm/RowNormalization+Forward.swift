extension RowNormalization {
    /// Training forward: y normalized with the statistics of each row, which are returned for backward.
    ///
    ///     y = f((u + γ_j) · x̂_j + β_j + residual_j)
    ///
    /// A row that holds a NaN or an infinity becomes NaN in y, by RMS norm where it is infinite or β
    /// where it is finite beside an infinity; other rows are not touched by it. A constant row becomes
    /// exactly β by layer norm.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, rows × width × inner.
    ///   - residual: as many, or `nil`; added behind the normalization. One that is added before it is
    ///     ``forward(sumOf:and:sum:into:geometry:)``'s.
    ///   - activation: f, in the same walk over memory.
    ///   - y: the output, as many.
    ///   - geometry: how the tensors are read.
    /// - Returns: count, mean and M2 of each row.
    /// - Throws: ``NormalizationError/tooFewValuesPerRow(shape:axes:)`` where rows of one value are
    ///   centered, ``NormalizationError/widthMismatch(shape:axes:expected:actual:)``,
    ///   ``NormalizationError/invalidEpsilon(_:)``, ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/overlap(_:_:)`` where y shares memory with an input without being x.
    /// - Complexity: O(n) time; O(rows) memory for the statistics, and O(width) beside the buffers.
    @specialized(where Self == LayerNorm<Float>, Element == Float)
    @specialized(where Self == LayerNorm<Double>, Element == Double)
    @specialized(where Self == RMSNorm<Float>, Element == Float)
    @specialized(where Self == RMSNorm<Double>, Element == Double)
    public func forward<Element: NormalizationElement>(
        _ x: Span<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        geometry: RowGeometry
    ) throws(NormalizationError) -> RowStatistics
    where Element.Arithmetic == Scalar {
        try RowBuffers.with(x, residual, activation, &y) { buffers throws(NormalizationError) in
            try forward(buffers, geometry)
        }
    }

    /// Training forward in place: `x` becomes y. Backward needs x, so keep it or recompute it.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Self == LayerNorm<Float>, Element == Float)
    @specialized(where Self == LayerNorm<Double>, Element == Double)
    @specialized(where Self == RMSNorm<Float>, Element == Float)
    @specialized(where Self == RMSNorm<Double>, Element == Double)
    public func forwardInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, geometry: RowGeometry
    ) throws(NormalizationError) -> RowStatistics
    where Element.Arithmetic == Scalar {
        try RowBuffers.inPlace(&x, residual, activation) { buffers throws(NormalizationError) in
            try forward(buffers, geometry)
        }
    }

    /// Training forward on arrays.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - residual: as many, or `nil`.
    ///   - activation: f.
    ///   - shape: the dimensions of x, slowest first.
    ///   - lastAxes: how many of them, from the last one on, are normalized together.
    /// - Returns: y, and count, mean and M2 of each row.
    /// - Throws: as the form with spans, and what ``RowGeometry/init(_:lastAxes:)`` throws.
    @specialized(where Self == LayerNorm<Float>)
    @specialized(where Self == LayerNorm<Double>)
    @specialized(where Self == RMSNorm<Float>)
    @specialized(where Self == RMSNorm<Double>)
    public func forward(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        shape: [Int], lastAxes: Int = 1
    ) throws(NormalizationError) -> (output: [Scalar], statistics: RowStatistics) {
        try forward(
            x, adding: residual, then: activation,
            geometry: RowGeometry(shape, lastAxes: lastAxes))
    }

    /// Training forward on arrays, of a geometry of any axes.
    ///
    /// - Throws: as the form with spans.
    @specialized(where Self == LayerNorm<Float>)
    @specialized(where Self == LayerNorm<Double>)
    @specialized(where Self == RMSNorm<Float>)
    @specialized(where Self == RMSNorm<Double>)
    public func forward(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        geometry: RowGeometry
    ) throws(NormalizationError) -> (output: [Scalar], statistics: RowStatistics) {
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        let statistics = try forward(
            x.span, adding: residual?.span, then: activation, into: &y, geometry: geometry)
        return (output, statistics)
    }

    @specialized(where Self == LayerNorm<Float>)
    @specialized(where Self == LayerNorm<Double>)
    @specialized(where Self == RMSNorm<Float>)
    @specialized(where Self == RMSNorm<Double>)
    func forward(
        _ buffers: RowBuffers<Scalar>, _ geometry: RowGeometry
    ) throws(NormalizationError) -> RowStatistics {
        try check(geometry)
        try buffers.check(count: geometry.count)
        return runForward(buffers, geometry)
    }
}

extension RowNormalization {
    /// Inference: the y of ``forward(_:adding:then:into:geometry:)``, to the bit, without statistics to
    /// keep.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, rows × width × inner.
    ///   - residual: as many, or `nil`; added behind the normalization.
    ///   - activation: f, in the same walk over memory.
    ///   - y: the output, as many.
    ///   - geometry: how the tensors are read.
    /// - Throws: as ``forward(_:adding:then:into:geometry:)``, also where ε is not above zero: a row may be
    ///   constant at any time.
    /// - Complexity: O(n) time; O(width) memory beside the buffers.
    @specialized(where Self == LayerNorm<Float>, Element == Float)
    @specialized(where Self == LayerNorm<Double>, Element == Double)
    @specialized(where Self == RMSNorm<Float>, Element == Float)
    @specialized(where Self == RMSNorm<Double>, Element == Double)
    public func inference<Element: NormalizationElement>(
        _ x: Span<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        geometry: RowGeometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try RowBuffers.with(x, residual, activation, &y) { buffers throws(NormalizationError) in
            try inference(buffers, geometry)
        }
    }

    /// Inference in place: `x` becomes y.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Self == LayerNorm<Float>, Element == Float)
    @specialized(where Self == LayerNorm<Double>, Element == Double)
    @specialized(where Self == RMSNorm<Float>, Element == Float)
    @specialized(where Self == RMSNorm<Double>, Element == Double)
    public func inferenceInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, geometry: RowGeometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try RowBuffers.inPlace(&x, residual, activation) { buffers throws(NormalizationError) in
            try inference(buffers, geometry)
        }
    }

    /// Inference on arrays.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - residual: as many, or `nil`.
    ///   - activation: f.
    ///   - shape: the dimensions of x, slowest first.
    ///   - lastAxes: how many of them, from the last one on, are normalized together.
    /// - Returns: y.
    /// - Throws: as the form with spans, and what ``RowGeometry/init(_:lastAxes:)`` throws.
    @specialized(where Self == LayerNorm<Float>)
    @specialized(where Self == LayerNorm<Double>)
    @specialized(where Self == RMSNorm<Float>)
    @specialized(where Self == RMSNorm<Double>)
    public func inference(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        shape: [Int], lastAxes: Int = 1
    ) throws(NormalizationError) -> [Scalar] {
        try inference(
            x, adding: residual, then: activation,
            geometry: RowGeometry(shape, lastAxes: lastAxes))
    }

    /// Inference on arrays, of a geometry of any axes.
    ///
    /// - Throws: as the form with spans.
    @specialized(where Self == LayerNorm<Float>)
    @specialized(where Self == LayerNorm<Double>)
    @specialized(where Self == RMSNorm<Float>)
    @specialized(where Self == RMSNorm<Double>)
    public func inference(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        geometry: RowGeometry
    ) throws(NormalizationError) -> [Scalar] {
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        try inference(
            x.span, adding: residual?.span, then: activation, into: &y, geometry: geometry)
        return output
    }

    @specialized(where Self == LayerNorm<Float>)
    @specialized(where Self == LayerNorm<Double>)
    @specialized(where Self == RMSNorm<Float>)
    @specialized(where Self == RMSNorm<Double>)
    func inference(
        _ buffers: RowBuffers<Scalar>, _ geometry: RowGeometry
    ) throws(NormalizationError) {
        try check(geometry)
        try buffers.check(count: geometry.count)
        runInference(buffers, geometry)
    }
}

extension GroupNorm {
    /// Inference: forward's y, and nothing else.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, its samples at axis 0.
    ///   - residual: as many, or `nil`.
    ///   - activation: f, in the same walk over memory.
    ///   - y: the output, as many.
    ///   - geometry: how the tensors are read.
    /// - Throws: as ``forward(_:adding:then:into:activationMask:geometry:)``.
    /// - Complexity: O(n) time; O(N · C) memory beside the buffers.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func inference<Element: NormalizationElement>(
        _ x: Span<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        geometry: Geometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, nil) {
            buffers throws(NormalizationError) in
            try inference(buffers, .ofLayer(gamma: gamma, beta: beta), geometry)
        }
    }

    /// Inference in place: `x` becomes y.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func inferenceInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, geometry: Geometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, residual, activation, nil) {
            buffers throws(NormalizationError) in
            try inference(buffers, .ofLayer(gamma: gamma, beta: beta), geometry)
        }
    }

    /// Inference on arrays.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - residual: as many, or `nil`.
    ///   - activation: f.
    ///   - shape: the dimensions of x, slowest first, samples before all; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels, not 0; -1 is channels-last.
    /// - Returns: y.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func inference(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> [Scalar] {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        try inference(
            x.span, adding: residual?.span, then: activation, into: &y, geometry: geometry)
        return output
    }

    /// Inference with γ and β from anywhere.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func inference(
        _ buffers: NormalizeBuffers<Scalar>, _ affine: CallAffine<Scalar>, _ geometry: Geometry
    ) throws(NormalizationError) {
        guard let tensors = try checked(buffers, affine, geometry) else { return }
        unsafe runForward(tensors, affine, geometry) { _, _ in }
    }
}

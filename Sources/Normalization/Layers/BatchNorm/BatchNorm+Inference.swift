extension BatchNorm {
    /// Inference: y normalized with the running statistics. Changes nothing, so one layer serves any
    /// number of threads.
    ///
    ///     y = f(γ_c · (x − running mean_c) / √(running variance_c + ε) + β_c + residual)
    ///
    /// A layer without running statistics normalizes with the batch's.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, outer × channels × inner.
    ///   - residual: as many, or `nil`.
    ///   - activation: f, in the same walk over memory.
    ///   - y: the output, as many.
    ///   - geometry: how the tensors are read.
    /// - Throws: ``NormalizationError/invalidVariance(channel:variance:epsilon:)`` naming the first
    ///   channel whose running variance + ε has no root,
    ///   ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/channelMismatch(shape:channelAxis:expected:actual:)``,
    ///   ``NormalizationError/overlap(_:_:)`` where y shares memory with an input without being x.
    /// - Complexity: O(n) time; O(C) memory beside the buffers.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func inference<Element: NormalizationElement>(
        _ x: Span<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        geometry: Geometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        guard runningStatistics != nil else {
            _ = try forward(x, adding: residual, then: activation, into: &y, geometry: geometry)
            return
        }
        try NormalizeBuffers.with(x, residual, activation, &y, nil) {
            buffers throws(NormalizationError) in
            try inference(buffers, geometry)
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
        guard runningStatistics != nil else {
            _ = try forwardInPlace(&x, adding: residual, then: activation, geometry: geometry)
            return
        }
        try NormalizeBuffers.inPlace(&x, residual, activation, nil) {
            buffers throws(NormalizationError) in
            try inference(buffers, geometry)
        }
    }

    /// Inference on arrays.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - residual: as many, or `nil`.
    ///   - activation: f.
    ///   - shape: the dimensions of x, slowest first; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
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

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func inference(
        _ buffers: NormalizeBuffers<Scalar>, _ geometry: Geometry
    ) throws(NormalizationError) {
        try check(geometry)
        try buffers.check(geometry)
        let running = try checkedRunningStatistics()
        guard geometry.count > 0, let tensors = buffers.tensors() else { return }
        runInference(tensors, with: running, geometry)
    }
}

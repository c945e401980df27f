// Batch renormalization: training forward that goes from the batch's statistics toward the running ones.

extension BatchNorm {
    /// Training forward with batch renormalization: y as with the running statistics, as far as the limits
    /// let it, while gradients go through the batch's. The running statistics stay as they are;
    /// `commit(statistics.batch)` takes the batch's in.
    ///
    ///     r = clip(√(σ²_B + ε) / √(σ² + ε))      d = clip((μ_B − μ) / √(σ² + ε))
    ///     y = f(γ · ((x − μ_B) · s_B · r + d) + β + residual)
    ///
    /// Within the limits training and inference compute the same y, so small batches and batches of similar
    /// samples do not pull them apart. Inference is the layer's. With rMax = 1 and dMax = 0 it is
    /// ``forward(_:adding:then:into:activationMask:geometry:)``, to the bit. A NaN makes r, d and y of its
    /// channel NaN, and of no other. A constant channel becomes γ · d + β.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, outer × channels × inner.
    ///   - residual: as many, or `nil`.
    ///   - activation: f, in the same walk over memory.
    ///   - y: the output, as many.
    ///   - activationMask: receives where f′ is 1, a bit an element.
    ///   - geometry: how the tensors are read.
    ///   - limits: the largest r and d; `nil` is the paper's schedule at the layer's update count.
    /// - Returns: the batch's statistics, r and d: backward takes them as
    ///   ``NormalizingStatistics/renormalized(_:)``.
    /// - Throws: ``NormalizationError/noRunningStatistics`` where the layer has none,
    ///   ``NormalizationError/invalidVariance(channel:variance:epsilon:)``,
    ///   ``NormalizationError/nonFiniteMean(channel:mean:)`` and what forward throws.
    /// - Complexity: O(n) time; O(C) memory beside the buffers.
    /// - References: Ioffe, "Batch Renormalization: Towards Reducing Minibatch Dependence in
    ///   Batch-Normalized Models", 2017, <https://arxiv.org/abs/1702.03275>.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardRenormalized<Element: NormalizationElement>(
        _ x: Span<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry,
        limits: RenormLimits? = nil
    ) throws(NormalizationError) -> RenormStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, activationMask) {
            buffers throws(NormalizationError) in
            try forwardRenormalized(buffers, geometry, limits)
        }
    }

    /// Batch renormalization in place: `x` becomes y. Backward needs x, so keep it or recompute it.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardRenormalizedInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry,
        limits: RenormLimits? = nil
    ) throws(NormalizationError) -> RenormStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, residual, activation, activationMask) {
            buffers throws(NormalizationError) in
            try forwardRenormalized(buffers, geometry, limits)
        }
    }

    /// Batch renormalization on arrays; the running statistics stay as they are.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - residual: as many, or `nil`.
    ///   - activation: f.
    ///   - shape: the dimensions of x, slowest first; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    ///   - limits: the largest r and d; `nil` is the paper's schedule at the layer's update count.
    /// - Returns: y, and the statistics, which backward needs.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forwardRenormalized(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        shape: [Int], channelAxis: Int = 1, limits: RenormLimits? = nil
    ) throws(NormalizationError) -> (output: [Scalar], statistics: RenormStatistics) {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        let statistics = try forwardRenormalized(
            x.span, adding: residual?.span, then: activation, into: &y, geometry: geometry,
            limits: limits)
        return (output, statistics)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forwardRenormalized(
        _ buffers: NormalizeBuffers<Scalar>, _ geometry: Geometry, _ limits: RenormLimits?
    ) throws(NormalizationError) -> RenormStatistics {
        try check(geometry)
        try buffers.check(geometry)
        try checkBatchStatistics(of: geometry)
        let running = try checkedRunningStatistics()
        let rule = RenormRule(
            limits: limits ?? .paper(atUpdate: running.updateCount), epsilon: epsilon,
            running: running)
        guard geometry.count > 0, let tensors = buffers.tensors() else {
            return RenormStatistics(
                batch: BatchStatistics(emptyWithChannels: channels), by: rule)
        }
        return RenormStatistics(
            batch: runForward(tensors, geometry, renormalizing: rule), by: rule)
    }
}

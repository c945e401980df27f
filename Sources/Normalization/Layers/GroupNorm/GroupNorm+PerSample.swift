// γ and β per sample: FiLM, AdaIN, conditional instance and group normalization.

extension GroupNorm {
    /// Forward with γ and β per sample and channel, in place of the layer's, which has none of its own.
    ///
    ///     y = f((u + γ_nc) · (x − μ) · s + β_nc + residual)
    ///
    /// * FiLM: the numbers that the condition gives; u is 0, or 1 where it gives the scale as a
    ///   difference from one.
    /// * AdaIN on ``instance(channels:preset:)``: γ is the deviation of the style's channel, β its mean.
    ///   Its authors' code takes the variance of content and style as unbiased, M2/(k − 1), where y here
    ///   is made with M2/k. With `GroupStatistics` of the style, γ = √(variance(.unbiased) + ε) · √((k − 1)/k)
    ///   and the layer's ε times (k − 1)/k give their numbers, with k the values of a channel of the content.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, its samples at axis 0.
    ///   - gammas: γ, N × C numbers, samples before channels.
    ///   - betas: β, as many.
    ///   - scaleOffset: u, which is added to γ in `Double`: 0, or 1 where γ is a difference from one.
    ///   - residual: as many as x, or `nil`.
    ///   - activation: f, in the same walk over memory.
    ///   - y: the output, as many.
    ///   - activationMask: receives where f′ is 1, a bit an element.
    ///   - geometry: how the tensors are read.
    /// - Returns: count, mean and M2 per sample and group.
    /// - Throws: ``NormalizationError/ambiguousParameter(_:)`` where the layer has γ or β,
    ///   ``NormalizationError/invalidScaleOffset(_:)``, ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/overlap(_:_:)`` where an output shares memory with γ or β, and what the form
    ///   without them throws.
    /// - Complexity: O(n) time; O(N · C) memory beside the buffers.
    /// - References: Perez et al., "FiLM: Visual Reasoning with a General Conditioning Layer", 2017,
    ///   <https://arxiv.org/abs/1709.07871>; Huang and Belongie, "Arbitrary Style Transfer in Real-time with
    ///   Adaptive Instance Normalization", 2017, <https://arxiv.org/abs/1703.06868>.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forward<Element: NormalizationElement>(
        _ x: Span<Element>, scaledBy gammas: Span<Scalar>, shiftedBy betas: Span<Scalar>,
        scaleOffset: Double = 0, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError) -> GroupStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, activationMask) {
            buffers throws(NormalizationError) in
            try SampleAffine.with(gammas, betas, scaleOffset) {
                affine throws(NormalizationError) in
                try forward(buffers, .ofSamples(affine), geometry)
            }
        }
    }

    /// Forward in place with γ and β per sample: `x` becomes y.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, scaledBy gammas: Span<Scalar>,
        shiftedBy betas: Span<Scalar>, scaleOffset: Double = 0,
        adding residual: Span<Element>? = nil, then activation: Activation = .identity,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError) -> GroupStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, residual, activation, activationMask) {
            buffers throws(NormalizationError) in
            try SampleAffine.with(gammas, betas, scaleOffset) {
                affine throws(NormalizationError) in
                try forward(buffers, .ofSamples(affine), geometry)
            }
        }
    }

    /// Forward with γ and β per sample, on arrays.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - gammas: γ, N × C numbers, samples before channels.
    ///   - betas: β, as many.
    ///   - scaleOffset: u, which is added to γ.
    ///   - residual: as many as x, or `nil`.
    ///   - activation: f.
    ///   - shape: the dimensions of x, slowest first, samples before all.
    ///   - channelAxis: the axis of the channels, not 0; -1 is channels-last.
    /// - Returns: y, and the statistics, which backward needs.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forward(
        _ x: [Scalar], scaledBy gammas: [Scalar], shiftedBy betas: [Scalar],
        scaleOffset: Double = 0, adding residual: [Scalar]? = nil,
        then activation: Activation = .identity, shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (output: [Scalar], statistics: GroupStatistics) {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        let statistics = try forward(
            x.span, scaledBy: gammas.span, shiftedBy: betas.span, scaleOffset: scaleOffset,
            adding: residual?.span, then: activation, into: &y, geometry: geometry)
        return (output, statistics)
    }
}

extension GroupNorm {
    /// Inference with γ and β per sample: forward's y, and nothing else.
    ///
    /// - Throws: as forward with γ and β per sample.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func inference<Element: NormalizationElement>(
        _ x: Span<Element>, scaledBy gammas: Span<Scalar>, shiftedBy betas: Span<Scalar>,
        scaleOffset: Double = 0, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        geometry: Geometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, nil) {
            buffers throws(NormalizationError) in
            try SampleAffine.with(gammas, betas, scaleOffset) {
                affine throws(NormalizationError) in
                try inference(buffers, .ofSamples(affine), geometry)
            }
        }
    }

    /// Inference in place with γ and β per sample: `x` becomes y.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func inferenceInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, scaledBy gammas: Span<Scalar>,
        shiftedBy betas: Span<Scalar>, scaleOffset: Double = 0,
        adding residual: Span<Element>? = nil, then activation: Activation = .identity,
        geometry: Geometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, residual, activation, nil) {
            buffers throws(NormalizationError) in
            try SampleAffine.with(gammas, betas, scaleOffset) {
                affine throws(NormalizationError) in
                try inference(buffers, .ofSamples(affine), geometry)
            }
        }
    }

    /// Inference with γ and β per sample, on arrays.
    ///
    /// - Returns: y.
    /// - Throws: as forward with γ and β per sample.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func inference(
        _ x: [Scalar], scaledBy gammas: [Scalar], shiftedBy betas: [Scalar],
        scaleOffset: Double = 0, adding residual: [Scalar]? = nil,
        then activation: Activation = .identity, shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> [Scalar] {
        try forward(
            x, scaledBy: gammas, shiftedBy: betas, scaleOffset: scaleOffset, adding: residual,
            then: activation, shape: shape, channelAxis: channelAxis
        ).output
    }
}

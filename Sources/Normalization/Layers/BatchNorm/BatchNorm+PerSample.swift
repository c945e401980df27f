// γ and β per sample: conditional batch normalization.

extension BatchNorm {
    /// Training forward with γ and β per sample and channel, in place of the layer's, which has none of its
    /// own.
    ///
    ///     y = f((u + γ_nc) · (x − μ_c) · s_c + β_nc + residual)
    ///
    /// In conditional batch normalization γ and β of a sample are rows of tables that its class chooses, or
    /// what a network makes of a condition: gather them before the call, and add the rows of their gradients
    /// up after backward. BigGAN's gain is a difference from one: u = 1.
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
    /// - Returns: count, mean and M2 per channel; ``commit(_:)-(BatchStatistics)`` takes them into the running ones.
    /// - Throws: ``NormalizationError/ambiguousParameter(_:)`` where the layer has γ or β,
    ///   ``NormalizationError/invalidScaleOffset(_:)``, ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/invalidShape(_:channelAxis:_:)`` for channels at axis 0,
    ///   ``NormalizationError/overlap(_:_:)`` where an output shares memory with γ or β, and what the form
    ///   without them throws.
    /// - Complexity: O(n) time; O(N · C) memory beside the buffers.
    /// - References: de Vries et al., "Modulating early visual processing by language", 2017,
    ///   <https://arxiv.org/abs/1707.00683>; Brock, Donahue and Simonyan, "Large Scale GAN Training for High
    ///   Fidelity Natural Image Synthesis", 2018, <https://arxiv.org/abs/1809.11096>.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forward<Element: NormalizationElement>(
        _ x: Span<Element>, scaledBy gammas: Span<Scalar>, shiftedBy betas: Span<Scalar>,
        scaleOffset: Double = 0, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, activationMask) {
            buffers throws(NormalizationError) in
            try SampleAffine.with(gammas, betas, scaleOffset) {
                affine throws(NormalizationError) in
                try forward(buffers, affine, geometry)
            }
        }
    }

    /// Training forward in place with γ and β per sample: `x` becomes y.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, scaledBy gammas: Span<Scalar>,
        shiftedBy betas: Span<Scalar>, scaleOffset: Double = 0,
        adding residual: Span<Element>? = nil, then activation: Activation = .identity,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, residual, activation, activationMask) {
            buffers throws(NormalizationError) in
            try SampleAffine.with(gammas, betas, scaleOffset) {
                affine throws(NormalizationError) in
                try forward(buffers, affine, geometry)
            }
        }
    }

    /// Training forward with γ and β per sample, on arrays.
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
    /// - Returns: y, and the batch's statistics, which backward needs.
    /// - Throws: as the form with spans.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forward(
        _ x: [Scalar], scaledBy gammas: [Scalar], shiftedBy betas: [Scalar],
        scaleOffset: Double = 0, adding residual: [Scalar]? = nil,
        then activation: Activation = .identity, shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (output: [Scalar], statistics: BatchStatistics) {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        let statistics = try forward(
            x.span, scaledBy: gammas.span, shiftedBy: betas.span, scaleOffset: scaleOffset,
            adding: residual?.span, then: activation, into: &y, geometry: geometry)
        return (output, statistics)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward(
        _ buffers: NormalizeBuffers<Scalar>, _ affine: SampleAffine<Scalar>, _ geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics {
        try check(buffers, affine, geometry)
        try checkBatchStatistics(of: geometry)
        guard geometry.count > 0, let tensors = buffers.tensors() else {
            return BatchStatistics(emptyWithChannels: channels)
        }
        return runForward(tensors, affine, geometry)
    }

    func check(
        _ buffers: NormalizeBuffers<Scalar>, _ affine: SampleAffine<Scalar>, _ geometry: Geometry
    ) throws(NormalizationError) {
        try check(geometry)
        try buffers.check(geometry)
        let (y, mask) = buffers.outputs
        try affine.check(geometry, own: (gamma, beta), outputs: y, mask)
    }
}

extension BatchNorm {
    /// Inference with γ and β per sample and the running statistics, which do not change. A layer without
    /// them normalizes with the batch's.
    ///
    /// - Throws: as inference without γ and β, and as forward with them.
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
                try inference(buffers, affine, geometry)
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
                try inference(buffers, affine, geometry)
            }
        }
    }

    /// Inference with γ and β per sample, on arrays.
    ///
    /// - Returns: y.
    /// - Throws: as the form with spans.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func inference(
        _ x: [Scalar], scaledBy gammas: [Scalar], shiftedBy betas: [Scalar],
        scaleOffset: Double = 0, adding residual: [Scalar]? = nil,
        then activation: Activation = .identity, shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> [Scalar] {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        try inference(
            x.span, scaledBy: gammas.span, shiftedBy: betas.span, scaleOffset: scaleOffset,
            adding: residual?.span, then: activation, into: &y, geometry: geometry)
        return output
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func inference(
        _ buffers: NormalizeBuffers<Scalar>, _ affine: SampleAffine<Scalar>, _ geometry: Geometry
    ) throws(NormalizationError) {
        guard runningStatistics != nil else {
            _ = try forward(buffers, affine, geometry)
            return
        }
        try check(buffers, affine, geometry)
        let running = try checkedRunningStatistics()
        guard geometry.count > 0, let tensors = buffers.tensors() else { return }
        runInference(tensors, with: running, affine, geometry)
    }
}

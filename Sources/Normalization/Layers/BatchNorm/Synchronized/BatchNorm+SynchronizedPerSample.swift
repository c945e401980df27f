// γ and β per sample over ranks: statistics are of the channels of all ranks' samples, γ and β each rank's own.

extension BatchNorm {
    /// Collective: training forward with γ and β per sample of a batch of which each rank has some samples:
    /// conditional batch normalization with the statistics of the whole.
    ///
    /// - Parameters: as
    ///   ``forward(_:scaledBy:shiftedBy:scaleOffset:adding:then:into:activationMask:geometry:)``, of this rank's
    ///   samples, and `exchange`, the ranks; `scaleOffset` is alike on all.
    /// - Throws: as ``forward(_:adding:then:into:activationMask:geometry:over:)`` and forward with γ and β per sample.
    /// - Complexity: O(n) time; O(N · C + C · ranks) memory beside the buffers; as many bytes as without them.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forward<Element: NormalizationElement>(
        _ x: Span<Element>, scaledBy gammas: Span<Scalar>, shiftedBy betas: Span<Scalar>,
        scaleOffset: Double = 0, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry,
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, activationMask) {
            buffers throws(NormalizationError) in
            try SampleAffine.with(gammas, betas, scaleOffset) {
                affine throws(NormalizationError) in
                try forward(buffers, affine, geometry, over: exchange)
            }
        }
    }

    /// Collective: training forward in place with γ and β per sample: `x` becomes y.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, scaledBy gammas: Span<Scalar>,
        shiftedBy betas: Span<Scalar>, scaleOffset: Double = 0,
        adding residual: Span<Element>? = nil, then activation: Activation = .identity,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry,
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, residual, activation, activationMask) {
            buffers throws(NormalizationError) in
            try SampleAffine.with(gammas, betas, scaleOffset) {
                affine throws(NormalizationError) in
                try forward(buffers, affine, geometry, over: exchange)
            }
        }
    }

    /// Collective: training forward with γ and β per sample, on arrays.
    ///
    /// - Returns: y, and the statistics of the whole batch, which backward needs.
    /// - Throws: as the form with spans.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forward(
        _ x: [Scalar], scaledBy gammas: [Scalar], shiftedBy betas: [Scalar],
        scaleOffset: Double = 0, adding residual: [Scalar]? = nil,
        then activation: Activation = .identity, shape: [Int], channelAxis: Int = 1,
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> (output: [Scalar], statistics: SynchronizedStatistics) {
        let geometry = try geometry(
            of: shape, channelAxis, sampleCall(.sampleForward, scaleOffset, over: exchange),
            (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        let statistics = try forward(
            x.span, scaledBy: gammas.span, shiftedBy: betas.span, scaleOffset: scaleOffset,
            adding: residual?.span, then: activation, into: &y, geometry: geometry,
            over: exchange)
        return (output, statistics)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func forward(
        _ buffers: NormalizeBuffers<Scalar>, _ affine: SampleAffine<Scalar>, _ geometry: Geometry,
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics {
        let localCount = geometry.valuesPerChannel
        guard exchange.size != 1 else {
            return SynchronizedStatistics(
                checked: try forward(buffers, affine, geometry), localCount: localCount)
        }
        let call = sampleCall(.sampleForward, affine.scaleOffset, over: exchange)
        try call.locally { () throws(NormalizationError) in
            try check(buffers, affine, geometry)
            try checkEpsilon()
        }
        let ranks = try call.agree(count: localCount)
        try ranks.checkStatistics(of: geometry)
        guard ranks.total > 0 else { return emptyStatistics() }
        let tensors = geometry.count > 0 ? buffers.tensors() : nil
        var own = BatchStatistics(emptyWithChannels: channels)
        if let tensors {
            own = unsafe runner(.training, geometry).statistics(
                of: MomentsReduction(x: tensors.x), count: localCount)
        }
        let global = try call.merging(own, ranks)
        if let tensors { runNormalize(tensors, with: global, affine, geometry) }
        return SynchronizedStatistics(checked: global, localCount: localCount)
    }

    func sampleCall(
        _ operation: ExchangeHeader.Operation, _ scaleOffset: Double,
        over exchange: any StatisticsExchange, _ statistics: SynchronizedStatistics? = nil
    ) -> ExchangeCall {
        call(operation, over: exchange) { fingerprint in
            fingerprint.add(scaleOffset)
            statistics?.add(to: &fingerprint)
        }
    }
}

extension BatchNorm {
    /// Collective: backward of a synchronized forward with γ and β per sample. ∂γ and ∂β are of this rank's samples,
    /// N × C numbers each, so they are nobody else's. With w = u + γ_nc and sums over the n values of all ranks:
    ///
    ///     ∂x = s_c · (w · g − P/n − x̂ · Q/n)      P = Σ w · g      Q = Σ w · g · x̂
    ///
    /// - Throws: as ``backward(_:input:adding:through:activationMask:normalizedBy:into:residualGradient:geometry:wanting:over:parameterGradients:)``
    ///   and backward with γ and β per sample.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backward<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>, scaledBy gammas: Span<Scalar>,
        shiftedBy betas: Span<Scalar>, scaleOffset: Double = 0,
        adding residual: Span<Element>? = nil, through activation: Activation = .identity,
        activationMask: Span<UInt8>? = nil, normalizedBy statistics: SynchronizedStatistics,
        into dx: inout MutableSpan<Element>,
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .all, over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try BackwardBuffers.with(gradient, x, &dx) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, activationMask, dz) {
                    buffers throws(NormalizationError) in
                    try SampleAffine.with(gammas, betas, scaleOffset) {
                        affine throws(NormalizationError) in
                        try backward(
                            buffers, statistics, affine, geometry, wanted, over: exchange)
                    }
                }
            }
        }
    }

    /// Collective: backward in place with γ and β per sample: `gradient` holds ∂L/∂y and becomes ∂x.
    ///
    /// - Throws: as the form with an output; but where the exchange itself fails, the gradient is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backwardInPlace<Element: NormalizationElement>(
        _ gradient: inout MutableSpan<Element>, input x: Span<Element>,
        scaledBy gammas: Span<Scalar>, shiftedBy betas: Span<Scalar>, scaleOffset: Double = 0,
        adding residual: Span<Element>? = nil, through activation: Activation = .identity,
        activationMask: Span<UInt8>? = nil, normalizedBy statistics: SynchronizedStatistics,
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .all, over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try BackwardBuffers.inPlace(&gradient, x) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, activationMask, dz) {
                    buffers throws(NormalizationError) in
                    try SampleAffine.with(gammas, betas, scaleOffset) {
                        affine throws(NormalizationError) in
                        try backward(
                            buffers, statistics, affine, geometry, wanted, over: exchange)
                    }
                }
            }
        }
    }

    /// Collective: backward with γ and β per sample, on arrays: any subset of ∂x, ∂γ, ∂β and ∂residual.
    ///
    /// - Throws: as the form with spans.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], scaledBy gammas: [Scalar],
        shiftedBy betas: [Scalar], scaleOffset: Double = 0, adding residual: [Scalar]? = nil,
        through activation: Activation = .identity, activationMask: [UInt8]? = nil,
        normalizedBy statistics: SynchronizedStatistics, shape: [Int], channelAxis: Int = 1,
        wanting wanted: GradientSelection = .all, over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let call = sampleCall(.sampleBackward, scaleOffset, over: exchange, statistics)
        let geometry = try geometry(
            of: shape, channelAxis, call, (.gradient, gradient.count), (.input, x.count))
        return try Gradients(gradient, x, residual, activation, activationMask, wanting: wanted) {
            buffers throws(NormalizationError) in
            try SampleAffine.with(gammas.span, betas.span, scaleOffset) {
                affine throws(NormalizationError) in
                try backward(buffers, statistics, affine, geometry, wanted, over: exchange)
            }
        }
    }
}

extension BatchNorm {
    /// Collective: training forward with batch renormalization of a batch of which each rank has a part: r and d are
    /// of the whole batch and of the running statistics, which are the same bits on every rank. Backward takes what
    /// is returned.
    ///
    /// - Parameters: as ``forward(_:adding:then:into:activationMask:geometry:over:)``, and `limits`, the largest r and
    ///   d, alike on all ranks; `nil` is the paper's schedule at the layer's update count.
    /// - Throws: ``NormalizationError/exchange(_:)`` on every rank where one has other running statistics or limits,
    ///   and as forward over an exchange and batch renormalization without one.
    /// - Complexity: as forward over an exchange.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardRenormalized<Element: NormalizationElement>(
        _ x: Span<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry,
        limits: RenormLimits? = nil, over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, activationMask) {
            buffers throws(NormalizationError) in
            try forwardRenormalized(buffers, geometry, limits, over: exchange)
        }
    }

    /// Collective: batch renormalization in place: `x` becomes y. Backward needs x, so keep it or recompute it.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardRenormalizedInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry,
        limits: RenormLimits? = nil, over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, residual, activation, activationMask) {
            buffers throws(NormalizationError) in
            try forwardRenormalized(buffers, geometry, limits, over: exchange)
        }
    }

    /// Collective: batch renormalization on arrays; the running statistics stay as they are.
    ///
    /// - Returns: y, and the statistics, which backward needs.
    /// - Throws: as the form with spans.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forwardRenormalized(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        shape: [Int], channelAxis: Int = 1, limits: RenormLimits? = nil,
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> (output: [Scalar], statistics: SynchronizedStatistics) {
        let geometry = try geometry(
            of: shape, channelAxis, renormCall(limits, over: exchange), (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        let statistics = try forwardRenormalized(
            x.span, adding: residual?.span, then: activation, into: &y, geometry: geometry,
            limits: limits, over: exchange)
        return (output, statistics)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func forwardRenormalized(
        _ buffers: NormalizeBuffers<Scalar>, _ geometry: Geometry, _ limits: RenormLimits?,
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics {
        let localCount = geometry.valuesPerChannel
        guard exchange.size != 1 else {
            let renorm = try forwardRenormalized(buffers, geometry, limits)
            return SynchronizedStatistics(
                checked: renorm.batch, localCount: localCount, renorm: renorm)
        }
        let call = renormCall(limits, over: exchange)
        let rule = try call.locally { () throws(NormalizationError) in
            try check(geometry)
            try buffers.check(geometry)
            try checkEpsilon()
            return RenormRule(
                limits: renormLimits(limits), epsilon: epsilon,
                running: try checkedRunningStatistics())
        }
        guard
            let global = try exchangedStatistics(
                of: buffers, geometry, call, renormalizing: rule)
        else { return emptyStatistics(renormalizing: rule) }
        return SynchronizedStatistics(
            checked: global, localCount: localCount,
            renorm: RenormStatistics(batch: global, by: rule))
    }

    /// Running statistics are part of y, so ranks must have the same.
    private func renormCall(
        _ limits: RenormLimits?, over exchange: any StatisticsExchange
    ) -> ExchangeCall {
        call(.renormalizedForward, over: exchange) { fingerprint in
            let limits = renormLimits(limits)
            fingerprint.add(limits.rMax)
            fingerprint.add(limits.dMax)
            fingerprint.add(runningStatistics?.mean ?? [])
            fingerprint.add(runningStatistics?.variance ?? [])
        }
    }

    private func renormLimits(_ limits: RenormLimits?) -> RenormLimits {
        limits ?? .paper(atUpdate: runningStatistics?.updateCount ?? 0)
    }
}

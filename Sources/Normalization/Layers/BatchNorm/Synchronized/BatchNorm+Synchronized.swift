// Synchronized batch normalization: the batch is what all ranks have, and each rank normalizes its part.

extension BatchNorm {
    /// Collective: training forward of a batch of which each rank has a part. y is normalized with the statistics of
    /// the whole, which are returned and are the same bits on every rank. The running statistics stay as they are;
    /// ``commit(_:)-(SynchronizedStatistics)`` takes the batch's in.
    ///
    /// Every rank calls, one without values too; parts may be of any sizes. Where a rank's arguments do not fit,
    /// every rank throws, naming that rank, and none has written anything. With one rank it is
    /// ``forward(_:adding:then:into:activationMask:geometry:)``, to the bit. No values at all give no statistics,
    /// which change nothing when committed.
    ///
    /// - Parameters:
    ///   - x: this rank's input, `geometry.count` elements, outer × channels × inner.
    ///   - residual: as many, or `nil`.
    ///   - activation: f, in the same walk over memory.
    ///   - y: the output, as many.
    ///   - activationMask: receives where f′ is 1, a bit an element.
    ///   - geometry: how this rank's tensors are read; alike on all ranks are the channels alone.
    ///   - exchange: the ranks.
    /// - Returns: count, mean and M2 per channel of the values of all ranks, and the count of this one.
    /// - Throws: ``NormalizationError/exchange(_:)`` on every rank where the arguments of one do not fit, or it makes
    ///   another call; ``NormalizationError/tooFewValuesPerChannel(shape:)`` on every rank for one value per channel
    ///   on all ranks together; where the exchange itself fails, what it throws. y is as it was then.
    /// - Complexity: O(n) time; O(C · ranks) memory beside the buffers; 24 · C + 64 bytes a rank, in two
    ///   collectives.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forward<Element: NormalizationElement>(
        _ x: Span<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry,
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, activationMask) {
            buffers throws(NormalizationError) in
            try forward(buffers, geometry, over: exchange)
        }
    }

    /// Collective: synchronized training forward in place: `x` becomes y. Backward needs x, so keep it or recompute
    /// it.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry,
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, residual, activation, activationMask) {
            buffers throws(NormalizationError) in
            try forward(buffers, geometry, over: exchange)
        }
    }

    /// Collective: synchronized training forward, and the statistics of the whole batch into the running ones, which
    /// stay the same bits on every rank where they were so before.
    ///
    /// - Throws: as ``commit(_:)-(SynchronizedStatistics)`` too: y is written then, the layer is as it was.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    @discardableResult
    public mutating func forwardAndCommit<Element: NormalizationElement>(
        _ x: Span<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry,
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics
    where Element.Arithmetic == Scalar {
        let statistics = try forward(
            x, adding: residual, then: activation, into: &y, activationMask: activationMask,
            geometry: geometry, over: exchange)
        try commit(statistics)
        return statistics
    }

    /// Takes the statistics of a batch of all ranks into the running ones: as ``commit(_:)-(BatchStatistics)`` of the
    /// whole's. Not collective; what it throws, every rank throws.
    ///
    /// - Throws: what ``RunningStatistics/update(with:)`` throws; nothing has changed then.
    public mutating func commit(
        _ statistics: SynchronizedStatistics
    ) throws(NormalizationError) {
        try commit(statistics.global)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func forward(
        _ buffers: NormalizeBuffers<Scalar>, _ geometry: Geometry,
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics {
        let localCount = geometry.valuesPerChannel
        guard exchange.size != 1 else {
            return SynchronizedStatistics(
                checked: try forward(buffers, geometry), localCount: localCount)
        }
        let call = call(.forward, over: exchange)
        try call.locally { () throws(NormalizationError) in
            try check(geometry)
            try buffers.check(geometry)
            try checkEpsilon()
        }
        guard
            let global = try exchangedStatistics(
                of: buffers, geometry, call, renormalizing: nil)
        else { return emptyStatistics() }
        return SynchronizedStatistics(checked: global, localCount: localCount)
    }

    /// The statistics of all ranks, and y with them; `nil` where there are no values. The arguments are checked.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func exchangedStatistics(
        of buffers: NormalizeBuffers<Scalar>, _ geometry: Geometry, _ call: ExchangeCall,
        renormalizing rule: RenormRule?
    ) throws(NormalizationError) -> BatchStatistics? {
        let ranks = try call.agree(count: geometry.valuesPerChannel)
        try ranks.checkStatistics(of: geometry)
        guard ranks.total > 0 else { return nil }
        guard geometry.count > 0, let tensors = buffers.tensors() else {
            return try call.merging(BatchStatistics(emptyWithChannels: channels), ranks)
        }
        let own = unsafe runner(.training, geometry).statistics(
            of: MomentsReduction(x: tensors.x), count: geometry.valuesPerChannel)
        let global = try call.merging(own, ranks)
        runNormalize(tensors, with: global, geometry, renormalizing: rule)
        return global
    }
}

extension BatchNorm {
    /// Collective: synchronized training forward on arrays; the running statistics stay as they are.
    ///
    /// - Parameters:
    ///   - x: this rank's input, as many elements as `shape` says.
    ///   - residual: as many, or `nil`.
    ///   - activation: f.
    ///   - shape: the dimensions of x, slowest first; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    ///   - exchange: the ranks.
    /// - Returns: y, and the statistics of the whole batch, which backward needs.
    /// - Throws: as the form with spans.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forward(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        shape: [Int], channelAxis: Int = 1, over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> (output: [Scalar], statistics: SynchronizedStatistics) {
        let geometry = try geometry(
            of: shape, channelAxis, call(.forward, over: exchange), (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        let statistics = try forward(
            x.span, adding: residual?.span, then: activation, into: &y, geometry: geometry,
            over: exchange)
        return (output, statistics)
    }

    /// Collective: synchronized training forward on arrays, and the statistics of the whole batch into the running
    /// ones.
    ///
    /// - Returns: y, and the statistics of the whole batch.
    /// - Throws: as ``forward(_:adding:then:shape:channelAxis:over:)`` and
    ///   ``commit(_:)-(SynchronizedStatistics)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @discardableResult
    public mutating func forwardAndCommit(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        shape: [Int], channelAxis: Int = 1, over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> (output: [Scalar], statistics: SynchronizedStatistics) {
        let (output, statistics) = try forward(
            x, adding: residual, then: activation, shape: shape, channelAxis: channelAxis,
            over: exchange)
        try commit(statistics)
        return (output, statistics)
    }
}

/// The statistics of a batch that several ranks hold parts of: those of the whole, which are the same bits on every
/// rank, and how many of its values are this rank's.
///
/// A type of its own, so that a call that does not exchange cannot take the whole's statistics for those of its tensor.
public struct SynchronizedStatistics: Sendable, Equatable {
    /// Count, mean and M2 per channel, of the values of all ranks.
    public let global: BatchStatistics
    /// The number of values per channel that this rank has of them.
    public let localCount: Int
    /// The whole's r and d, where batch renormalization made y.
    public let renorm: RenormStatistics?

    /// Statistics from their parts.
    ///
    /// - Throws: ``NormalizationError/invalidValueCount(_:)`` when `localCount` is negative, or more than there are.
    public init(
        global: BatchStatistics, localCount: Int
    ) throws(NormalizationError) {
        guard 0...global.count ~= localCount else { throw .invalidValueCount(localCount) }
        self.init(checked: global, localCount: localCount)
    }

    /// Statistics of batch renormalization from their parts.
    ///
    /// - Throws: as without r and d.
    public init(renormalized renorm: RenormStatistics, localCount: Int) throws(NormalizationError) {
        guard 0...renorm.batch.count ~= localCount else { throw .invalidValueCount(localCount) }
        self.init(checked: renorm.batch, localCount: localCount, renorm: renorm)
    }

    init(checked global: BatchStatistics, localCount: Int, renorm: RenormStatistics? = nil) {
        self.global = global
        self.localCount = localCount
        self.renorm = renorm
    }

    /// Adds what every rank must have alike.
    func add(to fingerprint: inout Fingerprint) {
        fingerprint.add(global.count)
        fingerprint.add(global.mean)
        fingerprint.add(global.sumOfSquaredDeviations)
        if let renorm {
            fingerprint.add(renorm.r)
            fingerprint.add(renorm.d)
        }
    }
}

extension BatchStatistics {
    /// Collective: the statistics of the values of all ranks, of which these are this rank's. They are merged in rank
    /// order, so every rank has the same bits; one rank without values still calls.
    ///
    /// - Throws: ``NormalizationError/exchange(_:)`` on every rank where one brings another number of channels;
    ///   ``NormalizationError/valueCountOverflow(_:_:)``.
    /// - Complexity: O(C · size); 24 · C + 64 bytes a rank, in two collectives.
    public func merged(
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics {
        let call = ExchangeCall(
            .statistics, channels: channels, settings: Fingerprint(), over: exchange)
        let ranks = try call.agree(count: count)
        return SynchronizedStatistics(checked: try call.merging(self, ranks), localCount: count)
    }
}

extension GradientSums {
    /// Collective: the sums over the values of all ranks, of which these are over this rank's.
    ///
    /// - Throws: as ``BatchStatistics/merged(over:)``.
    /// - Complexity: O(C · size); 16 · C + 64 bytes a rank, in two collectives.
    public func merged(
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> GradientSums {
        let call = ExchangeCall(
            .gradientSums, channels: channels, settings: Fingerprint(), over: exchange)
        return try call.merging(self, try call.agree(count: count))
    }
}

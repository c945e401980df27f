extension RunningStatistics {
    /// Replaces mean and variance by those of a whole data set, pooled from the statistics of its
    /// batches:
    ///
    ///     mean = μ      variance = M2/n or M2/(n − 1), by ``estimator``
    ///
    /// with (n, μ, M2) of all batches together, whatever their sizes, merged exactly as
    /// ``BatchStatistics/merging(_:)`` says: the same as if the data set had been one batch. A moving
    /// average remembers only the last batches, and an average of batch variances misses that the
    /// means of the batches differ.
    ///
    /// ``updateCount`` becomes the number of batches that were not empty, so that an average over all
    /// batches (``UpdateWeight/cumulative``) goes on from there.
    ///
    /// - Throws: ``NormalizationError/mismatchedStatistics(expected:actual:)``;
    ///   ``NormalizationError/tooFewValuesToCommit(count:)`` for fewer than two values per channel in
    ///   all; ``NormalizationError/nonFiniteStatistics(channel:)`` by ``nonFinite``'s policy, which
    ///   here leaves a skipped channel as it was. Nothing has changed then.
    /// - Complexity: O(batches · C).
    public mutating func reestimate(
        from batches: some Sequence<BatchStatistics>
    ) throws(NormalizationError) {
        var pooled = BatchStatistics(emptyWithChannels: channels)
        var count = 0
        for batch in batches {
            pooled = try pooled.merging(batch)
            if batch.count > 0 { count += 1 }
        }
        guard pooled.count > 1 else { throw .tooFewValuesToCommit(count: pooled.count) }
        var (mean, variance) = (pooled.mean, pooled.variance(estimator))
        for channel in 0..<channels where !(mean[channel].isFinite && variance[channel].isFinite) {
            switch nonFinite {
            case .throw: throw .nonFiniteStatistics(channel: channel)
            case .skip:
                (mean[channel], variance[channel]) = (self.mean[channel], self.variance[channel])
            case .propagate: break
            }
        }
        self = try RunningStatistics(
            mean: mean, variance: variance, updateCount: count, weight: weight,
            estimator: estimator, nonFinite: nonFinite)
    }
}

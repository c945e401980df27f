/// How the parts of a batch enter the running statistics.
public enum GhostContribution: String, Sendable, CaseIterable {
    /// Merged, as if they had been one batch: the variance between the parts counts.
    case pooled
    /// The plain average of the parts' means and of their variances, by the estimator: TensorFlow's virtual
    /// batches. It misses how far the means lie apart.
    case averageOfParts
}

extension RunningStatistics {
    /// Takes in the statistics of a batch's parts, in one update. Empty parts do not count; a single one
    /// gives the bits of ``update(with:)``.
    ///
    /// - Throws: ``NormalizationError/part(_:_:)`` naming the first part of another number of channels, or,
    ///   where parts are averaged, of a single value per channel; what ``update(with:)`` throws of all of them.
    ///   Nothing has changed then.
    /// - Complexity: O(parts · C).
    public mutating func update(
        with parts: [BatchStatistics], as contribution: GhostContribution = .pooled
    ) throws(NormalizationError) {
        for (index, part) in parts.enumerated() {
            guard part.channels == channels else {
                throw .part(
                    index, .mismatchedStatistics(expected: channels, actual: part.channels))
            }
            guard part.count != 1 || contribution == .pooled else {
                throw .part(index, .tooFewValuesToCommit(count: 1))
            }
        }
        let some = parts.filter { $0.count > 0 }
        guard var pooled = some.first else { return }
        for part in some.dropFirst() { pooled = try pooled.merging(part) }
        if contribution == .averageOfParts && some.count > 1 {
            pooled = try average(of: some, count: pooled.count)
        }
        try update(with: pooled)
    }

    /// Statistics of `count` values with the parts' average mean and variance.
    private func average(
        of parts: [BatchStatistics], count: Int
    ) throws(NormalizationError) -> BatchStatistics {
        var mean = [Double](repeating: 0, count: channels)
        var variance = mean
        for part in parts {
            let partVariance = part.variance(estimator)
            for channel in 0..<channels {
                mean[channel] += part.mean[channel] / Double(parts.count)
                variance[channel] += partVariance[channel] / Double(parts.count)
            }
        }
        let divisor = Double(estimator == .biased ? count : count - 1)
        return try BatchStatistics(
            count: count, mean: mean, sumOfSquaredDeviations: variance.map { $0 * divisor })
    }
}

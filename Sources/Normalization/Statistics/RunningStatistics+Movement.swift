extension RunningStatistics {
    /// Moves mean and variance toward those of another layer:
    ///
    ///     mean     ← (1 − w) · mean     + w · other mean
    ///     variance ← (1 − w) · variance + w · other variance
    ///
    /// A teacher whose weights are an exponential average of a student's takes over the student's running
    /// statistics in the same way: left where they were, or taken from its own batches, they belong to other
    /// weights. Weight 1 copies, weight 0 changes nothing.
    ///
    /// ``updateCount``, ``weight``, ``estimator`` and ``nonFinite`` stay: no batch has come in. The other
    /// variance is taken as it is, whatever its estimator.
    ///
    /// - Parameters:
    ///   - other: the running statistics to move to, of as many channels.
    ///   - weight: w, from 0 to 1: one minus the decay of the teacher's average.
    /// - Throws: ``NormalizationError/mismatchedRunningStatistics(expected:actual:)`` when the numbers of
    ///   channels differ; ``NormalizationError/invalidWeight(_:_:)``;
    ///   ``NormalizationError/nonFiniteRunningStatistics(channel:)`` where one of the two is not finite and the
    ///   policy is ``NonFinitePolicy/throw``. Nothing has changed then. ``NonFinitePolicy/skip`` leaves a
    ///   channel whose other statistics are not finite.
    /// - Complexity: O(C).
    /// - References: Cai et al., "Exponential Moving Average Normalization for Self-supervised and
    ///   Semi-supervised Learning", 2021, <https://arxiv.org/abs/2101.08482>.
    public mutating func move(
        toward other: RunningStatistics, weight: Double
    ) throws(NormalizationError) {
        guard other.channels == channels else {
            throw .mismatchedRunningStatistics(expected: channels, actual: other.channels)
        }
        guard weight >= 0, weight <= 1 else { throw .invalidWeight("weight", weight) }
        if nonFinite == .throw {
            // What weight 1 forgets may be anything.
            let own = weight < 1 ? firstNonFiniteChannel : nil
            if let channel = [own, other.firstNonFiniteChannel].compactMap({ $0 }).min() {
                throw .nonFiniteRunningStatistics(channel: channel)
            }
        }
        guard weight > 0 else { return }
        for channel in 0..<channels {
            let (mean, variance) = (other.mean[channel], other.variance[channel])
            if nonFinite == .skip && !(mean.isFinite && variance.isFinite) { continue }
            move(channel, toMean: mean, variance: variance, weight)
        }
    }

    /// The first channel whose mean or variance is a NaN or an infinity.
    private var firstNonFiniteChannel: Int? {
        [mean.firstNonFinite, variance.firstNonFinite].compactMap { $0 }.min()
    }
}

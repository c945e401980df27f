/// The moving average estimator of whitening: the running mean and covariance that the matrix of inference is
/// made of.
///
///     running ← (1 − w) · running + w · batch
///
/// They start at 0 and the identity. Held in `Double`, without ε. Averages of covariances, not of the
/// matrices made of them: the matrix of an average covariance is the better estimate.
public struct RunningWhitening: Sendable, Equatable {
    /// D, the channels of a group.
    public let groupSize: Int
    /// The running mean, per channel.
    public private(set) var mean: [Double]
    /// The running covariance, groups × D × D.
    public private(set) var covariance: [Double]
    /// How many updates have been made.
    public private(set) var updateCount: Int
    /// How many of them skipped a group, under ``NonFinitePolicy/skip``; empty where none did.
    private var skippedUpdates: [Int] = []
    /// The weight of the new value.
    public let weight: UpdateWeight
    /// The covariance that enters.
    public let estimator: VarianceEstimator
    /// What happens with a group whose batch statistics are not finite.
    public var nonFinite: NonFinitePolicy

    /// The number of channels.
    public var channels: Int { mean.count }
    /// The number of groups.
    public var groups: Int { mean.count / groupSize }

    /// Running statistics at their start: mean 0, covariance the identity.
    ///
    /// - Throws: ``NormalizationError/invalidChannelCount(_:)``,
    ///   ``NormalizationError/invalidGroupSize(channels:groupSize:)`` or
    ///   ``NormalizationError/invalidWeight(_:_:)``.
    public init(
        channels: Int, groupSize: Int, weight: UpdateWeight = .newWeight(0.1),
        estimator: VarianceEstimator = .unbiased, nonFinite: NonFinitePolicy = .throw
    ) throws(NormalizationError) {
        try WhiteningLimits.check(channels: channels, groupSize: groupSize)
        let d = groupSize
        try self.init(
            mean: Array(repeating: 0, count: channels),
            covariance: doubles(channels * d) { $0 / d % d == $0 % d ? 1 : 0 }, groupSize: d,
            weight: weight, estimator: estimator, nonFinite: nonFinite)
    }

    /// Running statistics from stored numbers, as when a model is loaded.
    ///
    /// A covariance that cannot be whitened with is not an error here but where it is used. Of one that is not
    /// symmetric the mean with its transpose is used.
    ///
    /// - Parameters:
    ///   - mean: one number per channel.
    ///   - covariance: groups × D × D numbers.
    ///   - groupSize: D, a divisor of the number of channels, at most 256.
    ///   - updateCount: how many updates have been made.
    ///   - weight: the weight of the new value.
    ///   - estimator: the covariance that enters.
    ///   - nonFinite: what happens with a group whose batch statistics are not finite.
    /// - Throws: ``NormalizationError/invalidChannelCount(_:)``,
    ///   ``NormalizationError/invalidGroupSize(channels:groupSize:)``,
    ///   ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/invalidUpdateCount(_:)``, ``NormalizationError/invalidWeight(_:_:)``.
    public init(
        mean: [Double], covariance: [Double], groupSize: Int, updateCount: Int = 0,
        weight: UpdateWeight = .newWeight(0.1), estimator: VarianceEstimator = .unbiased,
        nonFinite: NonFinitePolicy = .throw
    ) throws(NormalizationError) {
        try WhiteningLimits.check(channels: mean.count, groupSize: groupSize)
        guard covariance.count == mean.count * groupSize else {
            throw .wrongLength(
                .runningCovariance, expected: mean.count * groupSize, actual: covariance.count)
        }
        guard updateCount >= 0 else { throw .invalidUpdateCount(updateCount) }
        try weight.check()
        self.mean = mean
        self.covariance = covariance
        self.groupSize = groupSize
        self.updateCount = updateCount
        self.weight = weight
        self.estimator = estimator
        self.nonFinite = nonFinite
    }

    /// Takes in the statistics of one batch. Those of an empty batch change nothing.
    ///
    /// - Throws: ``NormalizationError/mismatchedGroups(expected:actual:)``;
    ///   ``NormalizationError/tooFewValuesToCommit(count:)`` for a single value per channel; by
    ///   ``nonFinite``'s policy ``NormalizationError/nonFiniteStatistics(channel:)``. Nothing has changed then.
    public mutating func update(with batch: WhiteningStatistics) throws(NormalizationError) {
        try checkGroups(of: batch)
        guard batch.count != 0 else { return }
        guard batch.count > 1 else { throw .tooFewValuesToCommit(count: batch.count) }
        if nonFinite == .throw, let channel = batch.firstNonFiniteChannel {
            throw .nonFiniteStatistics(channel: channel)
        }
        // A count read from a file may be the largest there is.
        let update = updateCount == .max ? .max : updateCount + 1
        let new = batch.covariance(estimator)
        // New arrays: copies of the layer share the old ones.
        var (mean, covariance) = (mean, covariance)
        for group in 0..<groups {
            let (channels, elements) = ranges(of: group)
            if nonFinite == .skip, !Self.areFinite(batch.mean[channels], new[elements]) {
                if skippedUpdates.isEmpty { skippedUpdates = Array(repeating: 0, count: groups) }
                skippedUpdates[group] += 1
                continue
            }
            let skipped = skippedUpdates.isEmpty ? 0 : skippedUpdates[group]
            let weight = weight.weight(atUpdate: update - skipped)
            for i in channels { mean[i] = Self.moved(mean[i], to: batch.mean[i], weight) }
            for i in elements { covariance[i] = Self.moved(covariance[i], to: new[i], weight) }
        }
        self.mean = mean
        self.covariance = covariance
        updateCount = update
    }

    /// Replaces mean and covariance by those of a whole data set, pooled from the statistics of its batches as
    /// ``WhiteningStatistics/merging(_:)`` says: the same as if the data set had been one batch.
    ///
    /// ``updateCount`` becomes the number of batches that were not empty.
    ///
    /// - Throws: ``NormalizationError/mismatchedGroups(expected:actual:)``,
    ///   ``NormalizationError/tooFewValuesToCommit(count:)`` for fewer than two values per channel in all;
    ///   ``NormalizationError/nonFiniteStatistics(channel:)`` by ``nonFinite``'s policy, which here leaves a
    ///   skipped group as it was. Nothing has changed then.
    /// - Complexity: O(batches · C · D).
    public mutating func reestimate(
        from batches: some Sequence<WhiteningStatistics>
    ) throws(NormalizationError) {
        var pooled = WhiteningStatistics(emptyWithChannels: channels, groupSize: groupSize)
        var count = 0
        for batch in batches {
            try checkGroups(of: batch)
            pooled = try pooled.merging(batch)
            if batch.count > 0 { count += 1 }
        }
        guard pooled.count > 1 else { throw .tooFewValuesToCommit(count: pooled.count) }
        if nonFinite == .throw, let channel = pooled.firstNonFiniteChannel {
            throw .nonFiniteStatistics(channel: channel)
        }
        var (mean, covariance) = (pooled.mean, pooled.covariance(estimator))
        for group in 0..<groups where nonFinite == .skip {
            let (channels, elements) = ranges(of: group)
            guard !Self.areFinite(mean[channels], covariance[elements]) else { continue }
            mean.replaceSubrange(channels, with: self.mean[channels])
            covariance.replaceSubrange(elements, with: self.covariance[elements])
        }
        self = try RunningWhitening(
            mean: mean, covariance: covariance, groupSize: groupSize, updateCount: count,
            weight: weight, estimator: estimator, nonFinite: nonFinite)
    }

    private func checkGroups(of batch: WhiteningStatistics) throws(NormalizationError) {
        typealias Sizes = NormalizationError.WhiteningSizes
        let expected = Sizes(channels: channels, groupSize: groupSize)
        let actual = Sizes(channels: batch.channels, groupSize: batch.groupSize)
        guard actual == expected else {
            throw .mismatchedGroups(expected: expected, actual: actual)
        }
    }

    /// The channels of a group, and the elements of its covariance.
    private func ranges(of group: Int) -> (channels: Range<Int>, elements: Range<Int>) {
        let d = groupSize
        return (group * d..<(group + 1) * d, group * d * d..<(group + 1) * d * d)
    }

    private static func areFinite(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Bool {
        a.allSatisfy(\.isFinite) && b.allSatisfy(\.isFinite)
    }

    /// (1 − w) · value + w · new, which with w = 1 forgets the value, whatever it is.
    private static func moved(_ value: Double, to new: Double, _ weight: Double) -> Double {
        weight == 1 ? new : (1 - weight) * value + weight * new
    }
}

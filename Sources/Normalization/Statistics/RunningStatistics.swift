/// What a running update does with a channel whose batch statistics are not finite.
public enum NonFinitePolicy: String, Sendable, CaseIterable {
    /// Throws, naming the first such channel, and changes nothing.
    case `throw`
    /// Leaves that channel's running statistics as they are and updates the others.
    case skip
    /// Updates it like any other; NaN stays in the running statistics from then on.
    case propagate
}

/// The moving average estimator: the running mean and variance that inference normalizes with.
///
///     running ← (1 − w) · running + w · batch
///
/// Both start at 0 and 1. Held in `Double` whatever the layer's element type.
public struct RunningStatistics: Sendable, Equatable {
    /// The running mean, per channel.
    public private(set) var mean: [Double]
    /// The running variance, per channel.
    public private(set) var variance: [Double]
    /// How many updates have been made.
    public private(set) var updateCount: Int
    /// The weight of the new value.
    public let weight: UpdateWeight
    /// The variance that enters.
    public let estimator: VarianceEstimator
    /// What happens with a channel whose batch statistics are not finite.
    public var nonFinite: NonFinitePolicy

    /// The number of channels.
    public var channels: Int { mean.count }

    /// Running statistics at their start: mean 0, variance 1.
    ///
    /// - Throws: ``NormalizationError/invalidChannelCount(_:)`` or
    ///   ``NormalizationError/invalidWeight(_:_:)``.
    public init(
        channels: Int, weight: UpdateWeight = .newWeight(0.1),
        estimator: VarianceEstimator = .unbiased,
        nonFinite: NonFinitePolicy = .throw
    ) throws(NormalizationError) {
        guard 1...Geometry.mostChannels ~= channels else { throw .invalidChannelCount(channels) }
        try self.init(
            mean: Array(repeating: 0, count: channels),
            variance: Array(repeating: 1, count: channels), updateCount: 0, weight: weight,
            estimator: estimator, nonFinite: nonFinite)
    }

    /// Running statistics from stored numbers, as when a model is loaded.
    ///
    /// A variance that cannot be normalized with is not an error here but where it is used.
    ///
    /// - Throws: ``NormalizationError/invalidChannelCount(_:)`` when `mean` is empty,
    ///   ``NormalizationError/wrongLength(_:expected:actual:)`` when `variance` has another length,
    ///   ``NormalizationError/invalidUpdateCount(_:)``, ``NormalizationError/invalidWeight(_:_:)``.
    public init(
        mean: [Double], variance: [Double], updateCount: Int = 0,
        weight: UpdateWeight = .newWeight(0.1),
        estimator: VarianceEstimator = .unbiased,
        nonFinite: NonFinitePolicy = .throw
    ) throws(NormalizationError) {
        guard !mean.isEmpty else { throw .invalidChannelCount(0) }
        guard variance.count == mean.count else {
            throw .wrongLength(.runningVariance, expected: mean.count, actual: variance.count)
        }
        guard updateCount >= 0 else { throw .invalidUpdateCount(updateCount) }
        try weight.check()
        self.mean = mean
        self.variance = variance
        self.updateCount = updateCount
        self.weight = weight
        self.estimator = estimator
        self.nonFinite = nonFinite
    }

    /// Takes in the statistics of one batch. Those of an empty batch change nothing.
    ///
    /// - Throws: ``NormalizationError/mismatchedStatistics(expected:actual:)``;
    ///   ``NormalizationError/tooFewValuesToCommit(count:)`` for a single value per channel;
    ///   ``NormalizationError/nonFiniteStatistics(channel:)`` by ``nonFinite``'s policy. Nothing has
    ///   changed then.
    public mutating func update(with batch: BatchStatistics) throws(NormalizationError) {
        guard batch.channels == channels else {
            throw .mismatchedStatistics(expected: channels, actual: batch.channels)
        }
        guard batch.count != 0 else { return }
        guard batch.count > 1 else { throw .tooFewValuesToCommit(count: batch.count) }
        let batchVariance = batch.variance(estimator)
        func isFinite(_ channel: Int) -> Bool {
            batch.mean[channel].isFinite && batchVariance[channel].isFinite
        }
        let nonFiniteChannel = (0..<channels).first { !isFinite($0) }
        if nonFinite == .throw, let channel = nonFiniteChannel {
            throw .nonFiniteStatistics(channel: channel)
        }
        // A count read from a file may be the largest there is.
        let update = updateCount == .max ? .max : updateCount + 1
        let weight = weight.weight(atUpdate: update)
        let takesAll = nonFiniteChannel == nil || nonFinite == .propagate
        for channel in 0..<channels where takesAll || isFinite(channel) {
            mean[channel] = (1 - weight) * mean[channel] + weight * batch.mean[channel]
            variance[channel] = (1 - weight) * variance[channel] + weight * batchVariance[channel]
        }
        updateCount = update
    }
}

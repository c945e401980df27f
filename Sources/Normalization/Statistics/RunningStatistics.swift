/// What a running update does with a channel whose batch statistics are not finite.
public enum NonFinitePolicy: String, Sendable, CaseIterable, Codable {
    /// Throws, naming the first such channel, and changes nothing; so does inference with a running
    /// mean that is not finite.
    case `throw`
    /// Leaves that channel's running statistics as they are and updates the others. To a cumulative
    /// average a skipped update does not count in that channel.
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
    /// How many of them skipped a channel, under ``NonFinitePolicy/skip``; empty where none did.
    var skippedUpdates: [Int] = []
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
    ///   by ``nonFinite``'s policy ``NormalizationError/nonFiniteStatistics(channel:)``, or
    ///   ``NormalizationError/nonFiniteMean(channel:mean:)`` where a running mean is not finite and the update
    ///   would not forget it. Nothing has changed then.
    public mutating func update(with batch: BatchStatistics) throws(NormalizationError) {
        guard batch.channels == channels else {
            throw .mismatchedStatistics(expected: channels, actual: batch.channels)
        }
        guard batch.count != 0 else { return }
        guard batch.count > 1 else { throw .tooFewValuesToCommit(count: batch.count) }
        // A variance is finite where the deviations it is made of are.
        let firstNonFinite = batch.firstNonFiniteChannel
        if nonFinite == .throw, let channel = firstNonFinite {
            throw .nonFiniteStatistics(channel: channel)
        }
        // A count read from a file may be the largest there is.
        let update = updateCount == .max ? .max : updateCount + 1
        if nonFinite == .throw, weight.weight(atUpdate: update) < 1 { try checkMean() }
        if skippedUpdates.isEmpty && (nonFinite != .skip || firstNonFinite == nil) {
            moveAll(to: batch, weight.weight(atUpdate: update))
        } else {
            moveEach(to: batch, atUpdate: update)
        }
        updateCount = update
    }

    /// Every channel by the same weight.
    private mutating func moveAll(to batch: BatchStatistics, _ weight: Double) {
        mean = Self.moved(mean, to: batch.mean, dividedBy: 1, weight)
        variance = Self.moved(
            variance, to: batch.sumOfSquaredDeviations, dividedBy: batch.divisor(estimator), weight)
    }

    /// A new array, since copies of the layer share the old one.
    private static func moved(
        _ values: [Double], to others: [Double], dividedBy divisor: Double, _ weight: Double
    ) -> [Double] {
        let (values, others) = (values.span, others.span)
        return doubles(values.count) { moved(values[$0], to: others[$0] / divisor, weight) }
    }

    /// Each channel by the weight of an update that does not count those it skipped.
    private mutating func moveEach(to batch: BatchStatistics, atUpdate update: Int) {
        let divisor = batch.divisor(estimator)
        for channel in 0..<channels {
            let variance = batch.sumOfSquaredDeviations[channel] / divisor
            if nonFinite == .skip && !(batch.mean[channel].isFinite && variance.isFinite) {
                if skippedUpdates.isEmpty { skippedUpdates = Array(repeating: 0, count: channels) }
                skippedUpdates[channel] += 1
                continue
            }
            let skipped = skippedUpdates.isEmpty ? 0 : skippedUpdates[channel]
            let weight = weight.weight(atUpdate: update - skipped)
            move(channel, toMean: batch.mean[channel], variance: variance, weight)
        }
    }

    /// One channel, toward other numbers.
    mutating func move(
        _ channel: Int, toMean newMean: Double, variance newVariance: Double, _ weight: Double
    ) {
        mean[channel] = Self.moved(mean[channel], to: newMean, weight)
        variance[channel] = Self.moved(variance[channel], to: newVariance, weight)
    }

    /// (1 − w) · value + w · new, which with w = 1 forgets the value, whatever it is.
    @inline(__always)
    private static func moved(_ value: Double, to new: Double, _ weight: Double) -> Double {
        weight == 1 ? new : (1 - weight) * value + weight * new
    }

    /// Throws where a mean is not finite, naming the first such channel.
    func checkMean() throws(NormalizationError) {
        guard let channel = mean.firstNonFinite else { return }
        throw .nonFiniteMean(channel: channel, mean: mean[channel])
    }
}

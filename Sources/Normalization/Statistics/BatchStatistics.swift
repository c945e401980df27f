/// The statistics of a batch, per channel: how many values, their mean, and the sum of their squared
/// deviations from it. Held in `Double`, and mergeable.
///
/// Two batches merge exactly as if their values had been one batch:
///
///     n = n_a + n_b      δ = μ_b − μ_a      μ = μ_a + δ · n_b/n      M2 = M2_a + M2_b + δ² · n_a · n_b / n
///
/// (Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
/// Variances", 1979.)
public struct BatchStatistics: Sendable, Equatable {
    /// The number of values per channel, the same for every channel.
    public let count: Int
    /// μ, per channel.
    public let mean: [Double]
    /// M2 = Σ (x − μ)², per channel.
    public let sumOfSquaredDeviations: [Double]

    /// The number of channels.
    public var channels: Int { mean.count }

    /// Statistics from their numbers.
    ///
    /// - Parameters:
    ///   - count: values per channel, zero or more.
    ///   - mean: μ, one number per channel.
    ///   - sumOfSquaredDeviations: M2, one number per channel.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)`` when the two arrays differ in
    ///   length; ``NormalizationError/tooFewValuesToCommit(count:)`` when `count` is negative.
    public init(count: Int, mean: [Double], sumOfSquaredDeviations: [Double])
        throws(NormalizationError)
    {
        guard count >= 0 else { throw .tooFewValuesToCommit(count: count) }
        guard mean.count == sumOfSquaredDeviations.count else {
            throw .wrongLength(
                .batchDeviations, expected: mean.count, actual: sumOfSquaredDeviations.count)
        }
        self.init(
            uncheckedCount: count, mean: mean, sumOfSquaredDeviations: sumOfSquaredDeviations)
    }

    init(uncheckedCount count: Int, mean: [Double], sumOfSquaredDeviations: [Double]) {
        self.count = count
        self.mean = mean
        self.sumOfSquaredDeviations = sumOfSquaredDeviations
    }

    /// The variance per channel: M2/m, or M2/(m − 1) for the unbiased estimate.
    ///
    /// NaN where the estimator's divisor is zero.
    public func variance(_ estimator: VarianceEstimator = .biased) -> [Double] {
        let divisor = Double(estimator == .biased ? count : count - 1)
        guard divisor > 0 else { return Array(repeating: .nan, count: channels) }
        let deviations = sumOfSquaredDeviations.span
        return doubles(channels) { deviations[$0] / divisor }
    }

    /// The statistics of both batches together.
    ///
    /// - Throws: ``NormalizationError/mismatchedStatistics(expected:actual:)`` when the numbers of
    ///   channels differ; ``NormalizationError/valueCountOverflow(_:_:)`` when the sum of the counts
    ///   does not fit in `Int`.
    public func merging(_ other: BatchStatistics) throws(NormalizationError) -> BatchStatistics {
        guard channels == other.channels else {
            throw .mismatchedStatistics(expected: channels, actual: other.channels)
        }
        let (total, overflow) = count.addingReportingOverflow(other.count)
        guard !overflow else { throw .valueCountOverflow(count, other.count) }
        var mean: [Double] = []
        var deviations: [Double] = []
        mean.reserveCapacity(channels)
        deviations.reserveCapacity(channels)
        for channel in 0..<channels {
            var moments = Moments(
                count: count, mean: self.mean[channel],
                deviations: sumOfSquaredDeviations[channel])
            moments.merge(
                Moments(
                    count: other.count, mean: other.mean[channel],
                    deviations: other.sumOfSquaredDeviations[channel]))
            mean.append(moments.mean)
            deviations.append(moments.deviations)
        }
        return BatchStatistics(
            uncheckedCount: total, mean: mean, sumOfSquaredDeviations: deviations)
    }
}

/// Which estimate of the variance is meant.
public enum VarianceEstimator: String, Sendable, CaseIterable {
    /// M2/(m − 1), what PyTorch puts into its running variance.
    case unbiased
    /// M2/m, what every framework normalizes with, and what Keras and ONNX put into theirs.
    case biased
}

/// (count, mean, M2) of one channel of one block.
///
/// The mean is held in two parts, the value that deviations were taken from and the mean deviation:
/// their difference between blocks is exact where that of two rounded means would be all rounding.
struct Moments: Sendable, BitwiseCopyable {
    var count = 0
    private(set) var center = 0.0
    var offset = 0.0
    /// M2 = Σ (x − mean)².
    var deviations = 0.0

    var mean: Double { center + offset }
    /// What the mean lost when its parts were added.
    var meanResidue: Double { (center - mean) + offset }

    init() {}

    init(count: Int, mean center: Double, plus offset: Double = 0, deviations: Double) {
        self.count = count
        self.center = center
        self.offset = offset
        self.deviations = deviations
    }

    /// Takes in the values of `other` (Chan, Golub, LeVeque 1979).
    mutating func merge(_ other: Moments) {
        guard other.count > 0 else { return }
        guard count > 0 else {
            self = other
            return
        }
        let total = count + other.count
        let delta = (other.center - center) + (other.offset - offset)
        let share = Double(other.count) / Double(total)
        // Equal means must merge to themselves, to the bit: δ = 0 leaves both sums alone.
        offset += delta * share
        deviations += other.deviations + delta * delta * (Double(count) * share)
        count = total
    }
}

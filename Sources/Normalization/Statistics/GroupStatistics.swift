/// The statistics of group or instance normalization, per sample and group of channels: how many
/// values, their mean, and the sum of their squared deviations from it. Held in `Double`.
///
/// Those of sample n and group G stand at n · groups + G.
public struct GroupStatistics: Sendable, Equatable {
    /// The number of groups of a sample: of channels for instance normalization.
    public let groups: Int
    /// The number of values per sample and group, the same for all.
    public let count: Int
    /// μ, samples × groups.
    public private(set) var mean: [Double]
    /// M2 = Σ (x − μ)², samples × groups.
    public private(set) var sumOfSquaredDeviations: [Double]

    /// The number of samples; 0 of an empty tensor.
    public var samples: Int { mean.count / groups }

    /// Statistics from their numbers.
    ///
    /// - Parameters:
    ///   - groups: the groups of a sample, at least 1.
    ///   - count: values per sample and group, zero or more.
    ///   - mean: μ, samples × groups.
    ///   - sumOfSquaredDeviations: M2, samples × groups.
    /// - Throws: ``NormalizationError/invalidGroupCount(channels:groups:)`` when there is no group;
    ///   ``NormalizationError/invalidValueCount(_:)`` when `count` is negative;
    ///   ``NormalizationError/wrongLength(_:expected:actual:)`` when the two arrays differ in length or
    ///   are not of whole samples.
    public init(groups: Int, count: Int, mean: [Double], sumOfSquaredDeviations: [Double])
        throws(NormalizationError)
    {
        guard groups > 0 else {
            throw .invalidGroupCount(channels: mean.count, groups: groups)
        }
        guard count >= 0 else { throw .invalidValueCount(count) }
        guard mean.count % groups == 0 else {
            throw .wrongLength(
                .groupMeans, expected: mean.count / groups * groups, actual: mean.count)
        }
        guard mean.count == sumOfSquaredDeviations.count else {
            throw .wrongLength(
                .groupDeviations, expected: mean.count, actual: sumOfSquaredDeviations.count)
        }
        self.groups = groups
        self.count = count
        self.mean = mean
        self.sumOfSquaredDeviations = sumOfSquaredDeviations
    }

    /// The statistics of no samples: of an empty tensor, or before the first sample.
    init(emptyWithGroups groups: Int, count: Int = 0) {
        self.groups = groups
        self.count = count
        mean = []
        sumOfSquaredDeviations = []
    }

    /// Takes in the samples that follow, from moments of whole groups, which stand in the first lane of each.
    mutating func append(_ moments: UnsafePointer<Moments>, of partition: Partition) {
        let (size, all) = (partition.groupSize, partition.laneCount / partition.groupSize)
        mean += doubles(all) { unsafe moments[$0 * size].mean }
        sumOfSquaredDeviations += doubles(all) { unsafe moments[$0 * size].m2 }
    }

    /// The variance, samples × groups: M2/k, or M2/(k − 1) for the unbiased estimate.
    ///
    /// NaN where the estimator's divisor is zero.
    public func variance(_ estimator: VarianceEstimator = .biased) -> [Double] {
        let divisor = Double(estimator == .biased ? count : count - 1)
        guard divisor > 0 else { return Array(repeating: .nan, count: mean.count) }
        let deviations = sumOfSquaredDeviations.span
        return doubles(mean.count) { deviations[$0] / divisor }
    }
}

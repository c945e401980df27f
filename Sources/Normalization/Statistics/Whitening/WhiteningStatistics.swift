/// The statistics that whitening needs of a batch: how many values a channel has, the channels' means, and
/// the sums of products of deviations within each group of D adjacent channels. Held in `Double`, and
/// mergeable.
///
///     μ = (1/m) Σ x      M = Σ (x − μ) · (x − μ)ᵀ      covariance = M/m
///
/// Two batches merge exactly as if their values had been one batch:
///
///     n = n_a + n_b    δ = μ_b − μ_a    μ = μ_a + δ · n_b/n    M = M_a + M_b + δ · δᵀ · n_a · n_b / n
public struct WhiteningStatistics: Sendable, Equatable {
    /// The number of values per channel, the same for every channel.
    public let count: Int
    /// D, the channels of a group.
    public let groupSize: Int
    /// μ, per channel.
    public let mean: [Double]
    /// M, groups × D × D, each symmetric.
    public let sumsOfProducts: [Double]
    /// What rounding took from μ, per channel: known where the statistics were computed here.
    let meanCorrection: [Double]

    /// The number of channels.
    public var channels: Int { mean.count }
    /// The number of groups.
    public var groups: Int { mean.count / groupSize }

    /// Statistics from their numbers.
    ///
    /// - Parameters:
    ///   - count: values per channel, zero or more.
    ///   - groupSize: D, a divisor of the number of channels, at most 256.
    ///   - mean: μ, one number per channel.
    ///   - sumsOfProducts: M, groups × D × D numbers.
    /// - Throws: ``NormalizationError/invalidValueCount(_:)`` when `count` is negative,
    ///   ``NormalizationError/invalidGroupSize(channels:groupSize:)``,
    ///   ``NormalizationError/wrongLength(_:expected:actual:)``.
    public init(
        count: Int, groupSize: Int, mean: [Double], sumsOfProducts: [Double]
    ) throws(NormalizationError) {
        guard count >= 0 else { throw .invalidValueCount(count) }
        try WhiteningLimits.check(channels: mean.count, groupSize: groupSize)
        guard sumsOfProducts.count == mean.count * groupSize else {
            throw .wrongLength(
                .batchProducts, expected: mean.count * groupSize, actual: sumsOfProducts.count)
        }
        self.init(
            count: count, groupSize: groupSize, mean: mean,
            meanCorrection: Array(repeating: 0, count: mean.count), sumsOfProducts: sumsOfProducts)
    }

    /// Statistics whose numbers fit together.
    init(
        count: Int, groupSize: Int, mean: [Double], meanCorrection: [Double],
        sumsOfProducts: [Double]
    ) {
        self.count = count
        self.groupSize = groupSize
        self.mean = mean
        self.meanCorrection = meanCorrection
        self.sumsOfProducts = sumsOfProducts
    }

    /// Statistics from sums of deviations from a pivot.
    ///
    ///     μ = pivot + δ      M = Σ u · uᵀ − m · δ · δᵀ      u = x − pivot,  δ = (1/m) Σ u
    init(count: Int, groupSize d: Int, _ sums: GroupedSums) {
        let m = Double(count)
        let (pivot, sum, products) = (sums.center.span, sums.sum.span, sums.products.span)
        let mean = doubles(pivot.count) { pivot[$0] + sum[$0] / m }
        self.init(
            count: count, groupSize: d, mean: mean,
            meanCorrection: doubles(pivot.count) { (pivot[$0] - mean[$0]) + sum[$0] / m },
            sumsOfProducts: doubles(products.count) { index in
                // Only the upper triangle of each group has been summed.
                let first = index / (d * d) * d
                let (i, j) = (index / d % d, index % d)
                let (row, column) = (first + min(i, j), first + max(i, j))
                return products[row * d + column - first] - sum[row] * (sum[column] / m)
            })
    }

    /// The statistics of an empty batch.
    init(emptyWithChannels channels: Int, groupSize: Int) {
        let zeros = [Double](repeating: 0, count: channels)
        self.init(
            count: 0, groupSize: groupSize, mean: zeros, meanCorrection: zeros,
            sumsOfProducts: Array(repeating: 0, count: channels * groupSize))
    }

    /// Count, mean and sums are the same; what rounding took from the mean does not count.
    public static func == (a: WhiteningStatistics, b: WhiteningStatistics) -> Bool {
        a.count == b.count && a.groupSize == b.groupSize && a.mean == b.mean
            && a.sumsOfProducts == b.sumsOfProducts
    }

    /// The covariance, groups × D × D: M/m, or M/(m − 1) for the unbiased estimate.
    ///
    /// NaN where the estimator's divisor is zero.
    public func covariance(_ estimator: VarianceEstimator = .biased) -> [Double] {
        let divisor = Double(estimator == .biased ? count : count - 1)
        guard divisor > 0 else { return Array(repeating: .nan, count: sumsOfProducts.count) }
        let sums = sumsOfProducts.span
        return doubles(sumsOfProducts.count) { sums[$0] / divisor }
    }

    /// The first channel whose mean, or a sum of whose products, is a NaN or an infinity.
    var firstNonFiniteChannel: Int? {
        [mean.firstNonFinite, sumsOfProducts.firstNonFinite.map { $0 / groupSize }]
            .compactMap { $0 }.min()
    }

    /// The statistics of both batches together.
    ///
    /// - Throws: ``NormalizationError/mismatchedGroups(expected:actual:)`` when channels or group sizes differ;
    ///   ``NormalizationError/valueCountOverflow(_:_:)`` when the sum of the counts does not fit in `Int`.
    public func merging(
        _ other: WhiteningStatistics
    ) throws(NormalizationError) -> WhiteningStatistics {
        try checkGroups(channels: other.channels, groupSize: other.groupSize)
        let (total, overflow) = count.addingReportingOverflow(other.count)
        guard !overflow else { throw .valueCountOverflow(count, other.count) }
        if other.count == 0 { return self }
        if count == 0 { return other }
        let share = Double(other.count) / Double(total)
        let weight = Double(count) * share
        // A mean is in two parts: what rounding took from it counts in the difference.
        let delta = doubles(channels) {
            (other.mean[$0] - mean[$0]) + (other.meanCorrection[$0] - meanCorrection[$0])
        }
        let offset = doubles(channels) { meanCorrection[$0] + delta[$0] * share }
        let merged = doubles(channels) { mean[$0] + offset[$0] }
        let d = groupSize
        return WhiteningStatistics(
            count: total, groupSize: d, mean: merged,
            meanCorrection: doubles(channels) { (mean[$0] - merged[$0]) + offset[$0] },
            sumsOfProducts: doubles(channels * d) { index in
                let (i, j) = (index / d, index / (d * d) * d + index % d)
                return sumsOfProducts[index] + other.sumsOfProducts[index]
                    + delta[i] * delta[j] * weight
            })
    }

    /// Throws unless those have as many channels in groups of the same size.
    func checkGroups(channels: Int, groupSize: Int) throws(NormalizationError) {
        typealias Sizes = NormalizationError.WhiteningSizes
        let expected = Sizes(channels: self.channels, groupSize: self.groupSize)
        let actual = Sizes(channels: channels, groupSize: groupSize)
        guard actual == expected else {
            throw .mismatchedGroups(expected: expected, actual: actual)
        }
    }
}

extension WhiteningStatistics {
    /// The statistics of a batch, which is all that training forward does before it decomposes them.
    ///
    /// - Parameters:
    ///   - x: the values, `geometry.count` of them.
    ///   - geometry: how x is read.
    ///   - groupSize: D, a divisor of the number of channels, at most 256.
    ///   - engine: the engine that does the work.
    ///   - threadLimit: the most threads; `nil` goes by size and processors.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/invalidGroupSize(channels:groupSize:)``,
    ///   ``NormalizationError/invalidThreadLimit(_:)``.
    /// - Complexity: O(n · D).
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public init<Scalar: NormalizationScalar>(
        of x: Span<Scalar>, geometry: Geometry, groupSize: Int, engine: Engine = .default,
        threadLimit: Int? = nil
    ) throws(NormalizationError) {
        if let threadLimit, threadLimit < 1 { throw .invalidThreadLimit(threadLimit) }
        try WhiteningLimits.check(channels: geometry.channels, groupSize: groupSize)
        try geometry.checkIsWhole()
        self = try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe CallBuffer(.input, x).check(count: geometry.count)
            guard let x = x.baseAddress, geometry.count > 0 else {
                return WhiteningStatistics(
                    emptyWithChannels: geometry.channels, groupSize: groupSize)
            }
            let runner = WhiteningRunner<Scalar>(
                .training, geometry, groupSize: groupSize, engine: engine,
                threadLimit: threadLimit)
            return unsafe WhiteningStatistics(
                count: geometry.valuesPerChannel, groupSize: groupSize, runner.deviations(of: x))
        }
    }
}

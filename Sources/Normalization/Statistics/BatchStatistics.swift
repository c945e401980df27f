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
    /// What rounding took from μ, per channel: known where the statistics were computed here.
    let meanCorrection: [Double]

    /// The number of channels.
    public var channels: Int { mean.count }

    /// Statistics from their numbers.
    ///
    /// - Parameters:
    ///   - count: values per channel, zero or more.
    ///   - mean: μ, one number per channel.
    ///   - sumOfSquaredDeviations: M2, one number per channel.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)`` when the two arrays differ in
    ///   length; ``NormalizationError/invalidValueCount(_:)`` when `count` is negative.
    public init(count: Int, mean: [Double], sumOfSquaredDeviations: [Double])
        throws(NormalizationError)
    {
        guard count >= 0 else { throw .invalidValueCount(count) }
        guard mean.count == sumOfSquaredDeviations.count else {
            throw .wrongLength(
                .batchDeviations, expected: mean.count, actual: sumOfSquaredDeviations.count)
        }
        self.count = count
        self.mean = mean
        self.sumOfSquaredDeviations = sumOfSquaredDeviations
        meanCorrection = Array(repeating: 0, count: mean.count)
    }

    /// The statistics of an empty batch.
    init(emptyWithChannels channels: Int) {
        count = 0
        mean = Array(repeating: 0, count: channels)
        sumOfSquaredDeviations = mean
        meanCorrection = mean
    }

    /// Statistics from moments of as many values each.
    init(count: Int, _ moments: UnsafePointer<Moments>, channels: Int) {
        self.count = count
        mean = doubles(channels) { unsafe moments[$0].mean }
        sumOfSquaredDeviations = doubles(channels) { unsafe moments[$0].m2 }
        meanCorrection = doubles(channels) { unsafe moments[$0].finiteMeanCorrection }
    }

    /// The moments of one channel.
    func moments(of channel: Int) -> Moments {
        Moments(
            count: count, mean: mean[channel], plus: meanCorrection[channel],
            m2: sumOfSquaredDeviations[channel])
    }

    /// Count, mean and M2 are the same; what rounding took from the mean does not count.
    public static func == (a: BatchStatistics, b: BatchStatistics) -> Bool {
        a.count == b.count && a.mean == b.mean
            && a.sumOfSquaredDeviations == b.sumOfSquaredDeviations
    }

    /// The variance per channel: M2/m, or M2/(m − 1) for the unbiased estimate.
    ///
    /// NaN where the estimator's divisor is zero.
    public func variance(_ estimator: VarianceEstimator = .biased) -> [Double] {
        let divisor = divisor(estimator)
        guard divisor > 0 else { return Array(repeating: .nan, count: channels) }
        let deviations = sumOfSquaredDeviations.span
        return doubles(channels) { deviations[$0] / divisor }
    }

    /// What M2 is divided by.
    func divisor(_ estimator: VarianceEstimator) -> Double {
        Double(estimator == .biased ? count : count - 1)
    }

    /// The first channel whose mean or M2 is a NaN or an infinity.
    var firstNonFiniteChannel: Int? {
        switch (mean.firstNonFinite, sumOfSquaredDeviations.firstNonFinite) {
        case (let a?, let b?): min(a, b)
        case (let a, let b): a ?? b
        }
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
        var merged = (0..<channels).map { moments(of: $0) }
        for channel in 0..<channels { merged[channel].merge(other.moments(of: channel)) }
        return unsafe merged.withUnsafeBufferPointer { merged in
            guard let merged = merged.baseAddress else { return self }
            return unsafe BatchStatistics(count: total, merged, channels: channels)
        }
    }
}

extension BatchStatistics {
    /// The statistics of a batch, which is all that training forward does before it normalizes.
    ///
    /// Statistics of parts of a data set merge to those of the whole: see ``merging(_:)``.
    ///
    /// - Parameters:
    ///   - x: the values, `geometry.count` of them.
    ///   - geometry: how x is read.
    ///   - engine: the engine that does the work.
    ///   - threadLimit: the most threads; `nil` goes by size and processors.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/invalidThreadLimit(_:)``.
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    public init<Element: NormalizationElement>(
        of x: Span<Element>, geometry: Geometry, engine: Engine = .default,
        threadLimit: Int? = nil
    ) throws(NormalizationError) {
        if let threadLimit, threadLimit < 1 { throw .invalidThreadLimit(threadLimit) }
        self = try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe CallBuffer(.input, x).check(count: geometry.count)
            guard let x = unsafe TensorBuffer<Element.Arithmetic>(x).start, geometry.count > 0
            else {
                return BatchStatistics(emptyWithChannels: geometry.channels)
            }
            let runner = PassRunner<Element.Arithmetic>(
                .training, Partition(channelsOf: geometry), engine: engine,
                threadLimit: threadLimit)
            return unsafe runner.statistics(
                of: MomentsReduction(x: x), count: geometry.valuesPerChannel)
        }
    }
}

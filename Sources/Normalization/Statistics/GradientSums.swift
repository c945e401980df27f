/// The sums that backward needs of a batch, per channel, held in `Double`: those of parts of a batch add
/// up to the whole's.
///
///     A_c = Σ g      B_c = Σ g · x̂
///
/// They are ∂β and ∂γ where these are per channel, and with the count of the values behind them all that
/// ∂x needs beside x and g.
public struct GradientSums: Sendable, Equatable {
    /// The number of values per channel, the same for every channel.
    public let count: Int
    /// A = Σ g, per channel.
    public let gradient: [Double]
    /// B = Σ g · x̂, per channel.
    public let gradientTimesNormalized: [Double]

    /// The number of channels.
    public var channels: Int { gradient.count }

    /// Sums from their numbers.
    ///
    /// - Parameters:
    ///   - count: values per channel, zero or more.
    ///   - gradient: A, one number per channel.
    ///   - gradientTimesNormalized: B, one number per channel.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)`` when the two arrays differ in
    ///   length; ``NormalizationError/invalidValueCount(_:)`` when `count` is negative.
    public init(count: Int, gradient: [Double], gradientTimesNormalized: [Double])
        throws(NormalizationError)
    {
        guard count >= 0 else { throw .invalidValueCount(count) }
        guard gradient.count == gradientTimesNormalized.count else {
            throw .wrongLength(
                .gradientSums, expected: gradient.count, actual: gradientTimesNormalized.count)
        }
        self.count = count
        self.gradient = gradient
        self.gradientTimesNormalized = gradientTimesNormalized
    }

    init(checkedCount count: Int, gradient: [Double], gradientTimesNormalized: [Double]) {
        self.count = count
        self.gradient = gradient
        self.gradientTimesNormalized = gradientTimesNormalized
    }

    /// The sums of an empty batch.
    init(emptyWithChannels channels: Int) {
        count = 0
        gradient = Array(repeating: 0, count: channels)
        gradientTimesNormalized = gradient
    }

    /// The same count and Σ g with another Σ g · x̂, as long.
    init(_ sums: GradientSums, gradientTimesNormalized: [Double]) {
        count = sums.count
        gradient = sums.gradient
        self.gradientTimesNormalized = gradientTimesNormalized
    }

    init(count: Int, _ sums: UnsafePointer<LaneGradientSums>, channels: Int) {
        self.count = count
        gradient = doubles(channels) { unsafe sums[$0].gradient }
        gradientTimesNormalized = doubles(channels) { unsafe sums[$0].gradientTimesNormalized }
    }

    /// The sums of one channel.
    func lane(_ channel: Int) -> LaneGradientSums {
        LaneGradientSums(
            gradient: gradient[channel],
            gradientTimesNormalized: gradientTimesNormalized[channel])
    }

    /// The sums of both parts together.
    ///
    /// - Throws: ``NormalizationError/mismatchedStatistics(expected:actual:)`` when the numbers of
    ///   channels differ; ``NormalizationError/valueCountOverflow(_:_:)``.
    public func merging(_ other: GradientSums) throws(NormalizationError) -> GradientSums {
        guard channels == other.channels else {
            throw .mismatchedStatistics(expected: channels, actual: other.channels)
        }
        let (total, overflow) = count.addingReportingOverflow(other.count)
        guard !overflow else { throw .valueCountOverflow(count, other.count) }
        let (a, b) = (gradient.span, gradientTimesNormalized.span)
        let (c, d) = (other.gradient.span, other.gradientTimesNormalized.span)
        return try GradientSums(
            count: total, gradient: doubles(channels) { a[$0] + c[$0] },
            gradientTimesNormalized: doubles(channels) { b[$0] + d[$0] })
    }
}

/// The statistics of rows, one number for each row and each position behind the normalized axes: how many
/// values, their mean, and the sum of their squared deviations from it. Held in `Double`.
///
/// Layer norm's are deviations from the mean. RMS norm has no mean: its array is empty, and the sum is
/// Σ x².
public struct RowStatistics: Sendable, Equatable {
    /// The number of values of a row, k.
    public let count: Int
    /// μ, one number a row and position, as ``RowGeometry/statisticsCount`` counts them; empty for RMS
    /// norm.
    public let mean: [Double]
    /// M2 = Σ (x − μ)², one number a row and position; Σ x² for RMS norm. Infinite where `Double` cannot
    /// hold it, which the layers know how to deal with.
    public let sumOfSquaredDeviations: [Double]
    /// What rounding took from μ: known where the statistics were computed here, of `Double` values.
    let meanCorrection: [Double]

    /// Statistics from their numbers.
    ///
    /// - Parameters:
    ///   - count: values of a row, zero or more.
    ///   - mean: μ, one number a row and position; empty for RMS norm.
    ///   - sumOfSquaredDeviations: M2, as many; Σ x² for RMS norm.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)`` when the arrays differ in length
    ///   and there is a mean; ``NormalizationError/invalidValueCount(_:)`` when `count` is negative.
    public init(count: Int, mean: [Double], sumOfSquaredDeviations: [Double])
        throws(NormalizationError)
    {
        guard count >= 0 else { throw .invalidValueCount(count) }
        guard mean.isEmpty || mean.count == sumOfSquaredDeviations.count else {
            throw .wrongLength(
                .rowSquares, expected: mean.count, actual: sumOfSquaredDeviations.count)
        }
        self.init(count, mean, sumOfSquaredDeviations, [])
    }

    init(_ count: Int, _ mean: [Double], _ squares: [Double], _ correction: [Double]) {
        self.count = count
        self.mean = mean
        sumOfSquaredDeviations = squares
        meanCorrection = correction
    }

    /// The number of rows times positions.
    public var rows: Int { sumOfSquaredDeviations.count }

    /// The biased variance of each row, M2/k, or the mean square for RMS norm. NaN where rows are empty.
    public var variance: [Double] {
        let (k, squares) = (Double(count), sumOfSquaredDeviations.span)
        return doubles(rows) { squares[$0] / k }
    }

    /// Count, mean and M2 are the same; what rounding took from the mean does not count.
    public static func == (a: RowStatistics, b: RowStatistics) -> Bool {
        a.count == b.count && a.mean == b.mean
            && a.sumOfSquaredDeviations == b.sumOfSquaredDeviations
    }
}

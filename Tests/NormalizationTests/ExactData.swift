import Normalization
import SeededRandom

/// A problem whose sums are exact in any order, and its exact answers: after oneDNN's benchdnn, where
/// neighbours add to twice the mean.
///
/// Per channel, with a mean μ that is a small integer or one large against the deviation, values are
/// pairs μ ± 3, in units of 2^exponent, and where a plane has an odd number of values, one more of μ.
/// Then in units every deviation, square and sum is an integer below 2²⁴ (rows of at most 2048, squares
/// of at most 19²) in Float and below 2⁵³ in Double; blocks begin at even places, so parts of a
/// channel have its mean. Therefore
///
///     mean = μ        M2 = 9 for each value of a pair
///
/// without any rounding. Where all values are in pairs, σ² = 9, and with ε = 7 (units²) s = 1/4 is
/// exact; with dyadic γ and β so are y, and with small integers for g the sums A and B. ∂x divides
/// by m, and is exact where m is a power of two not above 2¹⁴.
struct ExactData {
    let data: ProblemData
    let statistics: BatchStatistics
    /// Nothing where y is not exact.
    var training: [Double]?
    var inference: [Double]
    var gamma: [Double]
    var beta: [Double]
    var inputGradient: [Double]?

    /// γ and β of channels, repeated.
    static let gammas = [1, -2, 0.5, 1.5, -0.25, 3]
    static let betas = [0, 1, -3, 0.5, 8]
    /// Means; squares of the last two drown the deviations, so that engines must take the mean off.
    static let means = [0.0, 1, -5, 8, -300, 1000]

    /// −3 and 3 by turns, in an order that changes every few pairs.
    private static func deviation(_ place: Int, _ channel: Int) -> Double {
        ((place ^ (place >> 3) ^ channel) & 1) == 0 ? 3 : -3
    }

    init(_ layout: Layout, _ element: ElementType, exponent: Int) throws {
        let unit = Double(sign: .plus, exponent: exponent, significand: 1)
        let geometry = try layout.geometry
        let channels = geometry.channels
        let (inner, m) = (geometry.inner, geometry.valuesPerChannel)
        func repeated(_ numbers: [Double]) -> [Double] {
            (0..<channels).map { numbers[$0 % numbers.count] }
        }
        let gammas = repeated(Self.gammas)
        let (betas, means) = (repeated(Self.betas), repeated(Self.means))

        var x = [Double](repeating: 0, count: geometry.count)
        var (g, y) = (x, x)
        var sums = (a: means.map { _ in 0.0 }, b: means.map { _ in 0.0 })
        var generator = SplitMix64(seed: UInt64(m))
        // Along a plane; where planes are single values, along the samples.
        let line = inner == 1 ? geometry.outer : inner
        let isPaired = line % 2 == 0
        for outer in 0..<geometry.outer {
            for channel in 0..<channels {
                var index = (outer * channels + channel) * inner
                let (mean, gamma, beta) = (means[channel], gammas[channel], betas[channel])
                for position in 0..<inner {
                    let place = inner == 1 ? outer : position
                    let isLast = !isPaired && place == line - 1
                    let deviation = isLast ? 0 : Self.deviation(place, channel)
                    let random = Double(generator.next() % 9) - 4
                    x[index] = (mean + deviation) * unit
                    g[index] = random
                    y[index] = gamma * (deviation / 4) + beta
                    sums.a[channel] += random
                    sums.b[channel] += random * deviation / 4
                    index += 1
                }
            }
        }

        let paired = isPaired ? m : inner == 1 ? m - 1 : m - geometry.outer
        let (mean, square) = (means.map { $0 * unit }, 9 * unit * unit)
        statistics = try BatchStatistics(
            count: m, mean: mean,
            sumOfSquaredDeviations: means.map { _ in square * Double(paired) })
        data = try ProblemData(
            Problem(layout: layout, element: element, epsilon: 7 * unit * unit, seed: 0), x: x,
            gradient: g, gamma: .perChannel(gammas), beta: .perChannel(betas),
            running: RunningStatistics(mean: mean, variance: means.map { _ in square }))
        training = isPaired ? y : nil
        inference = y
        beta = sums.a
        gamma = sums.b
        inputGradient = nil
        if isPaired, m.nonzeroBitCount == 1, m <= 1 << 14 {
            inputGradient = x.indices.map { index in
                let c = index / inner % channels
                let normalized = (x[index] / unit - means[c]) / 4
                let (a, b) = (sums.a[c] / Double(m), sums.b[c] / Double(m))
                return gammas[c] / (4 * unit) * (g[index] - a - normalized * b)
            }
        }
    }
}

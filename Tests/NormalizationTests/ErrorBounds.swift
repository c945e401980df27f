import Normalization

/// How far an engine may be from the reference, for one channel: worst cases of rounding, derived here
/// once from what engines promise, and never adjusted to what they do.
///
/// What an engine promises (`BLASEngine`, `BLASRows`), with u the unit roundoff of the element type
/// and w that of Double:
///
/// * Sums in the element type are over rows of at most 2048 values, by vector kernels of at least 16
///   partial sums; sums of rows are in Double. A term then meets at most `depth` additions in the
///   element type and m in Double.
/// * Statistics come from deviations d = x − c from a center c with Σ d² ≤ 16 · M2 ("a guard of 4
///   bits"): the root mean square of d, and so the mean of |d|, is at most 4σ.
///
/// With E = (depth + 3) · u + (m + 8) · w, the three extra roundings those of d, twice, and of its
/// product:
///
///     mean   Σ|d|/m ≤ 4σ                                  |Δμ| ≤ 4σE + 2w|μ|
///     M2     ΔΣd² ≤ 16 M2 E, 2 |ΔΣd| · |Σd|/m ≤ 32 M2 E,
///            merged blocks of means off by 4σE: 8 M2 E,
///            and by the rounding r = 4w|μ| of two
///            means: 2 Σ n |δ| r ≤ 2mσr, and mr²            ΔM2 ≤ 56 E · M2 + 2mσr + mr²
///
/// The reference's own error is that of compensated sums and far inside of those.
struct ErrorBounds {
    /// E
    let sums: Double
    /// |Δμ|
    let mean: Double
    /// |ΔM2|
    let deviations: Double
    /// |ΔA| of A = Σ g
    private(set) var gradientSum = 0.0
    /// |ΔB| of B = Σ g · x̂
    private(set) var gradientTimesNormalized = 0.0

    private let u: Double
    private let m: Double
    /// s = 1/√(σ² + ε) and |μ| · s
    private let s: Double
    private let ratio: Double
    private let gamma: Double
    private let beta: Double
    private var meanGradient = 0.0
    private var meanProduct = 0.0

    /// The bounds of a channel of `count` values that is normalized with `mean` and `variance`.
    init(
        _ element: ElementType, count: Int, mean: Double, variance: Double, epsilon: Double,
        gamma: Double, beta: Double
    ) {
        u = element.unitRoundoff
        m = Double(count)
        s = 1 / (variance + epsilon).squareRoot()
        ratio = abs(mean) * s
        self.gamma = abs(gamma)
        self.beta = abs(beta)
        sums = (Self.depth(count) + 3) * u + (m + 8) * Self.w
        let sigma = variance.squareRoot()
        self.mean = 4 * sigma * sums + 2 * Self.w * abs(mean)
        let rounding = 4 * Self.w * abs(mean)
        deviations = (56 * sums * variance + 2 * sigma * rounding + rounding * rounding) * m
    }

    private static let w = 0x1p-53

    /// The additions that a term of a sum of `count` values meets: a lane's, a remainder's, and those
    /// of 16 lanes with each other.
    static func depth(_ count: Int) -> Double {
        let row = min(count, 2048)
        return Double(min(row, row / 16 + 31 + 4))
    }

    /// Takes in the sums over the channel: Σ|g| and Σ|g| · z.
    ///
    /// B is made of Σ g (x − c) and c's share of A, |μ − c| · s ≤ 2: the errors of both sums, with
    /// |x − c| · s ≤ z + 2.
    mutating func setGradient(sumOfMagnitudes: Double, sumOfProducts: Double) {
        meanGradient = sumOfMagnitudes / m
        meanProduct = sumOfProducts / m
        gradientSum = sums * sumOfMagnitudes
        gradientTimesNormalized =
            sums * (sumOfProducts + 4 * sumOfMagnitudes) + 8 * Self.w * ratio * sumOfMagnitudes
    }

    /// |Δy| of training at z = |x − μ| · s: what the statistics' errors do to it, and its rounding.
    /// Δs/s is half of Δσ²/(σ² + ε).
    func training(_ z: Double) -> Double {
        let relativeS = deviations / m * s * s / 2 + 8 * Self.w
        return gamma * (z * relativeS + mean * s) + inference(z)
    }

    /// |Δy| of given statistics.
    ///
    /// Folded to scale · x + (shift − center · scale), which is done where |μ| · s ≤ 2, so that
    /// |x| · s ≤ z + 2: scale rounds once, both products, the difference and the sum once each:
    /// at most u (|γ| (4z + 10) + 2 |β|). Otherwise x − center, scale, product, shift and sum round:
    /// u (|γ| · 5z + 2 |β|), and shift holds γ · s · (μ − center), up to |γ| · u |μ| s, below |γ| in
    /// all tests. The reference rounds y and, like every engine, s, γs and x − μ in Double, the last
    /// with what was already rounded in μ.
    func inference(_ z: Double) -> Double {
        u * (gamma * (6 * z + 12) + 4 * beta) + 8 * Self.w * gamma * (z + ratio)
    }

    /// |Δ∂x| of training: the sums' errors, and up to eight roundings of each of the terms g, A/m
    /// and (x − c) · s · B/m, |x − c| · s ≤ z + 2, c · s · B/m, by the engine and four by the
    /// reference.
    func inputGradient(_ z: Double, _ g: Double) -> Double {
        let sums = (gradientSum + z * gradientTimesNormalized) / m
        let roundings = 12 * u * (abs(g) + meanGradient + (z + 4) * meanProduct)
        return gamma * s * (sums + roundings + 8 * Self.w * ratio * meanProduct)
    }

    /// |Δ∂x| of inference: γ · s and its product with g round, in the engine and in the reference.
    func inferenceInputGradient(_ g: Double) -> Double {
        6 * u * gamma * s * abs(g)
    }

    /// |Δ∂γ| or |Δ∂β|, of sums that are off by `sum` and are then rounded to the element type.
    func parameterGradient(_ sum: Double, _ value: Double) -> Double {
        sum + 2 * u * abs(value)
    }
}

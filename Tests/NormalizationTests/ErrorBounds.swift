import Normalization

/// How far an engine may be from the reference: worst cases of rounding, derived here once from what
/// engines promise, and never adjusted to what they do.
///
/// What an engine promises (`BLASEngine`, `BLASRows`):
///
/// * Sums in the element type, of unit roundoff u, are over rows of at most 2048 values, by vector
///   kernels of at least 16 partial sums; sums of rows are in Double, of unit roundoff U. A term then
///   meets at most `depth` additions, so a sum of terms t is off by at most (depth · u + m · U) Σ |t|.
/// * Statistics come from deviations d = x − c from a center c with Σ d² ≤ 16 · M2 ("a guard of 4
///   bits"): the root mean square of d is at most 4σ.
///
/// So with E = (depth + 2) · u + (m + 8) · U, the two extra roundings those of d and of its product:
///
///     mean   Σ|d|/m ≤ 4σ:                          |Δμ| ≤ 4σE + 2U|μ|
///     M2     ΔΣd² ≤ 16 M2 E, twice |ΔΣd| · |Σd|/m:  ΔM2 ≤ 48 E · M2
///
/// The reference's own error is that of compensated sums and far inside of those.
struct ErrorBounds {
    let element: ElementType
    /// The values of one channel, and of its gradient.
    let x: [Double]
    let gradient: [Double]
    /// What x is normalized with, and how.
    let mean: Double
    let variance: Double
    let epsilon: Double
    let gamma: Double
    let beta: Double

    /// The additions that a term of a sum of `count` values meets: a lane's, a remainder's, and those
    /// of 16 lanes with each other.
    static func depth(_ count: Int) -> Double {
        let row = min(count, 2048)
        return Double(min(row, row / 16 + 31 + 4))
    }

    private var u: Double { element.unitRoundoff }
    private var U: Double { 0x1p-53 }
    private var m: Double { Double(x.count) }
    /// s = 1/√(σ² + ε)
    private var s: Double { 1 / (variance + epsilon).squareRoot() }

    /// E, of sums of this channel.
    var sums: Double { (Self.depth(x.count) + 2) * u + (m + 8) * U }

    /// |Δμ|
    var meanBound: Double { 4 * variance.squareRoot() * sums + 2 * U * abs(mean) }

    /// |ΔM2|
    var deviationsBound: Double { 48 * sums * variance * m }

    /// |Δy| of training, at the normalized value z = (x − μ) · s: what the statistics' errors do to
    /// it, and its rounding. Δs/s is half of Δσ²/(σ² + ε).
    func trainingBound(at index: Int) -> Double {
        let z = abs(x[index] - mean) * s
        let relativeS = deviationsBound / m * s * s / 2 + 8 * U
        return abs(gamma) * (z * relativeS + meanBound * s) + inferenceBound(at: index)
    }

    /// |Δy| of given statistics.
    ///
    /// Folded to scale · x + (shift − center · scale), which is done where |μ| · s ≤ 2, so that
    /// |x| · s ≤ z + 2: scale rounds once, both products, the difference and the sum once each:
    /// at most u (|γ| (4z + 10) + 2 |β|). Otherwise x − center, scale, product, shift and sum round:
    /// u (|γ| · 5z + 2 |β|), and shift holds γ · s · (μ − center), up to u |μ| s, below 1 in all
    /// tests. The reference rounds y and, like every engine, s, γs and x − μ in Double, the last
    /// with what was already rounded in μ.
    func inferenceBound(at index: Int) -> Double {
        let z = abs(x[index] - mean) * s
        return u * (abs(gamma) * (6 * z + 12) + 4 * abs(beta))
            + 8 * U * abs(gamma) * (z + abs(mean) * s)
    }

    /// |ΔA| of A = Σ g
    var gradientSumBound: Double {
        sums * gradient.reduce(0) { $0 + abs($1) }
    }

    /// |ΔB| of B = Σ g · x̂, made of Σ g (x − c) and c's share of A with |μ − c| · s ≤ 2: both sums'
    /// errors, |x − c| · s ≤ z + 2.
    var gradientTimesNormalizedBound: Double {
        sums * zip(x, gradient).reduce(0) { $0 + abs($1.1) * (abs($1.0 - mean) * s + 4) }
            + 8 * U * abs(mean) * s * gradient.reduce(0) { $0 + abs($1) }
    }

    /// |Δ∂x| of training: the sums' errors, and up to eight roundings of each of the terms g, A/m
    /// and (x − c) · s · B/m, |x − c| · s ≤ z + 2, by the engine and four by the reference.
    func inputGradientBound(at index: Int) -> Double {
        let z = abs(x[index] - mean) * s
        let absolute = gradient.reduce(0) { $0 + abs($1) } / m
        let product = zip(x, gradient).reduce(0) { $0 + abs($1.1 * ($1.0 - mean)) * s } / m
        let sums = (gradientSumBound + z * gradientTimesNormalizedBound) / m
        let roundings = 12 * u * (abs(gradient[index]) + absolute + (z + 2) * product)
        return abs(gamma) * s * (sums + roundings + 8 * U * abs(mean) * s * product)
    }

    /// |Δ∂x| of inference: γ · s and its product with g round, in the engine and in the reference.
    func inferenceInputGradientBound(at index: Int) -> Double {
        6 * u * abs(gamma) * s * abs(gradient[index])
    }
}

/// What rows are normalized by: ε, γ and β for each value of a row, and the range of numbers for which
/// the element type's arithmetic is as good as that of `Double`.
@safe
struct RowScaling<Scalar: NormalizationScalar> {
    /// Whether the mean is subtracted: layer norm, or RMS norm.
    let isCentered: Bool
    let epsilon: Double
    /// γ as the layer has it; what it counts as is `offset` more.
    let gamma: UnsafePointer<Scalar>
    let offset: Double
    /// offset + γ, added in `Double` and rounded once.
    let scale: UnsafePointer<Scalar>
    let beta: UnsafePointer<Scalar>
    /// Whether every scale is zero or in range.
    let isInRange: Bool

    /// offset + γ of a value, in `Double`.
    @inline(__always)
    func gamma(_ value: Int) -> Double { unsafe offset + Double(gamma[value]) }
}

/// The numbers between which a row is normalized in the element type; one outside goes to the reference
/// engine, which scales it by a power of two first.
///
/// In `Float` they keep x − μ, s and each product away from where it overflows or loses digits while the
/// result does not, as `CoefficientRange` does. In `Double` they keep the squares there, too.
struct RowRange {
    let mostMean: Double
    let variance: ClosedRange<Double>
    let gradient: ClosedRange<Double>

    static func of<Scalar: NormalizationScalar>(_: Scalar.Type) -> RowRange {
        Scalar.self == Float.self
            ? RowRange(
                mostMean: 0x1p96, variance: 0x1p-190...0x1p190, gradient: 0x1p-95...0x1p96)
            : RowRange(
                mostMean: 0x1p500, variance: 0x1p-900...0x1p900, gradient: 0x1p-500...0x1p500)
    }

    /// Whether a row of this mean and variance + ε is in range; not where one is no number.
    func holds(mean: Double, variance: Double) -> Bool {
        mean.magnitude <= mostMean && self.variance.contains(variance)
    }

    /// Whether a mean of gradients is; zero is.
    func holds(gradient mean: Double) -> Bool { mean == 0 || gradient.contains(mean.magnitude) }
}

/// One number a row and position, in memory that someone else owns.
@safe
struct RowTables {
    /// μ; not there where rows are not centered.
    var mean: UnsafeMutablePointer<Double>?
    /// What rounding took from μ; not there where the element type is `Float`, to which it is nothing.
    var correction: UnsafeMutablePointer<Double>?
    /// Σ (x − μ)², or Σ x². Not there where statistics are not wanted.
    var squares: UnsafeMutablePointer<Double>?
    /// Whether they are read, or written.
    var areKnown = false

    static var none: RowTables { unsafe RowTables(mean: nil, correction: nil, squares: nil) }
}

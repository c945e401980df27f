/// The magnitudes between which arithmetic with coefficients neither overflows nor turns subnormal where
/// the exact result does neither: from two to the three quarters of the type's largest exponent to
/// its reciprocal. Told by the upper half of a `Double`, which is ordered as its magnitude is, in
/// operations that every vector unit has.
struct CoefficientRange {
    /// The smallest magnitude within.
    let least: Double
    /// The first one beyond.
    let most: Double

    static func of<Scalar: NormalizationScalar>(_: Scalar.Type) -> CoefficientRange {
        Scalar.self == Float.self
            ? CoefficientRange(least: 0x1p-95, most: 0x1p96)
            : CoefficientRange(least: 0x1p-767, most: 0x1p768)
    }

    private var smallest: Int32 { Self.upperHalf(least) }
    private var largest: Int32 { Self.upperHalf(most) }

    @inline(__always)
    private static func upperHalf(_ value: Double) -> Int32 {
        Int32(truncatingIfNeeded: value.bitPattern >> 32) & .max
    }

    /// Negative where the value is outside, or not finite.
    @inline(__always)
    func outside(_ value: Double) -> Int32 {
        let magnitude = Self.upperHalf(value)
        return (magnitude &- smallest) | (largest &- 1 &- magnitude)
    }

    /// The same, but for a zero.
    @inline(__always)
    func outsideOrZero(_ value: Double) -> Int32 {
        let magnitude = Self.upperHalf(value)
        // The lower half counts as well: a subnormal number may have nothing in the upper one.
        let lower = Int32(truncatingIfNeeded: value.bitPattern)
        let isNotZero = (0 &- magnitude) | lower | (0 &- lower)
        return ((magnitude &- smallest) & isNotZero) | (largest &- 1 &- magnitude)
    }

    /// Whether the value is outside, or not finite, and not zero.
    @inline(__always)
    func isOutside(_ value: Double) -> Bool { value != 0 && outside(value) < 0 }
}

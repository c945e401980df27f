/// A number of 16 bits with the range of `Float` and 8 bits of significand, the first one implied: the upper
/// half of a `Float`. To store tensors in; it has no arithmetic.
///
/// ```swift
/// let x: [BFloat16] = [1, 0.5, -2]
/// let sum = x.map(Float.init).reduce(0, +)
/// ```
///
/// Conversion from `Float` rounds to nearest, ties to even, keeps subnormal numbers and NaN, and becomes
/// infinite from 2¹²⁸ − 2¹¹⁹ on, about 3.396 · 10³⁸. To `Float` and `Double` it is exact.
@frozen
public struct BFloat16: HalfPrecision {
    /// `Float`.
    public typealias Arithmetic = Float

    /// The upper half of the same number as a `Float`.
    public var bitPattern: UInt16

    /// ``ElementFormat/bfloat16``.
    public static var format: ElementFormat { .bfloat16 }

    /// The number of these bits.
    public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

    /// The nearest number, ties to even; a NaN where `value` is one.
    public init(_ value: Float) { bitPattern = HalfBits.bfloat16(value) }

    /// The nearest number, ties to even, rounded once: not by way of `Float`.
    public init(_ value: Double) {
        var nearest = Float(value)
        // Rounded to odd where it is not exact, so that the second rounding sees that it was not.
        let isExact = Double(nearest) == value || !value.isFinite || !nearest.isFinite
        if !isExact && nearest.bitPattern & 1 == 0 {
            let isAbove = Double(nearest.magnitude) > value.magnitude
            let next = isAbove ? nearest.bitPattern - 1 : nearest.bitPattern + 1
            nearest = Float(bitPattern: next)
        }
        self.init(nearest)
    }

    /// Whether it is not a number.
    public var isNaN: Bool { widened.isNaN }
    /// Whether it is neither infinite nor a NaN.
    public var isFinite: Bool { widened.isFinite }
}

extension BFloat16: Comparable, Hashable {
    /// As of `Float`: a NaN equals nothing, and zeros are equal whatever their signs.
    public static func == (a: BFloat16, b: BFloat16) -> Bool { a.widened == b.widened }
    /// As of `Float`.
    public static func < (a: BFloat16, b: BFloat16) -> Bool { a.widened < b.widened }
    /// Equal numbers have one hash.
    public func hash(into hasher: inout Hasher) { hasher.combine(widened) }
}

extension BFloat16: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
    /// The nearest number.
    public init(floatLiteral value: Double) { self.init(value) }
    /// The nearest number.
    public init(integerLiteral value: Int) { self.init(Double(value)) }
}

extension BFloat16: CustomStringConvertible {
    /// That of the same number as a `Float`.
    public var description: String { widened.description }
}

extension Float {
    /// The same number.
    public init(_ value: BFloat16) { self = value.widened }
}

extension Double {
    /// The same number.
    public init(_ value: BFloat16) { self = Double(value.widened) }
}

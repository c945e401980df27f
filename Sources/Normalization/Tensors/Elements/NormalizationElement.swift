public import BLAS

/// An element of a tensor: `Float`, `Double`, or one of 16 bits, ``BFloat16`` or `Float16`.
///
/// A layer computes in ``Arithmetic``, which is what its parameters and their gradients are. Elements of 16
/// bits are widened to `Float` when they are read, which is exact, and rounded once, to nearest, ties to
/// even, when they are written: a call on them gives what the same call gives on the widened tensors,
/// rounded, to the bit.
public protocol NormalizationElement: BitwiseCopyable, Sendable {
    /// What a layer computes in for such tensors.
    associatedtype Arithmetic: NormalizationScalar
    /// How an element lies in memory.
    static var format: ElementFormat { get }
}

/// A type that layers compute in: `Float` or `Double`.
///
/// Statistics and coefficients are held in `Double` for both, and deviations are summed that hardly cancel;
/// of a `Float` tensor a few may be added in `Float` before they are added in `Double`.
///
/// There is no layer of 16 bits: parameters that small steps move, and running statistics, lose digits
/// there that training needs. Tensors may have such elements: ``NormalizationElement``.
public protocol NormalizationScalar: BLASScalar, NormalizationElement where Arithmetic == Self {}

/// How an element of a tensor lies in memory.
public enum ElementFormat: Sendable {
    /// IEEE 754 binary32.
    case float
    /// IEEE 754 binary64.
    case double
    /// IEEE 754 binary16: 5 bits of exponent, 10 of significand.
    case float16
    /// The upper half of a binary32: 8 bits of exponent, 7 of significand.
    case bfloat16

    /// The bytes of an element.
    public var size: Int {
        switch self {
        case .float: 4
        case .double: 8
        case .float16, .bfloat16: 2
        }
    }

    /// Whether an element has 16 bits.
    var isHalf: Bool { size == 2 }
}

extension Float: NormalizationScalar {
    /// Itself.
    public typealias Arithmetic = Float
    /// ``ElementFormat/float``.
    public static var format: ElementFormat { .float }
}

extension Double: NormalizationScalar {
    /// Itself.
    public typealias Arithmetic = Double
    /// ``ElementFormat/double``.
    public static var format: ElementFormat { .double }
}

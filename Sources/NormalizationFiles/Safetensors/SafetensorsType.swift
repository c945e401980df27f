internal import Normalization

/// The element types that the `.safetensors` format knows.
///
/// All of them can be listed and carried from file to file as bytes. Numbers can be read from F16,
/// BF16, F32 and F64 (``SafetensorsFile/values(of:as:)``), F16 and BF16 as they are
/// (``SafetensorsFile/halves(of:as:)``), and I64 (``SafetensorsFile/integers(of:)``), and written as
/// all of these.
public enum SafetensorsType: String, Sendable, CaseIterable {
    // In the order of the reference implementation, whose writer puts the last ones first.
    /// A truth value in a byte.
    case bool = "BOOL"
    /// Four-bit floating point, two in a byte.
    case float4 = "F4"
    /// Six-bit floating point, two exponent bits.
    case float6E2M3 = "F6_E2M3"
    /// Six-bit floating point, three exponent bits.
    case float6E3M2 = "F6_E3M2"
    /// Unsigned byte.
    case uint8 = "U8"
    /// Signed byte.
    case int8 = "I8"
    /// Eight-bit floating point, five exponent bits.
    case float8E5M2 = "F8_E5M2"
    /// Eight-bit floating point, four exponent bits.
    case float8E4M3 = "F8_E4M3"
    /// Eight-bit exponent without sign or fraction.
    case float8E8M0 = "F8_E8M0"
    /// Eight-bit floating point, four exponent bits, no negative zero.
    case float8E4M3FNUZ = "F8_E4M3FNUZ"
    /// Eight-bit floating point, five exponent bits, no negative zero.
    case float8E5M2FNUZ = "F8_E5M2FNUZ"
    /// Signed 16-bit integer.
    case int16 = "I16"
    /// Unsigned 16-bit integer.
    case uint16 = "U16"
    /// IEEE half precision.
    case float16 = "F16"
    /// The upper half of an IEEE single.
    case bfloat16 = "BF16"
    /// Signed 32-bit integer.
    case int32 = "I32"
    /// Unsigned 32-bit integer.
    case uint32 = "U32"
    /// IEEE single precision.
    case float32 = "F32"
    /// Two IEEE singles, a complex number.
    case complex64 = "C64"
    /// IEEE double precision.
    case float64 = "F64"
    /// Signed 64-bit integer.
    case int64 = "I64"
    /// Unsigned 64-bit integer.
    case uint64 = "U64"

    /// Bits per element.
    public var bits: Int {
        switch self {
        case .float4: 4
        case .float6E2M3, .float6E3M2: 6
        case .bool, .uint8, .int8: 8
        case .float8E5M2, .float8E4M3, .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ: 8
        case .int16, .uint16, .float16, .bfloat16: 16
        case .int32, .uint32, .float32: 32
        case .complex64, .float64, .int64, .uint64: 64
        }
    }

    /// F16 or BF16.
    static func of<Half: HalfPrecision>(_: Half.Type) -> SafetensorsType {
        Half.format == .bfloat16 ? .bfloat16 : .float16
    }

    /// The bytes that elements of `shape` take; nil where that overflows, or is not whole.
    func byteCount(of shape: [Int]) -> Int? {
        guard let count = Shape.count(shape) else { return nil }
        // Eight elements take as many bytes as one takes bits.
        let (eights, rest) = count.quotientAndRemainder(dividingBy: 8)
        let (bytes, overflow) = eights.multipliedReportingOverflow(by: bits)
        let (sum, carry) = bytes.addingReportingOverflow(rest * bits / 8)
        return overflow || carry || rest * bits % 8 != 0 ? nil : sum
    }
}

extension SafetensorsType: Comparable {
    /// The order of the reference implementation: narrower types first.
    public static func < (one: Self, other: Self) -> Bool {
        order(one) < order(other)
    }

    private static func order(_ type: Self) -> Int { allCases.firstIndex(of: type)! }
}

/// The element types of `.npy` files that can be read and written.
///
/// A file may hold them in either order of bytes; they are written little-endian.
public enum NpyElementType: String, Sendable, CaseIterable {
    /// IEEE half precision, `<f2` in the header.
    case float16 = "<f2"
    /// IEEE single precision, `<f4` in the header.
    case float32 = "<f4"
    /// IEEE double precision, `<f8` in the header.
    case float64 = "<f8"
    /// Truth values in a byte each, `|b1` in the header.
    case bool = "|b1"
    /// Unsigned bytes, `|u1` in the header.
    case uint8 = "|u1"
    /// Signed bytes, `|i1` in the header.
    case int8 = "|i1"
    /// Unsigned 16-bit integers, `<u2` in the header.
    case uint16 = "<u2"
    /// Signed 16-bit integers, `<i2` in the header.
    case int16 = "<i2"
    /// Unsigned 32-bit integers, `<u4` in the header.
    case uint32 = "<u4"
    /// Signed 32-bit integers, `<i4` in the header.
    case int32 = "<i4"
    /// Unsigned 64-bit integers, `<u8` in the header.
    case uint64 = "<u8"
    /// Signed 64-bit integers, `<i8` in the header.
    case int64 = "<i8"

    /// Whether the elements are floating-point numbers.
    package var isFloatingPoint: Bool {
        self == .float16 || self == .float32 || self == .float64
    }

    /// Bytes per element.
    public var size: Int {
        switch self {
        case .bool, .uint8, .int8: 1
        case .float16, .uint16, .int16: 2
        case .float32, .uint32, .int32: 4
        case .float64, .uint64, .int64: 8
        }
    }

    /// The type that a header's `descr` names, and whether its most significant bytes come first.
    ///
    /// The order of bytes may be `<`, `>`, `=` (the writer's own, and all machines that still write
    /// files are little-endian) or, where it means nothing, `|`.
    static func described(_ text: String) -> (type: NpyElementType, isBigEndian: Bool)? {
        guard let order = text.first, "<>=|".contains(order) else { return nil }
        let kind = text.dropFirst()
        guard let type = allCases.first(where: { $0.rawValue.dropFirst() == kind }) else {
            return nil
        }
        if order == "|", type.size > 1 { return nil }
        return (type, order == ">" && type.size > 1)
    }
}

/// The element types of `.npy` files that can be read and written.
public enum NpyElementType: String, Sendable, CaseIterable {
    /// IEEE single precision, `<f4` in the header.
    case float32 = "<f4"
    /// IEEE double precision, `<f8` in the header.
    case float64 = "<f8"
    /// Unsigned bytes, `|u1` in the header.
    case uint8 = "|u1"
    /// Signed 32-bit integers, `<i4` in the header.
    case int32 = "<i4"
    /// Signed 64-bit integers, `<i8` in the header.
    case int64 = "<i8"

    /// Whether the elements are floating-point numbers.
    package var isFloatingPoint: Bool { self == .float32 || self == .float64 }

    /// Bytes per element.
    public var size: Int {
        switch self {
        case .uint8: 1
        case .float32, .int32: 4
        case .float64, .int64: 8
        }
    }
}

/// A Swift type that a `.npy` file can hold: `Float`, `Double`, `UInt8`, `Int32`, `Int64`.
public protocol NpyElement: BitwiseCopyable, Equatable, Sendable {
    /// How a header names this type.
    static var npyType: NpyElementType { get }
}

extension Float: NpyElement {
    /// `<f4`.
    public static var npyType: NpyElementType { .float32 }
}

extension Double: NpyElement {
    /// `<f8`.
    public static var npyType: NpyElementType { .float64 }
}

extension UInt8: NpyElement {
    /// `|u1`.
    public static var npyType: NpyElementType { .uint8 }
}

extension Int32: NpyElement {
    /// `<i4`.
    public static var npyType: NpyElementType { .int32 }
}

extension Int64: NpyElement {
    /// `<i8`.
    public static var npyType: NpyElementType { .int64 }
}

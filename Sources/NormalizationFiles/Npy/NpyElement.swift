/// A Swift type that a `.npy` file can hold: `Float`, `Double`, `Float16`, `Bool` and the integers of
/// 8 to 64 bits.
public protocol NpyElement: BitwiseCopyable, Equatable, Sendable {
    /// How a header names this type.
    static var npyType: NpyElementType { get }
}

extension Float16: NpyElement {
    /// `<f2`.
    public static var npyType: NpyElementType { .float16 }
}

extension Float: NpyElement {
    /// `<f4`.
    public static var npyType: NpyElementType { .float32 }
}

extension Double: NpyElement {
    /// `<f8`.
    public static var npyType: NpyElementType { .float64 }
}

extension Bool: NpyElement {
    /// `|b1`.
    public static var npyType: NpyElementType { .bool }
}

extension UInt8: NpyElement {
    /// `|u1`.
    public static var npyType: NpyElementType { .uint8 }
}

extension Int8: NpyElement {
    /// `|i1`.
    public static var npyType: NpyElementType { .int8 }
}

extension UInt16: NpyElement {
    /// `<u2`.
    public static var npyType: NpyElementType { .uint16 }
}

extension Int16: NpyElement {
    /// `<i2`.
    public static var npyType: NpyElementType { .int16 }
}

extension UInt32: NpyElement {
    /// `<u4`.
    public static var npyType: NpyElementType { .uint32 }
}

extension Int32: NpyElement {
    /// `<i4`.
    public static var npyType: NpyElementType { .int32 }
}

extension UInt64: NpyElement {
    /// `<u8`.
    public static var npyType: NpyElementType { .uint64 }
}

extension Int64: NpyElement {
    /// `<i8`.
    public static var npyType: NpyElementType { .int64 }
}

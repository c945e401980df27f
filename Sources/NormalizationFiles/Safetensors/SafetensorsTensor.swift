public import Normalization

/// A named tensor on its way into a `.safetensors` file.
public struct SafetensorsTensor: Equatable, Sendable {
    /// The name, unique in its file.
    public let name: String

    /// The type of the elements.
    public let type: SafetensorsType

    /// The dimensions, slowest first; empty for a single number.
    public let shape: [Int]

    /// The elements in C order, little-endian.
    public let bytes: [UInt8]

    /// A tensor of type F32 from its elements in C order.
    ///
    /// - Throws: ``FileError/invalidShape(shape:count:)`` where they do not fill the shape.
    public init(name: String, shape: [Int], values: [Float]) throws(FileError) {
        try self.init(name, .float32, shape, values)
    }

    /// A tensor of type F64 from its elements in C order.
    ///
    /// - Throws: ``FileError/invalidShape(shape:count:)`` where they do not fill the shape.
    public init(name: String, shape: [Int], values: [Double]) throws(FileError) {
        try self.init(name, .float64, shape, values)
    }

    /// A tensor of type F16 or BF16 from its elements in C order, as they are.
    ///
    /// - Throws: ``FileError/invalidShape(shape:count:)`` where they do not fill the shape.
    public init<Half: HalfPrecision>(
        name: String, shape: [Int], values: [Half]
    ) throws(FileError) {
        try self.init(name, .of(Half.self), shape, values)
    }

    /// A tensor of type I64 from its elements in C order.
    ///
    /// - Throws: ``FileError/invalidShape(shape:count:)`` where they do not fill the shape.
    public init(name: String, shape: [Int], integers: [Int64]) throws(FileError) {
        try self.init(name, .int64, shape, integers)
    }

    /// This tensor under another name.
    public func renamed(_ name: String) -> SafetensorsTensor {
        SafetensorsTensor(checkedName: name, type: type, shape: shape, bytes: bytes)
    }

    private init<Element: BitwiseCopyable>(
        _ name: String, _ type: SafetensorsType, _ shape: [Int], _ values: [Element]
    ) throws(FileError) {
        guard
            Shape.validCount(shape) == values.count
        else {
            throw .invalidShape(shape: shape, count: values.count)
        }
        self.init(
            checkedName: name, type: type, shape: shape,
            bytes: unsafe values.withUnsafeBytes { unsafe Array($0) })
    }

    init(checkedName name: String, type: SafetensorsType, shape: [Int], bytes: [UInt8]) {
        self.name = name
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }
}

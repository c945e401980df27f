/// The array of a `.npy` file whose element type is known only when it is read.
public enum NpyFile: Equatable, Sendable {
    /// Half precision, `<f2`.
    case float16(NpyArray<Float16>)
    /// Single precision, `<f4`.
    case float32(NpyArray<Float>)
    /// Double precision, `<f8`.
    case float64(NpyArray<Double>)
    /// Truth values, `|b1`.
    case bool(NpyArray<Bool>)
    /// Unsigned bytes, `|u1`.
    case uint8(NpyArray<UInt8>)
    /// Signed bytes, `|i1`.
    case int8(NpyArray<Int8>)
    /// Unsigned 16-bit integers, `<u2`.
    case uint16(NpyArray<UInt16>)
    /// Signed 16-bit integers, `<i2`.
    case int16(NpyArray<Int16>)
    /// Unsigned 32-bit integers, `<u4`.
    case uint32(NpyArray<UInt32>)
    /// Signed 32-bit integers, `<i4`.
    case int32(NpyArray<Int32>)
    /// Unsigned 64-bit integers, `<u8`.
    case uint64(NpyArray<UInt64>)
    /// Signed 64-bit integers, `<i8`.
    case int64(NpyArray<Int64>)

    /// Reads the file at `path`.
    ///
    /// - Throws: ``FileError`` naming `path`, what was expected and what was found.
    public init(contentsOf path: String) throws(FileError) {
        try self.init(from: OpenFile(path))
    }

    /// Parses the bytes of a whole file; errors call them `name`.
    ///
    /// - Throws: ``FileError`` as for a file of these bytes.
    public init(parsing bytes: [UInt8], name: String = "bytes") throws(FileError) {
        try self.init(from: MemorySource(name: name, contents: bytes))
    }

    /// Type and shape of the array, whose elements are in C order and little-endian here.
    public var header: NpyHeader {
        switch self {
        case .float16(let array): array.header
        case .float32(let array): array.header
        case .float64(let array): array.header
        case .bool(let array): array.header
        case .uint8(let array): array.header
        case .int8(let array): array.header
        case .uint16(let array): array.header
        case .int16(let array): array.header
        case .uint32(let array): array.header
        case .int32(let array): array.header
        case .uint64(let array): array.header
        case .int64(let array): array.header
        }
    }

    /// The dimensions, slowest first; empty for a single number.
    public var shape: [Int] { header.shape }

    private init(from source: some ByteSource) throws(FileError) {
        let (header, layout) = try NpyHeader.read(from: source)
        self =
            switch header.elementType {
            case .float16: .float16(try NpyArray(header, layout, of: source))
            case .float32: .float32(try NpyArray(header, layout, of: source))
            case .float64: .float64(try NpyArray(header, layout, of: source))
            case .bool: .bool(try NpyArray(header, layout, of: source))
            case .uint8: .uint8(try NpyArray(header, layout, of: source))
            case .int8: .int8(try NpyArray(header, layout, of: source))
            case .uint16: .uint16(try NpyArray(header, layout, of: source))
            case .int16: .int16(try NpyArray(header, layout, of: source))
            case .uint32: .uint32(try NpyArray(header, layout, of: source))
            case .int32: .int32(try NpyArray(header, layout, of: source))
            case .uint64: .uint64(try NpyArray(header, layout, of: source))
            case .int64: .int64(try NpyArray(header, layout, of: source))
            }
    }
}

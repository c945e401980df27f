/// The array of a `.npy` file whose element type is known only when it is read.
public enum NpyFile: Equatable, Sendable {
    /// Single precision, `<f4`.
    case float32(NpyArray<Float>)
    /// Double precision, `<f8`.
    case float64(NpyArray<Double>)
    /// Unsigned bytes, `|u1`.
    case uint8(NpyArray<UInt8>)
    /// Signed 32-bit integers, `<i4`.
    case int32(NpyArray<Int32>)
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

    /// Type and shape of the array.
    public var header: NpyHeader {
        switch self {
        case .float32(let array): array.header
        case .float64(let array): array.header
        case .uint8(let array): array.header
        case .int32(let array): array.header
        case .int64(let array): array.header
        }
    }

    /// The elements as `Double`, which holds all but large `Int64` exactly.
    package var doubles: [Double] {
        switch self {
        case .float32(let array): array.values.map(Double.init)
        case .float64(let array): array.values
        case .uint8(let array): array.values.map(Double.init)
        case .int32(let array): array.values.map(Double.init)
        case .int64(let array): array.values.map(Double.init)
        }
    }

    /// The dimensions, slowest first; empty for a single number.
    public var shape: [Int] { header.shape }

    private init(from source: some ByteSource) throws(FileError) {
        let (header, offset) = try NpyHeader.read(from: source)
        self =
            switch header.elementType {
            case .float32: .float32(try NpyArray(header: header, at: offset, of: source))
            case .float64: .float64(try NpyArray(header: header, at: offset, of: source))
            case .uint8: .uint8(try NpyArray(header: header, at: offset, of: source))
            case .int32: .int32(try NpyArray(header: header, at: offset, of: source))
            case .int64: .int64(try NpyArray(header: header, at: offset, of: source))
            }
    }
}

/// What a `.npy` file says of its array: element type and shape.
///
/// Versions 1.0, 2.0 and 3.0 of the format are read; 1.0 is written.
/// Source: the format's description in NumPy, `numpy.lib.format` (NEP 1).
public struct NpyHeader: Equatable, Sendable {
    /// The type of the elements.
    public let elementType: NpyElementType

    /// The dimensions, slowest first; empty for a single number.
    public let shape: [Int]

    /// The number of elements, the product of the dimensions.
    public let count: Int

    /// The most dimensions an array may have, as in NumPy.
    public static let maximumRank = Shape.maximumRank

    /// The longest header that is read, in bytes; NumPy's own are a tenth of it at most.
    public static let maximumLength = 65_536

    /// Reads the header of the file at `path`, and checks that the file has the length the header
    /// promises.
    ///
    /// - Throws: ``FileError`` naming `path`, what was expected and what was found.
    public init(contentsOf path: String) throws(FileError) {
        self = try Self.read(from: OpenFile(path)).header
    }

    /// Nil where a dimension is negative, there are too many, or the size overflows.
    init?(elementType: NpyElementType, shape: [Int]) {
        guard
            let count = Shape.validCount(shape),
            !count.multipliedReportingOverflow(by: elementType.size).overflow
        else { return nil }
        self.elementType = elementType
        self.shape = shape
        self.count = count
    }
}

extension NpyHeader {
    private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

    /// Reads and checks everything before the data.
    static func read(
        from source: some ByteSource
    ) throws(FileError) -> (header: NpyHeader, layout: NpyLayout) {
        let start = try source.bytes(count: min(source.size, 12), at: 0)
        guard start.starts(with: magic) else {
            if start.starts(with: Array("PK\u{3}\u{4}".utf8)) { throw .archive(file: source.name) }
            throw .badMagic(
                file: source.name, expected: magic, found: Array(start.prefix(magic.count)))
        }
        guard start.count >= 10 else { throw truncated(source, .preamble, 10) }
        let (major, minor) = (start[6], start[7])
        guard (1...3).contains(major), minor == 0 else {
            throw .unsupportedVersion(file: source.name, major: major, minor: minor)
        }
        // The length has two bytes in version 1.0, four in the later ones.
        let textOffset = major == 1 ? 10 : 12
        guard start.count >= textOffset else { throw truncated(source, .preamble, textOffset) }
        let length = start[8..<textOffset].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= maximumLength else {
            throw .headerTooLarge(
                file: source.name, limit: maximumLength, found: UInt64(length))
        }
        let dataOffset = textOffset + length
        guard source.size >= dataOffset else { throw truncated(source, .header, dataOffset) }

        let text = try source.bytes(count: length, at: textOffset)
        var cursor = HeaderCursor(text, file: source.name, base: textOffset)
        var (header, layout) = try cursor.npyHeader()
        layout.dataOffset = dataOffset
        let end = dataOffset.addingReportingOverflow(header.count * header.elementType.size)
        if end.overflow {
            throw .shapeOverflow(file: source.name, tensor: nil, shape: header.shape)
        }
        try source.checkEnd(at: end.partialValue)
        return (header, layout)
    }

    private static func truncated(
        _ source: some ByteSource, _ part: FilePart, _ expected: Int
    ) -> FileError {
        .truncated(file: source.name, part: part, expected: expected, found: source.size)
    }

    /// The bytes before the data, a multiple of 64 of them so that the data is aligned.
    func encoded() -> [UInt8] {
        let dimensions = shape.map(String.init).joined(separator: ", ")
        let tuple = shape.count == 1 ? "(\(dimensions),)" : "(\(dimensions))"
        let text =
            "{'descr': '\(elementType.rawValue)', 'fortran_order': False, 'shape': \(tuple), }"
        let padding = 63 - (Self.magic.count + 4 + text.utf8.count) % 64
        let length = text.utf8.count + padding + 1
        return Self.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
            + [UInt8](repeating: 0x20, count: padding) + [0x0A]
    }
}

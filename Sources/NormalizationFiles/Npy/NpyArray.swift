/// An array of any rank as a `.npy` file holds it: row-major, the last dimension fastest.
///
///     let x = try NpyArray<Float>(contentsOf: "x.npy")
///     try NpyArray(shape: x.shape, values: x.values.map { 2 * $0 }).write(to: "y.npy")
public struct NpyArray<Element: NpyElement>: Equatable, Sendable {
    /// Type and shape, which always agree with `values`.
    public let header: NpyHeader

    /// The elements in C order; their count is the product of the dimensions.
    public let values: [Element]

    /// The dimensions, slowest first; empty for a single number.
    public var shape: [Int] { header.shape }

    /// Makes an array of `shape` from its elements in C order.
    ///
    /// - Throws: ``FileError/invalidShape(shape:count:)`` where the product of `shape` is not the
    ///   number of values, a dimension is negative, or there are too many of them.
    public init(shape: [Int], values: [Element]) throws(FileError) {
        guard
            let header = NpyHeader(elementType: Element.npyType, shape: shape),
            header.count == values.count
        else { throw .invalidShape(shape: shape, count: values.count) }
        self.header = header
        self.values = values
    }

    /// Reads the file at `path`, whose elements must be of type `Element`.
    ///
    /// The file must be a regular one. Its elements may be in C or in Fortran order, and little- or
    /// big-endian. Memory is taken once, for the elements, after the header and the length of the
    /// file have been found to agree, and once more where Fortran order is undone.
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

    init(from source: some ByteSource) throws(FileError) {
        let (header, layout) = try NpyHeader.read(from: source)
        try self.init(header, layout, of: source)
    }

    init(
        _ header: NpyHeader, _ layout: NpyLayout, of source: some ByteSource
    ) throws(FileError) {
        guard header.elementType == Element.npyType else {
            throw .elementType(
                file: source.name, tensor: nil, expected: [Element.npyType.rawValue],
                found: header.elementType.rawValue)
        }
        self.header = header
        values = try layout.elements(shape: header.shape, count: header.count, of: source)
    }

    /// The same numbers in single precision.
    package func widened() -> NpyArray<Float> where Element == Float16 {
        guard let header = NpyHeader(elementType: .float32, shape: shape) else {
            preconditionFailure("twice the bytes of an array in memory")
        }
        return NpyArray<Float>(header: header, values: values.map { Float($0) })
    }

    /// An array whose header is known to agree with its values.
    init(header: NpyHeader, values: [Element]) {
        self.header = header
        self.values = values
    }

    /// Writes the array to the file at `path`, in version 1.0 of the format.
    ///
    /// The file appears whole or not at all; see ``AtomicFile``.
    ///
    /// - Throws: ``FileError`` naming `path`, which then stays as it was.
    public func write(to path: String) throws(FileError) {
        var file = try AtomicFile(path)
        try write(to: &file)
        try file.commit()
    }

    /// Appends the array to a file that is to hold nothing else, without a copy of its elements.
    package func write(to file: inout AtomicFile) throws(FileError) {
        try file.write(header.encoded())
        try file.write(values)
    }

    /// The bytes of the file that holds this array.
    public func encoded() -> [UInt8] {
        var bytes = header.encoded()
        unsafe values.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        return bytes
    }
}

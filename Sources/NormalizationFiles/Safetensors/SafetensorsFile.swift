public import Normalization

/// A `.safetensors` file, its header read and checked, its tensors read when they are asked for.
///
///     let model = try SafetensorsFile(contentsOf: "resnet.safetensors")
///     let gamma = try model.values(of: "bn1.weight", as: Float.self)
///
/// The file stays open as long as this value or a copy of it lives, so tensors read later come
/// from the same file even if another has been renamed over it. Reading takes memory for the
/// header and for what is asked for.
///
/// Source: the format's description in the repository of Hugging Face's `safetensors`.
public struct SafetensorsFile: Sendable {
    /// The tensors in the order of their data.
    public var entries: [SafetensorsEntry] { header.entries }

    /// The free-form texts of the file, empty where there are none.
    public var metadata: [String: String] { header.metadata }

    /// What errors call the file: its path, or the name given to its bytes.
    public var name: String { source.name }

    private let source: any ByteSource
    private let header: SafetensorsHeader
    private let dataOffset: Int
    private let indices: [ExactText: Int]
    /// The layers of the file, once they have been asked for; copies share them.
    let layerIndex = LazyLayerIndex()

    /// Opens the file at `path`, and checks its header against its length.
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

    private init(from source: some ByteSource) throws(FileError) {
        self.source = source
        (header, dataOffset) = try SafetensorsHeader.read(from: source)
        indices = Dictionary(
            uniqueKeysWithValues: header.entries.enumerated().map { (ExactText($1.name), $0) })
    }

    /// What the file says of the tensor `name`, nil where it has none of that name.
    public func entry(named name: String) -> SafetensorsEntry? {
        indices[ExactText(name)].map { header.entries[$0] }
    }

    /// The tensors whose names begin with `prefix`, such as those of one layer.
    public func entries(prefix: String) -> [SafetensorsEntry] {
        entries.filter { $0.name.utf8.starts(with: prefix.utf8) }
    }

    /// Reads the tensor `name`, of type F16, BF16, F32 or F64, as `Float` or `Double`.
    ///
    /// Each number is the nearest of the type asked for, so none changes but where F64 is read as
    /// `Float`.
    ///
    /// - Returns: The elements in C order.
    /// - Throws: ``FileError/missingTensor(file:tensor:)``,
    ///   ``FileError/elementType(file:tensor:expected:found:)`` for another type,
    ///   ``FileError/overflow(file:tensor:index:value:)`` for a number beyond the range of
    ///   `Float`, or what the system refuses.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func values<Scalar: BinaryFloatingPoint>(
        of name: String, as type: Scalar.Type = Scalar.self
    ) throws(FileError) -> [Scalar] {
        let entry = try existingEntry(name)
        switch entry.type {
        case .float16: return try elements(Float16.self, of: entry).map { Scalar(Float($0)) }
        case .bfloat16:
            return try elements(UInt16.self, of: entry).map {
                Scalar(Float(bitPattern: UInt32($0) << 16))
            }
        case .float32:
            let values = try elements(Float.self, of: entry)
            return values as? [Scalar] ?? values.map { Scalar($0) }
        case .float64:
            let values = try elements(Double.self, of: entry)
            if let same = values as? [Scalar] { return same }
            let rounded = values.map { Scalar($0) }
            let overflow = values.indices.first { values[$0].isFinite && !rounded[$0].isFinite }
            if let overflow {
                throw .overflow(
                    file: source.name, tensor: name, index: overflow, value: values[overflow])
            }
            return rounded
        default: throw wrongType(entry, [.float16, .bfloat16, .float32, .float64])
        }
    }

    /// Reads the tensor `name`, of type F16 where `Half` is a `Float16`, of BF16 where it is a `BFloat16`, as it
    /// is: tensors that layers of `Float` take.
    ///
    /// - Returns: The elements in C order.
    /// - Throws: ``FileError/missingTensor(file:tensor:)``,
    ///   ``FileError/elementType(file:tensor:expected:found:)`` for another type, or what the
    ///   system refuses.
    public func halves<Half: HalfPrecision>(
        of name: String, as type: Half.Type = Half.self
    ) throws(FileError) -> [Half] {
        let entry = try existingEntry(name)
        let wanted = SafetensorsType.of(type)
        guard entry.type == wanted else { throw wrongType(entry, [wanted]) }
        return try elements(type, of: entry)
    }

    /// Reads the tensor `name`, of type I64, such as PyTorch's `num_batches_tracked`.
    ///
    /// - Returns: The elements in C order.
    /// - Throws: ``FileError/missingTensor(file:tensor:)``,
    ///   ``FileError/elementType(file:tensor:expected:found:)`` for another type, or what the
    ///   system refuses.
    public func integers(of name: String) throws(FileError) -> [Int64] {
        let entry = try existingEntry(name)
        guard entry.type == .int64 else { throw wrongType(entry, [.int64]) }
        return try elements(Int64.self, of: entry)
    }

    /// Reads the tensor `name` of a single whole number in any numeric type, as a checkpoint that was
    /// cast to half precision has its counts.
    ///
    /// A count that half precision has made an infinity is the least that it makes one.
    func wholeNumber(of name: String) throws(FileError) -> Int {
        let entry = try existingEntry(name)
        if let integer = try integer(of: entry) { return integer }
        let number = try values(of: name, as: Double.self)[0]
        let limit = entry.type == .float16 ? 65_520.0 : 0x1p62
        if number == .infinity { return Int(limit) }
        guard let count = Int(exactly: number) else {
            throw .notWhole(file: source.name, tensor: name, value: number)
        }
        return count
    }

    /// The single element of a tensor of integers, nil for a tensor of floating-point numbers.
    private func integer(of entry: SafetensorsEntry) throws(FileError) -> Int? {
        switch entry.type {
        case .int64: Int(try elements(Int64.self, of: entry)[0])
        case .int32: Int(try elements(Int32.self, of: entry)[0])
        case .int16: Int(try elements(Int16.self, of: entry)[0])
        case .int8: Int(try elements(Int8.self, of: entry)[0])
        case .uint8: Int(try elements(UInt8.self, of: entry)[0])
        case .uint16: Int(try elements(UInt16.self, of: entry)[0])
        case .uint32: Int(try elements(UInt32.self, of: entry)[0])
        case .uint64: Int(clamping: try elements(UInt64.self, of: entry)[0])
        default: nil
        }
    }

    /// Reads the tensor `name`, of any type, as the bytes it has in the file.
    ///
    /// - Throws: ``FileError/missingTensor(file:tensor:)``, or what the system refuses.
    public func tensor(_ name: String) throws(FileError) -> SafetensorsTensor {
        let entry = try existingEntry(name)
        return SafetensorsTensor(
            checkedName: name, type: entry.type, shape: entry.shape,
            bytes: try source.bytes(
                count: entry.byteRange.count, at: dataOffset + entry.byteRange.lowerBound))
    }

    /// Some of the bytes that a tensor of this file has, counted from its first.
    package func bytes(
        of entry: SafetensorsEntry, _ range: Range<Int>
    ) throws(FileError) -> [UInt8] {
        try source.bytes(
            count: range.count, at: dataOffset + entry.byteRange.lowerBound + range.lowerBound)
    }

    private func existingEntry(_ name: String) throws(FileError) -> SafetensorsEntry {
        guard let entry = entry(named: name) else {
            throw .missingTensor(file: source.name, tensor: name)
        }
        return entry
    }

    private func elements<Element: BitwiseCopyable>(
        _ type: Element.Type, of entry: SafetensorsEntry
    ) throws(FileError) -> [Element] {
        try source.elements(type, count: entry.count, at: dataOffset + entry.byteRange.lowerBound)
    }

    private func wrongType(_ entry: SafetensorsEntry, _ expected: [SafetensorsType]) -> FileError {
        .elementType(
            file: source.name, tensor: entry.name, expected: expected.map(\.rawValue),
            found: entry.type.rawValue)
    }
}

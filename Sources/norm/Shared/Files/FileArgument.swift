import NormalizationFiles

/// A file of the command line.
struct FileArgument {
    let path: String

    /// The file's name in errors: its option, if it has one, and its path.
    let name: TensorName

    private let option: String

    /// A file that stands without an option.
    init(_ path: String) { self.init("", path) }

    /// The file of an option.
    init(_ option: String, _ path: String) {
        self.option = option
        self.path = path
        name = TensorName(option.isEmpty ? path : "\(option) \(path)")
    }

    /// Nil where the option was not given.
    init?(_ option: String, _ path: String?) {
        guard let path else { return nil }
        self.init(option, path)
    }

    /// Reads the file, whose elements must be of one of `types`, once it is known that `tensors`
    /// tensors of its size fit in memory, with `elementSize` bytes an element or as many as `norm`
    /// computes with.
    func read(
        _ types: ElementTypes, tensors: Int = 1, elementSize: Int? = nil
    ) throws(Failure) -> NpyFile {
        let header = try explaining(types) { () throws(FileError) in
            try NpyHeader(contentsOf: path)
        }
        guard types.types.contains(header.elementType) else {
            throw name.failure(expected: types.text, found: header.elementType.rawValue)
        }
        // Half precision is computed with in single.
        let size = header.elementType == .float16 ? 4 : header.elementType.size
        let shortage = Memory.shortage(
            tensors: tensors, count: header.count, elementSize: elementSize ?? size)
        if let shortage { throw .data("\(name.text): \(shortage)") }
        return try explaining(types) { () throws(FileError) in try NpyFile(contentsOf: path) }
    }

    private func explaining<Result>(
        _ types: ElementTypes, _ body: () throws(FileError) -> Result
    ) throws(Failure) -> Result {
        do throws(FileError) {
            return try body()
        } catch {
            // The library names all types that it reads, of which the command takes some.
            if case .elementType(_, _, _, let found) = error {
                throw name.failure(expected: types.text, found: found)
            }
            // The description begins with the path.
            throw .data(option.isEmpty ? "\(error)" : "\(option) \(error)")
        }
    }
}

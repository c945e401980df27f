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

    /// Reads the file, once it is known that `tensors` tensors of its size fit in memory, with
    /// `elementSize` bytes an element or as many as in the file.
    func read(tensors: Int = 1, elementSize: Int? = nil) throws(Failure) -> NpyFile {
        let header = try explaining { () throws(FileError) in try NpyHeader(contentsOf: path) }
        let shortage = Memory.shortage(
            tensors: tensors, count: header.count,
            elementSize: elementSize ?? header.elementType.size)
        if let shortage { throw .data("\(name.text): \(shortage)") }
        return try explaining { () throws(FileError) in try NpyFile(contentsOf: path) }
    }

    private func explaining<Result>(
        _ body: () throws(FileError) -> Result
    ) throws(Failure) -> Result {
        do throws(FileError) {
            return try body()
        } catch {
            // The description begins with the path.
            throw .data(option.isEmpty ? "\(error)" : "\(option) \(error)")
        }
    }
}

import Normalization
import NormalizationFiles

/// A file of the command line, and what errors about it say.
struct FileArgument {
    /// The option that names it; empty for one that stands alone.
    let option: String
    let path: String

    private var name: String { option.isEmpty ? path : "\(option) \(path)" }

    init(_ option: String, _ path: String) {
        self.option = option
        self.path = path
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
        if let shortage { throw .data("\(name): \(shortage)") }
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

    /// What the library says of the tensor in this file.
    func failure(_ error: NormalizationError) -> Failure {
        switch error {
        case .invalidShape(_, _, .axisOutsideShape): .call("--channel-axis: \(error)")
        case .nonFiniteStatistics(let channel):
            failure(
                expected: "numbers with finite statistics",
                found: "a NaN, an infinity or an overflow in channel \(channel)")
        default: .data("\(name): \(error)")
        }
    }

    /// The content of the file is not what was `expected`.
    func failure(expected: String, found: String) -> Failure {
        .data("\(name): expected \(expected), found \(found)")
    }

    func wrongType(_ file: NpyFile, expected: String) -> Failure {
        failure(
            expected: "elements of type \(expected)", found: file.header.elementType.rawValue)
    }
}

extension NpyFile {
    /// The elements, exact in `Double`; nil for a file of integers.
    var floatingPointValues: [Double]? {
        switch self {
        case .float32(let array): array.values.map { Double($0) }
        case .float64(let array): array.values
        default: nil
        }
    }
}

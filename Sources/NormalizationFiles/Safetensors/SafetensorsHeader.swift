/// What a `.safetensors` file says of one of its tensors.
public struct SafetensorsEntry: Equatable, Sendable {
    /// The name, unique in the file.
    public let name: String

    /// The type of the elements.
    public let type: SafetensorsType

    /// The dimensions, slowest first; empty for a single number.
    public let shape: [Int]

    /// Where its bytes lie, counted from the beginning of the data.
    public let byteRange: Range<Int>

    /// The number of elements.
    public var count: Int { Shape.count(shape) ?? 0 }
}

/// Everything before the data of a `.safetensors` file.
struct SafetensorsHeader: Sendable {
    /// The tensors in the order of their data.
    var entries: [SafetensorsEntry] = []

    /// The free-form texts under `__metadata__`.
    var metadata: [String: String] = [:]

    /// The longest header that is read or written, in bytes: the format's limit.
    static let maximumLength = 100_000_000

    /// The key of the header that names no tensor.
    static let metadataKey = "__metadata__"

    /// Reads and checks everything before the data; returns where the data begins as well.
    static func read(
        from source: some ByteSource
    ) throws(FileError) -> (header: SafetensorsHeader, dataOffset: Int) {
        guard source.size >= 8 else {
            throw .truncated(file: source.name, part: .preamble, expected: 8, found: source.size)
        }
        let length = try source.elements(UInt64.self, count: 1, at: 0)[0]
        guard length <= maximumLength else {
            if let format = OtherFormat.named(by: try source.bytes(count: 8, at: 0)) {
                throw .otherFormat(
                    file: source.name, expected: "a .safetensors file", found: format)
            }
            throw .headerTooLarge(file: source.name, limit: maximumLength, found: length)
        }
        let dataOffset = 8 + Int(length)
        guard source.size >= dataOffset else {
            throw .truncated(
                file: source.name, part: .header, expected: dataOffset, found: source.size)
        }
        let text = try source.bytes(count: Int(length), at: 8)
        var cursor = HeaderCursor(text, file: source.name, base: 8)
        var header = try cursor.safetensorsHeader()
        header.entries.sort {
            ($0.byteRange.lowerBound, $0.byteRange.upperBound)
                < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
        }
        try header.checkLayout(of: source, dataOffset: dataOffset)
        return (header, dataOffset)
    }

    /// The data must be the tensors' bytes one after the other and nothing else.
    private func checkLayout(of source: some ByteSource, dataOffset: Int) throws(FileError) {
        var end = 0
        for entry in entries {
            let range = entry.byteRange
            guard range.lowerBound == end else {
                throw .tensorOffset(
                    file: source.name, tensor: entry.name, expected: end, found: range.lowerBound)
            }
            guard let expected = entry.type.byteCount(of: entry.shape) else {
                throw .shapeOverflow(file: source.name, tensor: entry.name, shape: entry.shape)
            }
            guard range.count == expected else {
                throw .tensorSize(
                    file: source.name, tensor: entry.name, shape: entry.shape, expected: expected,
                    found: range.count)
            }
            end = range.upperBound
        }
        let (fileEnd, overflow) = dataOffset.addingReportingOverflow(end)
        try source.checkEnd(at: overflow ? .max : fileEnd)
    }
}

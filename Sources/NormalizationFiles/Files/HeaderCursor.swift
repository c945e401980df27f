/// Reads the text of a header from left to right.
struct HeaderCursor {
    /// What errors call the file.
    let file: String

    /// Where the text begins in the file, so that errors give offsets in the file.
    let base: Int

    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8], file: String, base: Int) {
        self.bytes = bytes
        self.file = file
        self.base = base
    }

    /// The next byte, or nil at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// The byte after the next, or nil at the end.
    var following: UInt8? { position + 1 < bytes.count ? bytes[position + 1] : nil }

    /// Moves on by one byte.
    mutating func advance() { position += 1 }

    /// Moves past spaces, tabs and line ends.
    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            advance()
        }
    }

    /// Moves past space and `character` if that comes next; returns whether it did.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard let next, UInt32(next) == character.value else { return false }
        advance()
        return true
    }

    /// Moves past space and `character`, which must come next.
    mutating func expect(_ character: Unicode.Scalar) throws(FileError) {
        guard skip(character) else { throw malformed(expected: "'\(character)'") }
    }

    /// Moves past space and to the end of the text, where nothing may come.
    mutating func expectEnd() throws(FileError) {
        skipSpace()
        if next != nil { throw malformed(expected: "the end of the header") }
    }

    /// Reads a whole number in decimal digits without leading zeros, at most `Int.max`.
    mutating func integer(_ expected: String) throws(FileError) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while let byte = next, (0x30...0x39).contains(byte) {
            let (tenfold, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tenfold.addingReportingOverflow(Int(byte - 0x30))
            if overflowed || carried {
                position = start
                throw malformed(expected: "\(expected) of at most \(Int.max)")
            }
            value = sum
            advance()
        }
        let digits = position - start
        if digits == 0 || (digits > 1 && bytes[start] == 0x30) {
            position = start
            throw malformed(expected: expected)
        }
        return value
    }

    /// The text between two positions, as it stands there, nil where it is not UTF-8.
    func text(from start: Int, to end: Int) -> String? {
        String(validating: bytes[start..<end], as: UTF8.self)
    }

    /// The error for what comes next, or comes at an earlier `position`.
    func malformed(expected: String, at position: Int? = nil) -> FileError {
        let position = position ?? self.position
        return .malformedHeader(
            file: file, offset: base + position, expected: expected, found: excerpt(at: position))
    }

    private func excerpt(at position: Int) -> String {
        if position >= bytes.count { return "the end of the header" }
        let excerpt = bytes[position..<min(position + 24, bytes.count)]
        return "'" + String(decoding: excerpt, as: UTF8.self) + "'"
    }
}

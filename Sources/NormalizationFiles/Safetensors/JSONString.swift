/// JSON strings, read and written (RFC 8259, section 7).
extension HeaderCursor {
    /// Reads a string in double quotes.
    mutating func jsonString(_ expected: String) throws(FileError) -> String {
        skipSpace()
        let start = position
        guard next == UInt8(ascii: "\"") else { throw malformed(expected: expected) }
        advance()
        var content: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            if byte < 0x20 { throw malformed(expected: "an escaped control character") }
            if byte == UInt8(ascii: "\\") {
                content.append(contentsOf: try jsonEscape().utf8)
            } else {
                content.append(byte)
                advance()
            }
        }
        if next == nil { throw malformed(expected: "a closing quote") }
        advance()
        guard let text = String(validating: content, as: UTF8.self) else {
            throw malformed(expected: "text in UTF-8", at: start)
        }
        return text
    }

    private mutating func jsonEscape() throws(FileError) -> Character {
        let start = position
        advance()
        guard let byte = next else { throw malformed(expected: "an escape") }
        advance()
        switch Unicode.Scalar(byte) {
        case "\"": return "\""
        case "\\": return "\\"
        case "/": return "/"
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": return Character(try unicodeEscape(from: start))
        default: throw malformed(expected: "an escape of JSON", at: start)
        }
    }

    /// The four digits after `\u`; a character above U+FFFF is a pair of such escapes.
    private mutating func unicodeEscape(from start: Int) throws(FileError) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        if UTF16.isLeadSurrogate(first), next == UInt8(ascii: "\\") {
            advance()
            if next == UInt8(ascii: "u") {
                advance()
                let second = try fourHexDigits()
                if UTF16.isTrailSurrogate(second) {
                    return UTF16.decode(UTF16.EncodedScalar([first, second]))
                }
            }
        }
        throw malformed(expected: "a pair of surrogates", at: start)
    }

    private mutating func fourHexDigits() throws(FileError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = next.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
                throw malformed(expected: "four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            advance()
        }
        return value
    }
}

extension String {
    /// This text as a JSON string, quotes included.
    package var jsonEncoded: String {
        var result = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case ..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// The header's text is a Python dictionary of exactly three keys, in any order:
///
///     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
extension HeaderCursor {
    /// Parses the whole text of a `.npy` header.
    mutating func npyHeader() throws(FileError) -> (NpyHeader, NpyLayout) {
        var elementType: (type: NpyElementType, isBigEndian: Bool)?
        var fortranOrder: Bool?
        var shape: [Int]?

        try expect("{")
        while !skip("}") {
            skipSpace()
            let start = position
            let key = try pythonString("a key in quotes, or '}'")
            try expect(":")
            switch key {
            case "descr" where elementType == nil: elementType = try npyElementType()
            case "fortran_order" where fortranOrder == nil: fortranOrder = try pythonBool()
            case "shape" where shape == nil: shape = try pythonTuple()
            default:
                throw malformed(
                    expected: "'descr', 'fortran_order' and 'shape' once each", at: start)
            }
            if !skip(",") {
                try expect("}")
                break
            }
        }
        let end = position
        try expectEnd()

        guard let elementType else { throw malformed(expected: "a key 'descr'", at: end) }
        guard let fortranOrder else { throw malformed(expected: "a key 'fortran_order'", at: end) }
        guard let shape else { throw malformed(expected: "a key 'shape'", at: end) }
        guard let header = NpyHeader(elementType: elementType.type, shape: shape) else {
            throw .shapeOverflow(file: file, tensor: nil, shape: shape)
        }
        // The orders are the same unless two dimensions are longer than 1 and none is 0.
        let isFortranOrder =
            fortranOrder && header.count > 0 && shape.count(where: { $0 > 1 }) > 1
        return (
            header,
            NpyLayout(isBigEndian: elementType.isBigEndian, isFortranOrder: isFortranOrder)
        )
    }

    private mutating func npyElementType() throws(FileError) -> (NpyElementType, Bool) {
        let expected = NpyElementType.allCases.map(\.rawValue)
        skipSpace()
        if next == UInt8(ascii: "[") || next == UInt8(ascii: "(") {
            throw .elementType(
                file: file, tensor: nil, expected: expected, found: "a structure of several fields")
        }
        let name = try pythonString("an element type in quotes")
        if let described = NpyElementType.described(name) { return described }
        throw .elementType(file: file, tensor: nil, expected: expected, found: "'\(name)'")
    }

    /// A string in single or double quotes, without escapes; Python 2 may have written `u` or `b`
    /// before it.
    private mutating func pythonString(_ expected: String) throws(FileError) -> String {
        if next(isOneOf: "ub", before: "'\"") { advance() }
        let start = position
        guard let quote = next, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            throw malformed(expected: expected)
        }
        advance()
        while let byte = next, byte != quote {
            if byte < 0x20 || byte > 0x7E || byte == UInt8(ascii: "\\") {
                throw malformed(expected: "a printable ASCII character other than '\\'")
            }
            advance()
        }
        guard next == quote, let text = text(from: start + 1, to: position) else {
            throw malformed(expected: "a closing quote")
        }
        advance()
        return text
    }

    /// Whether the next byte after space is one of `letters`, and one of `followers` comes behind it.
    private mutating func next(isOneOf letters: String, before followers: String) -> Bool {
        skipSpace()
        guard let letter = next, letters.utf8.contains(letter) else { return false }
        return following.map { followers.utf8.contains($0) } ?? false
    }

    private mutating func pythonBool() throws(FileError) -> Bool {
        skipSpace()
        let start = position
        while let byte = next,
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        {
            advance()
        }
        switch text(from: start, to: position) {
        case "True": return true
        case "False": return false
        default: throw malformed(expected: "True or False", at: start)
        }
    }

    /// A tuple of whole numbers; one of a single number has a comma: `(3,)`.
    private mutating func pythonTuple() throws(FileError) -> [Int] {
        var dimensions: [Int] = []
        try expect("(")
        if skip(")") { return [] }
        while true {
            if dimensions.count == NpyHeader.maximumRank {
                throw malformed(expected: "at most \(NpyHeader.maximumRank) dimensions")
            }
            dimensions.append(try integer("a dimension"))
            // Python 2 wrote long numbers with an L.
            if next(isOneOf: "L", before: ",) ") { advance() }
            if skip(",") {
                if skip(")") { return dimensions }
            } else if dimensions.count > 1, skip(")") {
                return dimensions
            } else {
                throw malformed(expected: dimensions.count > 1 ? "',' or ')'" : "','")
            }
        }
    }
}

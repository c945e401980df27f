/// The header's text is a JSON object of a fixed form:
///
///     {"__metadata__": {"format": "pt"},
///      "bn1.weight": {"dtype": "F32", "shape": [64], "data_offsets": [0, 256]}}
///
/// It is read by a parser of that form alone and not as any JSON: a general reader keeps the last
/// of two equal keys, takes `1.0` for a whole number, and must guard against deep nesting.
extension HeaderCursor {
    /// Parses the whole text of a `.safetensors` header, but for the order of its tensors.
    mutating func safetensorsHeader() throws(FileError) -> SafetensorsHeader {
        var header = SafetensorsHeader()
        var names: Set<ExactText> = []
        try object { cursor, name, start throws(FileError) in
            guard names.insert(ExactText(name)).inserted else {
                throw cursor.malformed(expected: "each name once", at: start)
            }
            if name == SafetensorsHeader.metadataKey {
                header.metadata = try cursor.metadata()
            } else {
                header.entries.append(try cursor.safetensorsEntry(name: name))
            }
        }
        try expectEnd()
        return header
    }

    private mutating func metadata() throws(FileError) -> [String: String] {
        var metadata: [String: String] = [:]
        try object { cursor, key, start throws(FileError) in
            let value = try cursor.jsonString("a text in double quotes")
            guard metadata.updateValue(value, forKey: key) == nil else {
                throw cursor.malformed(expected: "each key once", at: start)
            }
        }
        return metadata
    }

    private mutating func safetensorsEntry(name: String) throws(FileError) -> SafetensorsEntry {
        var type: SafetensorsType?
        var shape: [Int]?
        var byteRange: Range<Int>?
        skipSpace()
        let start = position
        try object { cursor, key, start throws(FileError) in
            switch key {
            case "dtype" where type == nil:
                type = try cursor.safetensorsType(tensor: name)
            case "shape" where shape == nil:
                shape = try cursor.integers("a dimension")
            case "data_offsets" where byteRange == nil:
                cursor.skipSpace()
                let start = cursor.position
                let offsets = try cursor.integers("an offset")
                guard offsets.count == 2, offsets[0] <= offsets[1] else {
                    throw cursor.malformed(
                        expected: "two offsets, the smaller first", at: start)
                }
                byteRange = offsets[0]..<offsets[1]
            default:
                throw cursor.malformed(
                    expected: "\"dtype\", \"shape\" and \"data_offsets\" once each", at: start)
            }
        }
        guard let type, let shape, let byteRange else {
            throw malformed(
                expected: "\"dtype\", \"shape\" and \"data_offsets\" of \"\(name)\"", at: start)
        }
        return SafetensorsEntry(name: name, type: type, shape: shape, byteRange: byteRange)
    }

    private mutating func safetensorsType(tensor: String) throws(FileError) -> SafetensorsType {
        let name = try jsonString("an element type in double quotes")
        guard let type = SafetensorsType(rawValue: name) else {
            throw .elementType(
                file: file, tensor: tensor, expected: SafetensorsType.allCases.map(\.rawValue),
                found: "\"\(name)\"")
        }
        return type
    }

    /// `{"key": value, …}`; `value` is called at each value, with its key and where that begins.
    mutating func object(
        _ value: (inout HeaderCursor, String, Int) throws(FileError) -> Void
    ) throws(FileError) {
        try expect("{")
        if skip("}") { return }
        repeat {
            skipSpace()
            let start = position
            let key = try jsonString("a name in double quotes")
            try expect(":")
            try value(&self, key, start)
        } while skip(",")
        try expect("}")
    }

    /// `[1, 2, …]`, no longer than a shape may be, so that a header of a hundred megabytes stays
    /// of that size in memory.
    private mutating func integers(_ expected: String) throws(FileError) -> [Int] {
        var result: [Int] = []
        try expect("[")
        if skip("]") { return result }
        repeat {
            if result.count == Shape.maximumRank {
                throw malformed(expected: "at most \(Shape.maximumRank) numbers")
            }
            result.append(try integer(expected))
        } while skip(",")
        try expect("]")
        return result
    }
}

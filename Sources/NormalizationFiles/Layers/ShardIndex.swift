/// The index of a model in several files: which tensor is in which.
///
///     {"metadata": {"total_size": 102}, "weight_map": {"bn1.weight": "model-00001-of-00002.safetensors"}}
struct ShardIndex {
    /// The names of the files, each once, in the order of their first mention.
    private(set) var files: [String] = []

    /// The names of tensors, and the place of their file among `files`.
    private(set) var places: [(tensor: String, file: Int)] = []

    init(contentsOf path: String) throws(FileError) {
        let source = try OpenFile(path)
        guard source.size <= SafetensorsHeader.maximumLength else {
            throw .headerTooLarge(
                file: path, limit: SafetensorsHeader.maximumLength, found: UInt64(source.size))
        }
        var cursor = HeaderCursor(
            try source.bytes(count: source.size, at: 0), file: path, base: 0)
        var indices: [ExactText: Int] = [:]
        var (files, places): ([String], [(String, Int)]) = ([], [])
        var hasMap = false
        try cursor.object { cursor, key, start throws(FileError) in
            guard key == "weight_map" else { return try cursor.skipValue() }
            guard !hasMap else { throw cursor.malformed(expected: "one \"weight_map\"", at: start) }
            hasMap = true
            try cursor.object { cursor, tensor, _ throws(FileError) in
                cursor.skipSpace()
                let start = cursor.position
                let file = try cursor.jsonString("the name of a file in double quotes")
                guard !file.isEmpty, !file.utf8.contains(UInt8(ascii: "/")) else {
                    throw cursor.malformed(
                        expected: "the name of a file beside this one", at: start)
                }
                let index = indices[ExactText(file)] ?? files.count
                if index == files.count {
                    indices[ExactText(file)] = index
                    files.append(file)
                }
                places.append((tensor, index))
            }
        }
        try cursor.expectEnd()
        guard hasMap else { throw cursor.malformed(expected: "a \"weight_map\"") }
        self.files = files
        self.places = places
    }
}

extension HeaderCursor {
    /// Moves past any JSON value, which nests no deeper than 32.
    fileprivate mutating func skipValue(depth: Int = 0) throws(FileError) {
        skipSpace()
        guard depth < 32 else { throw malformed(expected: "fewer levels") }
        switch next {
        case UInt8(ascii: "\""): _ = try jsonString("a text")
        case UInt8(ascii: "{"):
            try object { cursor, _, _ throws(FileError) in try cursor.skipValue(depth: depth + 1) }
        case UInt8(ascii: "["):
            try expect("[")
            if skip("]") { return }
            repeat { try skipValue(depth: depth + 1) } while skip(",")
            try expect("]")
        default:
            let start = position
            // A number, true, false or null.
            while let byte = next, isOfAWord(byte) { advance() }
            if position == start { throw malformed(expected: "a value") }
        }
    }

    private func isOfAWord(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "0"..."9", "a"..."z", "A"..."Z", "+", "-", ".": true
        default: false
        }
    }
}

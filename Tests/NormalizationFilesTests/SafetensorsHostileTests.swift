import NormalizationFiles
import Testing

@Suite struct SafetensorsHostileTests {
    /// A file of one tensor of two floats whose header has `new` in the place of `old`.
    static func changed(
        _ name: String, _ old: String, _ new: String, _ error: FileError
    ) -> HostileFile {
        let text = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
        precondition(text.contains(old))
        let bytes = safetensors(text.replacing(old, with: new, maxReplacements: 1))
        return HostileFile(name, bytes + [UInt8](repeating: 0, count: 8), error)
    }

    /// A file of these tensors, written as a header writes them, and 8 bytes of data.
    static func tensors(_ name: String, _ text: String, _ error: FileError) -> HostileFile {
        HostileFile(name, safetensors(text) + [UInt8](repeating: 0, count: 8), error)
    }

    static func malformed(_ offset: Int, _ expected: String, _ found: String) -> FileError {
        .malformedHeader(file: "x", offset: offset, expected: expected, found: found)
    }

    static let keys = "\"dtype\", \"shape\" and \"data_offsets\""
    static let types = SafetensorsType.allCases.map(\.rawValue)

    static let frames: [HostileFile] = [
        HostileFile(
            "empty", [], .truncated(file: "x", part: .preamble, expected: 8, found: 0)),
        HostileFile(
            "seven bytes", [UInt8](repeating: 0, count: 7),
            .truncated(file: "x", part: .preamble, expected: 8, found: 7)),
        HostileFile(
            "header longer than the file", [3, 0, 0, 0, 0, 0, 0, 0, 0x7B],
            .truncated(file: "x", part: .header, expected: 11, found: 9)),
        HostileFile(
            "header of 100 MB and a byte", [0x01, 0xE1, 0xF5, 0x05, 0, 0, 0, 0],
            .headerTooLarge(file: "x", limit: 100_000_000, found: 100_000_001)),
        HostileFile(
            "header of 2⁶⁴ − 1 bytes", [UInt8](repeating: 0xFF, count: 8),
            .headerTooLarge(file: "x", limit: 100_000_000, found: .max)),
        HostileFile("no text", safetensors(""), malformed(8, "'{'", "the end of the header")),
        HostileFile(
            "data but no tensor", safetensors("{}") + [0],
            .trailingBytes(file: "x", expected: 10, found: 11)),
    ]

    static let layouts: [HostileFile] = [
        changed(
            "data missing", "[2],\"data_offsets\":[0,8]", "[3],\"data_offsets\":[0,12]",
            .truncated(file: "x", part: .data, expected: 75, found: 71)),
        changed(
            "data left over", "[2],\"data_offsets\":[0,8]", "[1],\"data_offsets\":[0,4]",
            .trailingBytes(file: "x", expected: 66, found: 70)),
        changed(
            "gap at the beginning", "[0,8]", "[4,12]",
            .tensorOffset(file: "x", tensor: "a", expected: 0, found: 4)),
        tensors(
            "gap between two",
            #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"#
                + #""b":{"dtype":"U8","shape":[5],"data_offsets":[3,8]}}"#,
            .tensorOffset(file: "x", tensor: "b", expected: 2, found: 3)),
        tensors(
            "overlap",
            #"{"b":{"dtype":"U8","shape":[5],"data_offsets":[3,8]},"#
                + #""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
            .tensorOffset(file: "x", tensor: "b", expected: 4, found: 3)),
        tensors(
            "one tensor inside another",
            #"{"b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"#
                + #""a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}"#,
            .tensorOffset(file: "x", tensor: "a", expected: 8, found: 0)),
        changed(
            "too few bytes for the shape", "[2]", "[3]",
            .tensorSize(file: "x", tensor: "a", shape: [3], expected: 12, found: 8)),
        changed(
            "too many bytes for the type", "F32", "U8",
            .tensorSize(file: "x", tensor: "a", shape: [2], expected: 2, found: 8)),
        changed(
            "elements overflow", "[2]", "[4294967296,4294967296]",
            .shapeOverflow(file: "x", tensor: "a", shape: [1 << 32, 1 << 32])),
        changed(
            "bytes overflow", "[2]", "[4611686018427387904]",
            .shapeOverflow(file: "x", tensor: "a", shape: [1 << 62])),
        changed(
            "zero after an overflow", "[2]", "[4611686018427387904,4,0]",
            .tensorSize(file: "x", tensor: "a", shape: [1 << 62, 4, 0], expected: 0, found: 8)),
        changed(
            "half a byte", "F32\",\"shape\":[2]", "F4\",\"shape\":[3]",
            .shapeOverflow(file: "x", tensor: "a", shape: [3])),
        changed(
            "offsets at the end of Int", "[0,8]", "[0,9223372036854775807]",
            .tensorSize(file: "x", tensor: "a", shape: [2], expected: 8, found: .max)),
        changed(
            "a file that overflows",
            "F32\",\"shape\":[2],\"data_offsets\":[0,8]",
            "U8\",\"shape\":[9223372036854775807],\"data_offsets\":[0,9223372036854775807]",
            .truncated(file: "x", part: .data, expected: .max, found: 105)),
    ]

    static let texts: [HostileFile] = [
        changed(
            "unknown type", "F32", "F33",
            .elementType(file: "x", tensor: "a", expected: types, found: "\"F33\"")),
        changed(
            "type is no text", "\"F32\"", "32",
            malformed(22, "an element type in double quotes", "'32,\"shape\":[2],\"data_off'")),
        changed(
            "offsets backwards", "[0,8]", "[8,0]",
            malformed(55, "two offsets, the smaller first", "'[8,0]}}'")),
        changed(
            "one offset", "[0,8]", "[8]", malformed(55, "two offsets, the smaller first", "'[8]}}'")
        ),
        changed(
            "three offsets", "[0,8]", "[0,4,8]",
            malformed(55, "two offsets, the smaller first", "'[0,4,8]}}'")),
        changed(
            "negative dimension", "[2]", "[-2]",
            malformed(37, "a dimension", "'-2],\"data_offsets\":[0,8]'")),
        changed("fraction", "[2]", "[2.0]", malformed(38, "']'", "'.0],\"data_offsets\":[0,8]'")),
        changed("exponent", "[2]", "[2e0]", malformed(38, "']'", "'e0],\"data_offsets\":[0,8]'")),
        changed(
            "leading zero", "[2]", "[02]",
            malformed(37, "a dimension", "'02],\"data_offsets\":[0,8]'")),
        changed(
            "true for a number", "[2]", "[true]",
            malformed(37, "a dimension", "'true],\"data_offsets\":[0,'")),
        changed(
            "dimension overflows", "[2]", "[9223372036854775808]",
            malformed(
                37, "a dimension of at most 9223372036854775807", "'9223372036854775808],\"da'")),
        changed(
            "65 dimensions", "[2]", "[" + String(repeating: "1,", count: 64) + "2]",
            malformed(165, "at most 64 numbers", "'2],\"data_offsets\":[0,8]}'")),
        changed(
            "deep nesting", "[2]", String(repeating: "[", count: 100_000),
            malformed(37, "a dimension", "'" + String(repeating: "[", count: 24) + "'")),
        changed(
            "array for an object", #"{"a":"#, "[",
            malformed(8, "'{'", "'[{\"dtype\":\"F32\",\"shape\":'")),
        changed(
            "key missing", "\"shape\":[2],", "",
            malformed(13, "\(keys) of \"a\"", "'{\"dtype\":\"F32\",\"data_off'")),
        changed(
            "key twice", "\"shape\"", "\"dtype\"",
            malformed(28, "\(keys) once each", "'\"dtype\":[2],\"data_offset'")),
        changed(
            "unknown key", "\"shape\"", "\"form\"",
            malformed(28, "\(keys) once each", "'\"form\":[2],\"data_offsets'")),
        changed(
            "trailing comma", "[0,8]", "[0,8],", malformed(61, "a name in double quotes", "'}}'")),
        changed(
            "single quotes", "\"a\"", "'a'",
            malformed(9, "a name in double quotes", "''a':{\"dtype\":\"F32\",\"shap'")),
        tensors(
            "name twice",
            #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#
                + #""a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
            malformed(61, "each name once", "'\"a\":{\"dtype\":\"U8\",\"shape'")),
        tensors(
            "name twice by way of an escape",
            #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#
                + #""\u0061":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
            malformed(61, "each name once", "'\"\\u0061\":{\"dtype\":\"U8\",\"'")),
        tensors(
            "metadata twice", #"{"__metadata__":{},"__metadata__":{}}"#,
            malformed(27, "each name once", "'\"__metadata__\":{}}'")),
        tensors(
            "metadata key twice", #"{"__metadata__":{"a":"","a":""}}"#,
            malformed(32, "each key once", "'\"a\":\"\"}}'")),
        tensors(
            "metadata of numbers", #"{"__metadata__":{"a":1}}"#,
            malformed(29, "a text in double quotes", "'1}}'")),
        tensors(
            "metadata nested", #"{"__metadata__":{"a":{}}}"#,
            malformed(29, "a text in double quotes", "'{}}}'")),
        tensors("open name", #"{"a"#, malformed(11, "a closing quote", "the end of the header")),
        tensors("escape cut short", "{\"\\", malformed(11, "an escape", "the end of the header")),
        tensors("unknown escape", #"{"\x""#, malformed(10, "an escape of JSON", #"'\x"'"#)),
        tensors("half a pair", #"{"\ud800""#, malformed(10, "a pair of surrogates", #"'\ud800"'"#)),
        tensors(
            "a pair of the same half", #"{"\ud800\ud800""#,
            malformed(10, "a pair of surrogates", #"'\ud800\ud800"'"#)),
        tensors(
            "the second half alone", #"{"\udc00""#,
            malformed(10, "a pair of surrogates", #"'\udc00"'"#)),
        tensors(
            "three digits", #"{"\u12""#, malformed(14, "four hexadecimal digits", #"'"'"#)),
        tensors(
            "line end in a name", "{\"\n\"", malformed(10, "an escaped control character", "'\n\"'")
        ),
        HostileFile(
            "name not UTF-8", [4, 0, 0, 0, 0, 0, 0, 0] + [0x7B, 0x22, 0xFF, 0x22],
            malformed(9, "text in UTF-8", "'\"\u{FFFD}\"'")),
        tensors("text after the object", "{} {", malformed(11, "the end of the header", "'{'")),
        tensors("byte order mark", "\u{FEFF}{}", malformed(8, "'{'", "'\u{FEFF}{}'")),
    ]

    @Test(arguments: frames + layouts + texts)
    func hostileBytesGiveTheirError(_ file: HostileFile) throws {
        let error = try fileError { try SafetensorsFile(parsing: file.bytes, name: "x") }
        #expect(error == file.error)
    }
}

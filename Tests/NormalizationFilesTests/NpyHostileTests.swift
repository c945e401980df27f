import Foundation
import NormalizationFiles
import Testing

/// Bytes that are no readable `.npy` file, and the error they must give.
struct HostileFile: CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let error: FileError

    init(_ description: String, _ bytes: [UInt8], _ error: FileError) {
        testDescription = description
        self.bytes = bytes
        self.error = error
    }
}

@Suite struct NpyHostileTests {
    static let good = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}")
    static let data = [UInt8](repeating: 0, count: 8)
    static let types = NpyElementType.allCases.map(\.rawValue)

    /// A file of two floats with one part of its header changed.
    static func changed(
        _ name: String, _ old: String, _ new: String, _ error: FileError
    ) -> HostileFile {
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"
        precondition(text.contains(old))
        return HostileFile(name, npy(text.replacingOccurrences(of: old, with: new)) + data, error)
    }

    static func malformed(_ offset: Int, _ expected: String, _ found: String) -> FileError {
        .malformedHeader(file: "x", offset: offset, expected: expected, found: found)
    }

    static func elements(_ found: String) -> FileError {
        .elementType(file: "x", tensor: nil, expected: types, found: found)
    }

    static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

    static let frames: [HostileFile] = [
        HostileFile("empty", [], .badMagic(file: "x", expected: magic, found: [])),
        HostileFile(
            "magic cut short", [0x93, 0x4E],
            .badMagic(file: "x", expected: magic, found: [0x93, 0x4E])),
        HostileFile(
            "a zip archive", Array("PK\u{3}\u{4}xxxxxxxx".utf8), .archive(file: "x")),
        HostileFile(
            "no version", magic, .truncated(file: "x", part: .preamble, expected: 10, found: 6)),
        HostileFile(
            "half a length", magic + [2, 0, 1, 0],
            .truncated(file: "x", part: .preamble, expected: 12, found: 10)),
        HostileFile(
            "version 0", magic + [0, 0, 0, 0],
            .unsupportedVersion(file: "x", major: 0, minor: 0)),
        HostileFile(
            "version 4", magic + [4, 0, 0, 0],
            .unsupportedVersion(file: "x", major: 4, minor: 0)),
        HostileFile(
            "version 1.1", magic + [1, 1, 0, 0],
            .unsupportedVersion(file: "x", major: 1, minor: 1)),
        HostileFile(
            "header longer than the file", magic + [1, 0, 0xFF, 0xFF],
            .truncated(file: "x", part: .header, expected: 65_545, found: 10)),
        HostileFile(
            "header of 4 GiB", magic + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF],
            .headerTooLarge(file: "x", limit: 65_536, found: 4_294_967_295)),
        HostileFile("empty header", npy(""), malformed(10, "'{'", "the end of the header")),
        HostileFile(
            "no data", good,
            .truncated(file: "x", part: .data, expected: good.count + 8, found: good.count)),
        HostileFile(
            "a byte of data missing", good + data.dropLast(),
            .truncated(file: "x", part: .data, expected: good.count + 8, found: good.count + 7)),
        HostileFile(
            "a byte after the data", good + data + [0],
            .trailingBytes(file: "x", expected: good.count + 8, found: good.count + 9)),
    ]

    static let dictionaries: [HostileFile] = [
        changed("big-endian complex", "<f4", ">c8", elements("'>c8'")),
        changed("quadruple precision", "<f4", "<f16", elements("'<f16'")),
        changed("no order of bytes", "<f4", "|f4", elements("'|f4'")),
        changed("order alone", "<f4", "<", elements("'<'")),
        changed("no type", "'<f4'", "''", elements("''")),
        changed("objects", "<f4", "|O", elements("'|O'")),
        changed("structure", "'<f4'", "[('a', '<f4')]", elements("a structure of several fields")),
        changed("long without digits", "(2,)", "(L,)", malformed(61, "a dimension", "'L,)}'")),
        changed("long twice", "(2,)", "(2LL,)", malformed(62, "','", "'LL,)}'")),
        changed(
            "another letter before a string", "'shape'", "r'shape'",
            malformed(51, "a key in quotes, or '}'", "'r'shape': (2,)}'")),
        changed(
            "elements overflow", "(2,)", "(4611686018427387904, 4)",
            .shapeOverflow(file: "x", tensor: nil, shape: [1 << 62, 4])),
        changed(
            "bytes overflow", "(2,)", "(4611686018427387904,)",
            .shapeOverflow(file: "x", tensor: nil, shape: [1 << 62])),
        changed(
            "file size overflows", "(2,)", "(2305843009213693951,)",
            .shapeOverflow(file: "x", tensor: nil, shape: [(1 << 61) - 1])),
        changed(
            "dimension overflows", "(2,)", "(9223372036854775808,)",
            malformed(61, "a dimension of at most 9223372036854775807", "'9223372036854775808,)}'")),
        changed("negative dimension", "(2,)", "(-2,)", malformed(61, "a dimension", "'-2,)}'")),
        changed("fraction", "(2,)", "(2.0,)", malformed(62, "','", "'.0,)}'")),
        changed("leading zero", "(2,)", "(02,)", malformed(61, "a dimension", "'02,)}'")),
        changed("number for a tuple", "(2,)", "2", malformed(60, "'('", "'2}'")),
        changed("parentheses without comma", "(2,)", "(2)", malformed(62, "','", "')}'")),
        changed("list for a tuple", "(2,)", "[2]", malformed(60, "'('", "'[2]}'")),
        changed("only a comma", "(2,)", "(,)", malformed(61, "a dimension", "',)}'")),
        changed("two commas", "(2,)", "(2,,)", malformed(63, "a dimension", "',)}'")),
        changed("open tuple", "(2,)", "(2,", malformed(63, "a dimension", "'}'")),
        changed(
            "65 dimensions", "(2,)", "(" + String(repeating: "1,", count: 65) + ")",
            malformed(189, "at most 64 dimensions", "'1,)}'")),
        changed(
            "a word for a truth value", "False", "None",
            malformed(44, "True or False", "'None, 'shape': (2,)}'")),
        changed("no dictionary", "{", "", malformed(10, "'{'", "''descr': '<f4', 'fortran'")),
        changed("open dictionary", "}", "", malformed(64, "'}'", "the end of the header")),
        changed("something after it", "}", "} 1", malformed(66, "the end of the header", "'1'")),
        changed(
            "unknown key", "'fortran_order'", "'order'",
            malformed(
                27, "'descr', 'fortran_order' and 'shape' once each", "''order': False, 'shape':'")),
        changed(
            "key twice", "'shape': (2,)", "'descr': '<f4'",
            malformed(
                51, "'descr', 'fortran_order' and 'shape' once each", "''descr': '<f4'}'")),
        changed(
            "key missing", ", 'shape': (2,)", "",
            malformed(50, "a key 'shape'", "the end of the header")),
        changed("missing colon", "'shape': ", "'shape' ", malformed(59, "':'", "'(2,)}'")),
        changed(
            "missing comma", "False,", "False", malformed(50, "'}'", "''shape': (2,)}'")),
        changed(
            "key without quotes", "'shape'", "shape",
            malformed(51, "a key in quotes, or '}'", "'shape: (2,)}'")),
        changed("open string", "'<f4'", "'<f4", elements("'<f4, '")),
        changed(
            "escape", "'<f4'", "'\\x3cf4'",
            malformed(
                21, "a printable ASCII character other than '\\'", "'\\x3cf4', 'fortran_order''")),
        changed(
            "NUL", "'<f4'", "'<f\u{0}4'",
            malformed(
                23, "a printable ASCII character other than '\\'", "'\u{0}4', 'fortran_order': Fa'")
        ),
        changed(
            "not ASCII", "'<f4'", "'<fé4'",
            malformed(
                23, "a printable ASCII character other than '\\'", "'é4', 'fortran_order': F'")
        ),
    ]

    @Test(arguments: frames + dictionaries)
    func hostileBytesGiveTheirError(_ file: HostileFile) throws {
        let error = try fileError { try NpyFile(parsing: file.bytes, name: "x") }
        #expect(error == file.error)
        // The file on a disk fails in the same way.
        let folder = try TemporaryFolder()
        let path = folder.file("x.npy")
        try Data(file.bytes).write(to: URL(filePath: path))
        let other = try fileError { try NpyFile(contentsOf: path) }
        #expect(
            other.description
                == error.description.replacing("x:", with: "\(path):", maxReplacements: 1))
    }

    @Test func fixturesThatMustBeRefused() throws {
        func error(_ name: String) throws -> FileError {
            try fileError { try NpyFile(contentsOf: fixture(name)) }
        }
        func elements(_ name: String, _ found: String) -> FileError {
            .elementType(file: fixture(name), tensor: nil, expected: Self.types, found: found)
        }
        let several = "refused_several.npz"
        #expect(try error(several) == .archive(file: fixture(several)))
        #expect(try error(several).description.contains("zip archive: an .npz holds several"))
        let complex = "refused_complex.npy"
        #expect(try error(complex) == elements(complex, "'<c8'"))
        let structure = "refused_structure.npy"
        #expect(try error(structure) == elements(structure, "a structure of several fields"))
        let two = "refused_two_arrays.npy"
        #expect(try error(two) == .trailingBytes(file: fixture(two), expected: 320, found: 640))
    }

    @Test func anotherElementTypeThanAskedForIsNamed() throws {
        let path = fixture("f8_scalar.npy")
        let error = try fileError { try NpyArray<Float>(contentsOf: path) }
        #expect(error == .elementType(file: path, tensor: nil, expected: ["<f4"], found: "<f8"))
    }
}

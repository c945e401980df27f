import Foundation
import NormalizationFiles
import Testing

/// `norm apply` on `.npy` files as other programs write them: the numbers count, not the layout.
@Suite struct ForeignFileTests {
    /// Multiples of 1/8, in a shape whose two orders differ.
    static let shape = [5, 3, 4]
    static let values = (0..<60).map { Double(($0 * 37) % 61) / 8 }

    /// The same array in Fortran order, big-endian, with Python 2's header.
    static func foreign() -> [UInt8] {
        let text = "{u'descr': u'>f4', u'fortran_order': True, u'shape': (5L, 3L, 4L)}"
        let places = (0..<4).flatMap { c in
            (0..<3).flatMap { b in (0..<5).map { a in (a * 3 + b) * 4 + c } }
        }
        let bytes = places.flatMap { place in
            let bits = Float(values[place]).bitPattern
            return (0..<4).reversed().map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
        }
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
            + bytes
    }

    @Test func theLayoutOfAFileChangesNoNumber() throws {
        let folder = try Folder()
        func path(_ name: String) -> String { "\(folder.path)/\(name)" }
        try folder.write("plain.npy", Self.shape, Self.values, isDouble: false)
        try Data(Self.foreign()).write(to: URL(filePath: path("foreign.npy")))
        try folder.write("gamma.npy", [3], [0.5, 0.5, 0.5], isDouble: false)
        func results(_ name: String, _ gamma: String) throws -> [(shape: [Int], values: [Double])] {
            let outcome = try Command.run(
                "apply", "--mode", "backward", "--input", "\(name).npy", "--gradient",
                "\(name).npy", "--gamma", "\(gamma).npy", "--output-directory", "out-\(name)",
                in: folder.path)
            #expect(outcome.status == 0, outcome.account)
            return try ["y", "dx", "dgamma", "batch_mean"].map {
                try folder.read("out-\(name)/\($0).npy", isDouble: false)
            }
        }
        let plain = try results("plain", "gamma")
        for (found, expected) in zip(try results("foreign", "gamma"), plain) {
            #expect(found == expected)
        }
    }

    /// The types that the command takes, and not all that the library reads.
    @Test func anErrorNamesTheTypesThatAreTaken() throws {
        let folder = try Folder()
        try FileManager.default.copyItem(
            at: fixture("files/refused_complex.npy"),
            to: URL(filePath: "\(folder.path)/complex.npy"))
        try folder.write("x.npy", Self.shape, Self.values, isDouble: false)
        func apply(_ arguments: String...) throws -> Outcome {
            try Command.run(
                ["apply", "--output-directory", "out"] + arguments, in: folder.path)
        }
        try apply("--mode", "training", "--input", "complex.npy").expectRefusal(
            65,
            saying: "--input complex.npy: expected elements of type <f2, <f4 or <f8, found '<c8'")
        try apply("--mode", "backward", "--input", "x.npy", "--gradient", "complex.npy")
            .expectRefusal(
                65, saying: "expected elements of type <f4, as in the input, found '<c8'")
    }

    @Test func anArchiveIsCalledOne() throws {
        let folder = try Folder()
        try FileManager.default.copyItem(
            at: fixture("files/refused_several.npz"),
            to: URL(filePath: "\(folder.path)/several.npz"))
        try Command.run(
            "apply", "--mode", "training", "--input", "several.npz", "--output-directory", "out",
            in: folder.path
        ).expectRefusal(
            65, saying: "--input several.npz: expected one array, found a zip archive: an .npz")
    }
}

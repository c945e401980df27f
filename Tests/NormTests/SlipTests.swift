import Foundation
import NormalizationFiles
import Testing

/// Slips that a newcomer made: each is answered before anything is lost.
@Suite struct SlipTests {
    /// By another name too: it is the file that counts.
    @Test func anOutputNeverTakesThePlaceOfWhatIsRead() throws {
        let folder = try Folder()
        try InspectTests.write(InspectTests.sound("bn1"), folder)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/other.json", withDestinationPath: "model.safetensors")
        let path = "\(folder.path)/model.safetensors"
        let before = try Data(contentsOf: URL(filePath: path))
        for name in ["model.safetensors", "./model.safetensors", "other.json"] {
            try Command.run("inspect", "model.safetensors", "--json", name, in: folder.path)
                .expectRefusal(
                    64, saying: "--json \(name): expected another file than model.safetensors")
        }
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
        try folder.write("x.npy", [2, 3], [1, 2, 3, 4, 5, 6], isDouble: false)
        for option in ["--json", "--tables", "--plot"] {
            try Command.run("compare", "x.npy", option, "x.npy", in: folder.path).expectRefusal(
                64, saying: "\(option) x.npy: expected another file than x.npy, which is read")
        }
        #expect(try NpyFile(contentsOf: "\(folder.path)/x.npy").shape == [2, 3])
    }

    @Test(arguments: [
        ([0x50, 0x4B, 0x03, 0x04] as [UInt8], "a zip archive such as PyTorch's .pth"),
        ([0x80, 0x02, 0x8A, 0x0A], "a pickle such as old .pth files are"),
        ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "an .npy file"),
        ([0x89, 0x48, 0x44, 0x46], "an HDF5 file such as Keras's .h5"),
    ])
    func weightsOfAnotherFormatAreNamed(first: [UInt8], name: String) throws {
        let folder = try Folder()
        let bytes = first + [UInt8](repeating: 0x77, count: 64)
        try Data(bytes).write(to: URL(filePath: "\(folder.path)/model.pth"))
        try Command.run("inspect", "model.pth", in: folder.path)
            .expectRefusal(65, saying: "model.pth: expected a .safetensors file, found \(name)")
    }

    /// Where numbers leave a gap, stand in the other order, or channels of one block tell that the
    /// normalization is the first, nothing is proposed.
    @Test func pairsThatMayBeWrongAreNotProposed() throws {
        let folder = try Folder()
        var tensors: [String: SafetensorsTensor] = [:]
        for (norm, channels) in [
            ("gap.2", 4), ("order.0", 4), ("dense1.norm1", 6), ("dense2.norm1", 4), ("plain.bn", 4),
        ] {
            tensors.merge(try InspectTests.sound(norm, channels: channels)) { $1 }
        }
        for (name, shape) in [
            ("gap.0", [4, 3, 3, 3]), ("order.1", [4, 4, 3, 3]), ("dense1.conv1", [4, 6, 1, 1]),
            ("dense2.conv1", [4, 4, 1, 1]), ("plain.conv", [4, 2, 3, 3]),
        ] {
            tensors["\(name).weight"] = try SafetensorsTensor(
                name: "\(name).weight", shape: shape,
                values: [Float](repeating: 1, count: shape.reduce(1, *)))
        }
        try InspectTests.write(tensors, folder)
        let outcome = try Command.run("inspect", "model.safetensors", "--pairs", in: folder.path)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(
            Array(lines.dropFirst()) == [
                "--pair 'plain.conv:plain.bn'",
                "# No layer was found for dense1.norm1, gap.2, order.0.",
                "# Before their layers, as channels elsewhere tell: dense2.norm1.",
            ], outcome.account)
    }

    @Test(.enabled(if: StudyTests.hasGnuplot, "gnuplot is not installed"))
    func aFinishedStudyIsNotLostToAnother() throws {
        let folder = try StudyTests.files()
        #expect(try Command.run(StudyJournalTests.small, in: folder.path).status == 0)
        let path = URL(filePath: "\(folder.path)/out/trainings.jsonl")
        let before = try Data(contentsOf: path)
        try Command.run(StudyJournalTests.small, in: folder.path).expectRefusal(
            65,
            saying:
                "--report out: expected no study, found one of 4 trainings; --continue draws it "
                + "anew, removing out/trainings.jsonl gives them up")
        #expect(try Data(contentsOf: path) == before)

        // Its pictures have the colour of the text around them, on a dark page too.
        let page = try String(contentsOfFile: "\(folder.path)/out/index.html", encoding: .utf8)
        #expect(page.contains("currentColor") && page.contains("<svg"))
        #expect(!page.contains("rgb(1,2,3)") && !page.contains("color=\"black\""))
    }
}

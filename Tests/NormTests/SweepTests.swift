import Foundation
import Testing

@testable import norm

@Suite struct SweepTests {
    @Test func shapesAreNearTheSizeAndHaveStatistics() throws {
        for plane in SweepGrid.planes {
            for channels in SweepGrid.channels {
                let shape = SweepGrid.shape(
                    plane: plane, channels: channels, bytes: 1 << 20, elementSize: 4)
                guard let shape else { continue }
                #expect(shape[1] == channels && shape[2] == plane && shape[0] * plane > 1)
                let bytes = 4 * shape.reduce(1, *)
                #expect(bytes <= 2 << 20 && bytes >= 2 << 18, "\(shape)")
            }
        }
        // A sample of twice the size is too large, and one value a channel has no variance.
        #expect(SweepGrid.shape(plane: 4096, channels: 2048, bytes: 1 << 20, elementSize: 4) == nil)
        #expect(SweepGrid.shape(plane: 1, channels: 1000, bytes: 4000, elementSize: 4) == nil)
    }

    @Test(arguments: [
        ("64KB", 64 << 10), ("1MB", 1 << 20), ("25mb", 25 << 20), ("1024MB", 1 << 30), ("0MB", nil),
        ("1025MB", nil), ("-1KB", nil), ("1", nil), ("MB", nil), ("9223372036854775807MB", nil),
    ])
    func sizesAreRead(_ text: String, _ bytes: Int?) {
        #expect(SweepSize(text)?.bytes == bytes)
    }

    @Test func aSweepPrintsAGridAnOperationAndTheWorstCells() throws {
        let folder = try Folder()
        let outcome = try Command.run(
            "compare", "--sweep", "--sizes", "1KB", "--types", "f4,f8,f2,bf16", "--json",
            "sweep.json",
            in: folder.path)
        #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        for operation in ["training", "inference", "backward"] {
            for type in ["f4", "f8", "f2", "bf16"] {
                #expect(
                    outcome.output.contains("\n\(operation), tensors of 1KB, \(type)\n"),
                    outcome.account)
            }
        }
        #expect(outcome.output.contains("  plane "), outcome.account)
        #expect(outcome.output.contains("  C = 12 "), outcome.account)
        #expect(outcome.output.contains("worst cells"), outcome.account)
        let json = try Data(contentsOf: URL(filePath: "\(folder.path)/sweep.json"))
        let rows = try CompareTests.rows(json)
        #expect(Set(rows.map(\.engine)) == ["reference", "blas", "fused"])
        #expect(rows.contains { $0.shape == [85, 3, 1] }, outcome.account)
    }

    @Test(arguments: [
        (["--sweep", "x.npy"], "--sweep: not with a file"),
        (["--sweep", "--shapes", "4x3"], "--sweep: not with --shapes"),
        (["--sweep", "--engines", "blas"], "--sweep: not with --engines"),
        (["--sweep", "--plot", "speed.svg"], "--sweep: not with --plot"),
        (["--sweep", "--channel-axis", "-1"], "--sweep: not with --channel-axis"),
        (
            ["--sweep", "--sizes", "big"],
            "--sizes: expected such as 64KB or 25MB, 1024MB at most, got 'big'"
        ),
        (["--sweep", "--types", "f1"], "--types: expected f4, f8, f2, bf16 or all, got 'f1'"),
        (["--sweep", "--threads", "1,2"], "--threads: expected one number with --sweep, got 2"),
        (["--sizes", "1MB"], "--sizes: only with --sweep"),
        (["--types", "f8"], "--types: only with --sweep"),
    ])
    func badCallsAreRefused(_ arguments: [String], _ message: String) throws {
        let folder = try RefusalTests.files()
        try Command.run(["compare"] + arguments, in: folder.path)
            .expectRefusal(64, saying: message)
    }
}

import Foundation
import NormalizationFiles
import Testing

/// Calls and files that `norm apply` must refuse, with one line and without a trace.
@Suite struct RefusalTests {
    /// A folder of good and bad files for a layer of three channels.
    static func files() throws -> Folder {
        let folder = try Folder()
        let ramp = (0..<24).map { Double($0 * $0) / 8 }
        try folder.write("x.npy", [4, 3, 2], ramp, isDouble: false)
        try folder.write("double.npy", [4, 3, 2], ramp, isDouble: true)
        try folder.write("transposed.npy", [3, 4, 2], ramp, isDouble: false)
        try folder.write("one-value.npy", [1, 3, 1], [1, 2, 3], isDouble: false)
        try folder.write("row.npy", [3], [1, 2, 3], isDouble: true)
        try folder.write("four.npy", [4], [1, 2, 3, 4], isDouble: true)
        try folder.write("single.npy", [1], [1], isDouble: true)
        try folder.write("negative.npy", [3], [1, -1, -2], isDouble: true)
        try folder.write("nan.npy", [3], [1, 2, .nan], isDouble: true)
        try folder.write("large.npy", [3], [1, 1e300, 1], isDouble: true)
        try folder.write("no-channels.npy", [4, 0], [], isDouble: true)
        var spoilt = ramp
        spoilt[3] = .infinity
        try folder.write("spoilt.npy", [4, 3, 2], spoilt, isDouble: false)
        try Data("no array".utf8).write(to: URL(filePath: "\(folder.path)/text.npy"))
        let whole = try Data(contentsOf: URL(filePath: "\(folder.path)/x.npy"))
        try whole.dropLast().write(to: URL(filePath: "\(folder.path)/cut.npy"))
        try FileManager.default.copyItem(
            at: fixture("files/i4_3.npy"), to: URL(filePath: "\(folder.path)/integers.npy"))
        return folder
    }

    static let input = ["--input", "x.npy"]
    static let training = ["--mode", "training"] + input
    static let output = ["--output-directory", "out"]

    @Test(arguments: [
        (["--nonsense"], "unknown option '--nonsense'"),
        (
            ["nonsense"],
            "expected one of compare, apply, inspect, fold, study, help, got 'nonsense'"
        ),
        (
            ["help", "nix"], "expected one of compare, apply, inspect, fold, study, help, got 'nix'"
        ),
        (["apply"], "missing expected argument '--mode"),
        (["apply"] + training, "missing expected argument '--output-directory"),
        (["apply", "--mode", "training"] + output, "missing expected argument '--input"),
        (["apply", "--mode", "testing"] + input + output, "'testing' is invalid for '--mode"),
        (["apply"] + training + output + ["--nonsense"], "unknown option '--nonsense'"),
        (["apply"] + training + output + ["more.npy"], "unexpected argument 'more.npy'"),
        (["apply"] + training + output + ["--epsilon"], "missing value for '--epsilon"),
        (
            ["apply"] + training + output + ["--epsilon", "small"],
            "'small' is invalid for '--epsilon"
        ),
        (
            ["apply"] + training + output + ["--epsilon", "0"],
            "--epsilon: expected a finite number"
        ),
        (["apply"] + training + output + ["--epsilon", "-1e-5"], "--epsilon: expected a finite"),
        (["apply"] + training + output + ["--epsilon", "nan"], "--epsilon: expected a finite"),
        (
            ["apply", "--mode", "inference"] + input + output + ["--epsilon", "inf"],
            "--epsilon: expected a finite"
        ),
        (
            // Without running statistics inference is as strict as training.
            ["apply", "--mode", "inference"] + input + output + ["--epsilon", "0"],
            "--epsilon: expected a finite"
        ),
        (["apply"] + training + output + ["--momentum", "1.1"], "--momentum: expected a number"),
        (["apply"] + training + output + ["--momentum", "-0.1"], "--momentum: expected a number"),
        (["apply"] + training + output + ["--decay", "nan"], "--decay: expected a number"),
        (["apply"] + training + output + ["--cumulative", "0"], "--cumulative: expected a number"),
        (
            ["apply"] + training + output + ["--momentum", "0.1", "--decay", "0.9"],
            "--momentum, --decay, --cumulative: expected at most one"
        ),
        (["apply"] + training + output + ["--threads", "0"], "--threads: expected a number"),
        (["apply"] + training + output + ["--threads", "-2"], "--threads: expected a number"),
        (
            ["apply"] + training + output + ["--engine", "steam"],
            "'steam' is invalid for '--engine"
        ),
        (
            ["apply"] + training + output + ["--variance", "both"],
            "'both' is invalid for '--variance"
        ),
        (["apply"] + training + output + ["--preset", "none"], "'none' is invalid for '--preset"),
        (["apply"] + training + output + ["--non-finite", "no"], "is invalid for '--non-finite"),
        (
            ["apply"] + training + output + ["--channel-axis", "3"],
            "--channel-axis: shape [4, 3, 2]"
        ),
        (["apply"] + training + output + ["--channel-axis", "-4"], "--channel-axis: shape"),
        (["apply"] + training + output + ["--gradient", "x.npy"], "--gradient: expected none"),
        (["apply", "--mode", "backward"] + input + output, "--gradient: expected a file"),
        (
            ["apply", "--mode", "inference-backward"] + input + output,
            "--gradient: expected a file"
        ),
        (
            ["apply"] + training + output + ["--running-mean", "row.npy"],
            "--running-variance: expected a file"
        ),
        (
            ["apply"] + training + output + ["--running-variance", "row.npy"],
            "--running-mean: expected a file"
        ),
    ])
    func badCallsAreRefused(_ arguments: [String], _ message: String) throws {
        let folder = try Self.files()
        let before = try folder.contents()
        try Command.run(arguments, in: folder.path).expectRefusal(64, saying: message)
        #expect(try folder.contents() == before)
    }

    @Test(arguments: [
        (["--mode", "training", "--input", "none.npy"], "--input none.npy: cannot open"),
        (["--mode", "training", "--input", "."], "--input .: expected a regular file"),
        (["--mode", "training", "--input", "two\nlines"], "--input two\\u{a}lines: cannot open"),
        (["--mode", "training", "--input", "text.npy"], "--input text.npy: expected a file that"),
        (["--mode", "training", "--input", "cut.npy"], "--input cut.npy: truncated"),
        (
            ["--mode", "training", "--input", "integers.npy"],
            "expected elements of type <f2, <f4 or <f8, found <i4"
        ),
        (["--mode", "training", "--input", "row.npy"], "--input row.npy: shape [3]"),
        (["--mode", "training", "--input", "no-channels.npy"], "expected at least one channel"),
        (
            ["--mode", "training", "--input", "one-value.npy"],
            "expected more than one value per channel when training, got shape [1, 3, 1]"
        ),
        (
            ["--mode", "backward", "--input", "one-value.npy", "--gradient", "one-value.npy"],
            "expected more than one value per channel when training, got shape [1, 3, 1]"
        ),
        (
            ["--mode", "inference", "--input", "one-value.npy"],
            "channel, or --running-mean and --running-variance beside it, found shape [1, 3, 1]"
        ),
        (
            ["--mode", "training", "--input", "spoilt.npy", "--momentum", "0.1"],
            "--input spoilt.npy: expected numbers with finite statistics, found a NaN, an infinity "
                + "or an overflow in channel 1"
        ),
        (
            [
                "--mode", "backward", "--gradient", "x.npy", "--input", "spoilt.npy",
                "--running-mean", "row.npy", "--running-variance", "row.npy",
            ], "or an overflow in channel 1"
        ),
        (training + ["--gamma", "none.npy"], "--gamma none.npy: cannot open"),
        (
            training + ["--gamma", "four.npy"],
            "--gamma four.npy: expected 1 or 3 elements, or shape [4, 3], found 4"
        ),
        (training + ["--gamma", "large.npy"], "--gamma large.npy: expected numbers in the range"),
        (
            training + ["--gamma", "integers.npy"],
            "--gamma integers.npy: expected elements of type"
        ),
        (
            training + ["--beta", "four.npy"],
            "--beta four.npy: expected 1 or 3 elements, or shape [4, 3], found 4"
        ),
        (training + ["--beta", "text.npy"], "--beta text.npy: expected a file that begins with"),
        (
            training + ["--running-mean", "single.npy", "--running-variance", "row.npy"],
            "--running-mean single.npy: expected 3 elements, found 1"
        ),
        (
            training + ["--running-mean", "row.npy", "--running-variance", "four.npy"],
            "--running-variance four.npy: expected 3 elements, found 4"
        ),
        (
            ["--mode", "inference"] + input
                + ["--running-mean", "row.npy", "--running-variance", "negative.npy"],
            "--running-variance negative.npy: expected variance + epsilon above 0, "
                + "found -1.0 + 1e-05 in channel 1"
        ),
        (
            ["--mode", "inference-backward", "--gradient", "x.npy"] + input
                + ["--running-mean", "row.npy", "--running-variance", "nan.npy"],
            "--running-variance nan.npy: expected variance + epsilon above 0, "
                + "found nan + 1e-05 in channel 2"
        ),
        (
            ["--mode", "backward", "--gradient", "double.npy"] + input,
            "--gradient double.npy: expected elements of type <f4, as in the input, found <f8"
        ),
        (
            ["--mode", "backward", "--gradient", "transposed.npy"] + input,
            "--gradient transposed.npy: expected shape [4, 3, 2], as in the input, found [3, 4, 2]"
        ),
    ])
    func badDataAreRefused(_ arguments: [String], _ message: String) throws {
        let folder = try Self.files()
        let before = try folder.contents()
        try Command.run(["apply"] + Self.output + arguments, in: folder.path)
            .expectRefusal(65, saying: message)
        #expect(try folder.contents() == before)
    }

    /// Terabytes of zeros that take no room on the disk.
    @Test func aTensorBeyondTheMemoryIsRefusedUnread() throws {
        let folder = try Self.files()
        let path = "\(folder.path)/huge.npy"
        var bytes = try NpyArray<Float>(shape: [0, 3, 333_333_333_333], values: []).encoded()
        // The header of an empty array, and two instead of no samples.
        let parenthesis = try #require(bytes.firstIndex(of: UInt8(ascii: "(")))
        bytes[parenthesis + 1] = UInt8(ascii: "2")
        try Data(bytes).write(to: URL(filePath: path))
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.truncate(atOffset: UInt64(bytes.count) + 2 * 3 * 333_333_333_333 * 4)
        try file.close()
        for arguments in [
            ["apply", "--input", "huge.npy", "--mode", "training"] + Self.output,
            ["compare", "huge.npy"],
        ] {
            try Command.run(arguments, in: folder.path)
                .expectRefusal(65, saying: " of memory, got 1999999999998 elements each")
        }
        #expect(!(try folder.contents().contains("out")))
    }

    /// Swift's list of arguments holds other bytes in the place of those that are no UTF-8.
    @Test func anArgumentThatIsNoTextIsRefused() throws {
        let folder = try Self.files()
        let before = try folder.contents()
        for command in [
            "--mode training --input x.npy --output-directory \"$(printf 'out\\377')\"",
            "--mode training --output-directory out --input \"$(printf '\\370.npy')\"",
        ] {
            let outcome = try Command.run(
                ["-c", "'\(Command.executable.path)' apply \(command)"],
                executable: URL(filePath: "/bin/sh"), in: folder.path)
            outcome.expectRefusal(64, saying: "expected text in UTF-8, got '")
        }
        #expect(try folder.contents() == before)
    }

    @Test func aFolderThatCannotBeMadeIsAnError() throws {
        let folder = try Self.files()
        for path in ["x.npy", "x.npy/out", "/dev/null/out"] {
            let outcome = try Command.run(
                ["apply"] + Self.training + ["--output-directory", path], in: folder.path)
            outcome.expectRefusal(65, saying: "--output-directory \(path)")
        }
    }

    @Test func oneFileThatCannotBeWrittenLeavesAllAsTheyWere() throws {
        let folder = try Self.files()
        // The last of the files to be written cannot be replaced.
        let blocked = "\(folder.path)/out/batch_variance.npy"
        try FileManager.default.createDirectory(
            atPath: blocked, withIntermediateDirectories: true)
        try folder.write("out/y.npy", [1], [42], isDouble: true)
        let outcome = try Command.run(
            ["apply"] + Self.training + Self.output, in: folder.path)
        outcome.expectRefusal(65, saying: "--output-directory out/batch_variance.npy")
        #expect(try folder.contents("out") == ["batch_variance.npy", "y.npy"])
        #expect(try folder.read("out/y.npy", isDouble: true).values == [42])
    }

    @Test func earlierOutputsAreReplacedAndOtherFilesKept() throws {
        let folder = try Self.files()
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/out", withIntermediateDirectories: true)
        try folder.write("out/y.npy", [1], [42], isDouble: true)
        try folder.write("out/mine.npy", [1], [42], isDouble: true)
        let outcome = try Command.run(
            ["apply"] + Self.training + Self.output, in: folder.path)
        #expect(outcome.status == 0, outcome.account)
        #expect(
            try folder.contents("out") == [
                "batch_mean.npy", "batch_variance.npy", "mine.npy", "y.npy",
            ])
        #expect(try folder.read("out/y.npy", isDouble: false).shape == [4, 3, 2])
    }
}

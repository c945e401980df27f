import Foundation
import NormalizationFiles
import Testing
import TrainingStudy

@testable import norm

/// A study that is stopped, and goes on.
@Suite struct StudyJournalTests {
    static let small =
        StudyTests.arguments() + [
            "--epochs", "2", "--learning-rates", "0.01,0.1", "--layers", "none,standard",
            "--seeds", "1", "--networks", "cnn",
        ]

    /// study.csv without its last column, the seconds.
    private static func numbers(_ folder: Folder) throws -> [String] {
        try String(contentsOfFile: "\(folder.path)/out/study.csv", encoding: .utf8)
            .split(separator: "\n").map {
                $0.split(separator: ",").dropLast().joined(separator: ",")
            }
    }

    private static func lines(_ folder: Folder) throws -> [String] {
        try String(contentsOfFile: "\(folder.path)/out/trainings.jsonl", encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    private static func write(_ text: String, _ folder: Folder) throws {
        try text.write(
            toFile: "\(folder.path)/out/trainings.jsonl", atomically: true, encoding: .utf8)
    }

    @Test(.enabled(if: StudyTests.hasGnuplot, "gnuplot is not installed"), arguments: [0, 1, 3, 4])
    func aStoppedStudyGoesOnToTheSameBits(kept: Int) throws {
        let folder = try StudyTests.files()
        #expect(try Command.run(Self.small, in: folder.path).status == 0)
        let whole = try Self.numbers(folder)
        let lines = try Self.lines(folder)
        // A head, and two layers at two rates.
        #expect(lines.count == 5)
        // A line that was cut off behind the whole ones.
        try Self.write(
            lines.prefix(kept + 1).joined(separator: "\n") + "\n"
                + (kept < 4 ? String(lines[kept + 1].prefix(40)) : ""), folder)
        try FileManager.default.removeItem(atPath: "\(folder.path)/out/study.csv")

        let outcome = try Command.run(Self.small + ["--continue"], in: folder.path)
        #expect(outcome.status == 0, outcome.account)
        let plan = kept == 0 ? "4 trainings" : "\(4 - kept) of 4 trainings"
        #expect(outcome.error.hasPrefix("\(plan) of 1 network, then pictures: "), outcome.account)
        #expect(try Self.numbers(folder) == whole)
        let after = try Self.lines(folder)
        #expect(Array(after.prefix(kept + 1)) == Array(lines.prefix(kept + 1)))
        #expect(after.count == 5)
        #expect(
            outcome.output.contains("\(kept) of them were there from an earlier run.")
                == (kept > 0),
            outcome.account)
    }

    @Test(.enabled(if: StudyTests.hasGnuplot, "gnuplot is not installed"))
    func aSignalLosesNoTrainingThatHasEnded() throws {
        let folder = try StudyTests.files()
        let call =
            StudyTests.arguments() + ["--epochs", "3", "--seeds", "40", "--layers", "standard"]
        let process = Process()
        process.executableURL = Command.executable
        process.arguments = call
        process.currentDirectoryURL = URL(filePath: folder.path)
        process.standardError = FileHandle.nullDevice
        try process.run()
        let path = "\(folder.path)/out/trainings.jsonl"
        while process.isRunning, ((try? Self.lines(folder)) ?? []).count < 5 { usleep(1000) }
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
        let content = try Data(contentsOf: URL(filePath: path))
        #expect(content.last == UInt8(ascii: "\n"), "no line is cut off by a signal")
        let lines = try Self.lines(folder)
        for line in lines.dropFirst() { _ = try TrainingRecord(line: line.utf8) }
        #expect(try folder.contents("out") == ["trainings.jsonl"])

        // Nobody loses them by a call without --continue, or with other options.
        try Command.run(call, in: folder.path).expectRefusal(
            65,
            saying:
                "--report out: expected no study that is unfinished, found \(lines.count - 1) of "
                + "120 trainings; --continue goes on with them, removing out/trainings.jsonl")
        #expect(try Data(contentsOf: URL(filePath: path)) == content)
    }

    @Test(.enabled(if: StudyTests.hasGnuplot, "gnuplot is not installed"))
    func changedSettingsAreRefusedByName() throws {
        let folder = try StudyTests.files()
        let head = try Self.head(folder)
        let changes: [(String, String, String)] = [
            ("\"not given\"", "\"given\"", "--quick"),
            ("\"0.01,0.1\"", "\"0.5\"", "--learning-rates"),
            ("\"none,standard\"", "\"all\"", "--layers"),
            ("\"--seeds\": \"1\"", "\"--seeds\": \"the default\"", "--seeds"),
            ("\"--epochs\": \"2\"", "\"--epochs\": \"9\"", "--epochs"),
            ("\"cnn\"", "\"all\"", "--networks"),
            ("\"--only\": \"all\"", "\"--only\": \"networks\"", "--only"),
            ("\"\(Version.current)\"", "\"0.0.1\"", "the version of norm"),
            ("fused ", "fused un", "the kernels"),
            ("\"--test-labels\": \"data", "\"--test-labels\": \"other data", "--test-labels"),
            ("\"--train-images\": \"data", "\"--train-images\": \"other data", "--train-images"),
        ]
        for (now, kept, name) in changes {
            let other =
                name == "--quick"
                ? head.replacing("\"given\"", with: "\"not given\"")
                : head.replacing(now, with: kept)
            #expect(other != head, "\(name): \(head)")
            try Self.write(other, folder)
            try Command.run(Self.small + ["--continue"], in: folder.path)
                .expectRefusal(
                    64, saying: "--continue: expected \(name) ")
            #expect(try Self.lines(folder) == [other.trimmingCharacters(in: .newlines)])
        }
    }

    /// The first line of the journal of ``small``, without a run of it.
    private static func head(_ folder: Folder) throws -> String {
        try? FileManager.default.removeItem(atPath: "\(folder.path)/out/trainings.jsonl")
        let process = Process()
        process.executableURL = Command.executable
        process.arguments = small
        process.currentDirectoryURL = URL(filePath: folder.path)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        while process.isRunning, ((try? lines(folder)) ?? []).isEmpty { usleep(1000) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return try lines(folder)[0] + "\n"
    }

    @Test(.enabled(if: StudyTests.hasGnuplot, "gnuplot is not installed"))
    func whatIsNoJournalIsRefusedAndLeft() throws {
        let folder = try StudyTests.files()
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/out", withIntermediateDirectories: true)
        for text in ["a diary\n", "{}\n"] {
            try Self.write(text, folder)
            for continues in [[], ["--continue"]] {
                try Command.run(Self.small + continues, in: folder.path).expectRefusal(
                    65,
                    saying: "out/trainings.jsonl: expected the trainings of a study, found another")
            }
            #expect(try Self.lines(folder).joined() + "\n" == text)
        }
        let head = try Self.head(folder)
        try Self.write(head + "no training\n", folder)
        try Command.run(Self.small + ["--continue"], in: folder.path)
            .expectRefusal(65, saying: "expected a training a line, found another text")
    }

    @Test(.enabled(if: StudyTests.hasGnuplot, "gnuplot is not installed"))
    func aSecondStudyInAFolderIsRefused() throws {
        let folder = try StudyTests.files()
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/out", withIntermediateDirectories: true)
        let descriptor = open(
            "\(folder.path)/out/trainings.jsonl", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        defer { close(descriptor) }
        try #require(descriptor >= 0 && flock(descriptor, LOCK_EX) == 0)
        try Command.run(Self.small, in: folder.path).expectRefusal(
            65, saying: "--report out: expected a folder for one study, found another at work there"
        )
    }
}

import Foundation
import Testing

@Suite struct CommandTests {
    private struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs the program `pitch`, which is built beside the tests.
    private func pitch(
        _ arguments: [String], environment: [String: String]? = nil, output: FileHandle? = nil
    ) throws -> Outcome {
        let here = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let candidates = [
            here.deletingLastPathComponent(),
            Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent(),
        ]
        let program = try #require(
            candidates.map { $0.appending(path: "pitch") }
                .first { FileManager.default.isExecutableFile(atPath: $0.path) })
        let (process, pipe, errors) = (Process(), Pipe(), Pipe())
        process.executableURL = program
        process.arguments = arguments
        if let environment { process.environment = environment }
        process.standardOutput = output ?? pipe
        process.standardError = errors
        try process.run()
        let text = output == nil ? try pipe.fileHandleForReading.readToEnd() ?? Data() : Data()
        let said = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: said, as: UTF8.self))
    }

    @Test func printsTheTableAndWritesIt() throws {
        let folder = try TemporaryFolder()
        let csv = folder.path + "/out.csv"
        let found = try pitch(["--tone", "440", "--seconds", "0.1", "--csv", csv])
        #expect(found.status == 0)
        #expect(found.errors == "")
        let lines = found.output.split(separator: "\n")
        #expect(lines.count == 12)
        #expect(lines[0] == "time_s,frequency_hz,confidence")
        let middle = lines[6].split(separator: ",").compactMap { Double($0) }
        try #require(middle.count == 3)
        #expect(middle[0] == 0.05)
        #expect(abs(middle[1] / 440 - 1) < 0.005)
        #expect(try String(contentsOfFile: csv, encoding: .utf8) == found.output)
    }

    @Test func drawsAnSVG() throws {
        let folder = try TemporaryFolder()
        let svg = folder.path + "/it's a plot.svg"
        let found = try pitch([glidePath, "--plot", svg])
        #expect(found.status == 0, "\(found.errors)")
        let drawing = try String(contentsOfFile: svg, encoding: .utf8)
        #expect(drawing.contains("<svg") && drawing.contains("</svg>"))
        #expect(drawing.contains("glide.wav") && drawing.contains("pitch in Hz"))
    }

    @Test func drawsSilenceAndNamesWithQuotes() throws {
        let folder = try TemporaryFolder()
        let silence = [Float](repeating: 0, count: 1600)
        let sound = try folder.file("it's \"\\silence.wav", Wave.file(silence, rate: 16_000))
        let found = try pitch([sound, "--plot", folder.path + "/out.svg"])
        #expect(found.status == 0, "\(found.errors)")
        let drawing = try String(contentsOfFile: folder.path + "/out.svg", encoding: .utf8)
        #expect(drawing.contains("silence.wav"))
    }

    @Test func unreadableSoundIsOneLineAndStatus65() throws {
        let folder = try TemporaryFolder()
        let paths = [
            folder.path + "/missing.wav", try folder.file("empty.wav"),
            try folder.file("text.wav", Array("not audio".utf8)),
        ]
        for path in paths {
            let found = try pitch([path])
            #expect(found.status == 65, "\(path)")
            #expect(found.output == "")
            #expect(found.errors.hasPrefix("pitch: \(path): ") && found.errors.hasSuffix("\n"))
            #expect(found.errors.filter { $0 == "\n" }.count == 1, "\(found.errors)")
        }
    }

    @Test(arguments: [
        [], ["a.wav", "--tone", "440"], ["--tone", "0"], ["--tone", "8000"], ["--tone", "nan"],
        ["--tone", "440", "--seconds", "-1"], ["--tone", "440", "--threads", "0"], ["--bad"],
        ["--tone", "440", "--csv", ""], ["--tone", "440", "--csv", "a", "--plot", "a"],
    ])
    func wrongArgumentsAreStatus64(_ arguments: [String]) throws {
        #expect(try pitch(arguments).status == 64)
    }

    @Test func missingGnuplotIsStatus69AndLeavesNoFile() throws {
        let folder = try TemporaryFolder()
        let svg = folder.path + "/out.svg"
        let found = try pitch(
            ["--tone", "440", "--seconds", "0.01", "--plot", svg],
            environment: ["PATH": folder.path])
        #expect(found.status == 69)
        #expect(found.errors.contains("gnuplot-nox"))
        #expect(!FileManager.default.fileExists(atPath: svg))
    }

    @Test func outputThatCannotBeWrittenIsStatus73() throws {
        let folder = try TemporaryFolder()
        let csv = folder.path + "/none/out.csv"
        let found = try pitch(["--tone", "440", "--seconds", "0.01", "--csv", csv])
        #expect(found.status == 73)
        #expect(found.errors.contains(csv))
    }

    @Test func fullStandardOutputIsStatus73() throws {
        let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        let found = try pitch(["--tone", "440", "--seconds", "0.01"], output: full)
        #expect(found.status == 73)
        #expect(found.errors.hasPrefix("pitch: standard output: "))
    }

    /// The same pitch folded and unfolded; unrefined, the network's own.
    @Test func optionsOfTheNetworkAreTaken() throws {
        func pitches(_ options: String...) throws -> [Double] {
            let found = try pitch(["--tone", "311", "--seconds", "0.1"] + options)
            #expect(found.status == 0, "\(found.errors)")
            return found.output.split(separator: "\n").dropFirst().compactMap {
                Double($0.split(separator: ",")[1])
            }
        }
        let (usual, unfolded) = (try pitches(), try pitches("--unfolded"))
        try #require(usual.count == 11 && unfolded.count == 11)
        for (usual, unfolded) in zip(usual, unfolded) { #expect(abs(usual - unfolded) <= 0.002) }
        let unrefined = try pitches("--unrefined")
        #expect(unrefined.count == 11)
        #expect(unrefined != usual)
    }
}

internal import ArgumentParser
internal import COpenBLASThreads
internal import Foundation
internal import PitchTracker

@main
struct Pitch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pitch",
        abstract: "Prints the pitch of a sound over time, and draws it.",
        discussion: """
            The table has the columns time_s, frequency_hz and confidence, a line every 10 ms. The \
            pitch is what the CREPE "tiny" network hears, between 32 and 2006 Hz, made exact by the \
            period of the sound; where confidence is low there is no pitch to hear. The sound must \
            be of one voice.

            Exit status: 0, 64 for wrong arguments, 65 for a sound that cannot be read, 69 when \
            gnuplot is missing, 73 for an output that cannot be written.
            """)

    @Argument(
        help: "A sound file of any format that libsndfile reads, any channels, any sample rate.")
    var file: String?

    @Option(help: ArgumentHelp("Listen to a sine of this frequency instead.", valueName: "hz"))
    var tone: Double?

    @Option(help: ArgumentHelp("The duration of the sine in seconds.", valueName: "s"))
    var seconds = 1.0

    @Option(help: ArgumentHelp("Write the table to this file too.", valueName: "out.csv"))
    var csv: String?

    @Option(help: ArgumentHelp("Draw the pitch in this SVG file.", valueName: "out.svg"))
    var plot: String?

    @Option(help: ArgumentHelp("How many threads share the work.", valueName: "n"))
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Print the network's own estimates, not refined by the sound's period.")
    var unrefined = false

    @Flag(help: "Run batch normalization as layers, not folded into those after them.")
    var unfolded = false

    func validate() throws {
        guard (file == nil) != (tone == nil) else {
            throw ValidationError("Expected a sound file or --tone, and not both.")
        }
        if let tone, !(tone > 0 && tone < Double(Sound.sampleRate) / 2) {
            throw ValidationError("Expected --tone between 0 and 8000 Hz, found \(tone).")
        }
        guard seconds > 0, seconds <= 3600 else {
            throw ValidationError("Expected --seconds between 0 and 3600, found \(seconds).")
        }
        guard threads >= 1, threads <= 1024 else {
            throw ValidationError("Expected --threads between 1 and 1024, found \(threads).")
        }
        guard csv != "", plot != "" else {
            throw ValidationError("Expected a file's name for --csv and --plot, found none.")
        }
        guard csv == nil || csv != plot else {
            throw ValidationError("Expected two files for --csv and --plot, found one.")
        }
    }

    func run() async throws {
        // Each of our threads calls OpenBLAS; its own would only get in their way.
        openblas_set_num_threads(1)
        do {
            let sound =
                try file.map { path throws(PitchError) in try Sound(contentsOf: path) }
                ?? Sound(tone: tone ?? 0, seconds: seconds)
            let tracker = PitchTracker(
                network: try CrepeNetwork(folded: !unfolded), threads: threads, refines: !unrefined)
            let estimates = try await tracker.track(sound)
            let table = PitchTable(estimates)
            do { try FileHandle.standardOutput.write(contentsOf: Data(table.text.utf8)) } catch {
                FileHandle.standardError.write(Data("pitch: standard output: cannot write\n".utf8))
                throw ExitCode(73)
            }
            if let csv { try table.write(to: csv) }
            if let plot { try PitchPlot(estimates, title: title).write(to: plot) }
        } catch let error as PitchError {
            FileHandle.standardError.write(Data("pitch: \(error)\n".utf8))
            throw ExitCode(error.exitStatus)
        }
    }

    private var title: String {
        file.map { URL(filePath: $0).lastPathComponent }
            ?? String(format: "a sine of %g Hz", tone ?? 0)
    }
}

extension PitchError {
    /// The exit status, in the words of sysexits.h.
    fileprivate var exitStatus: Int32 {
        switch self {
        case .gnuplotMissing, .gnuplotFailed: 69
        case .file: 73
        default: 65
        }
    }
}

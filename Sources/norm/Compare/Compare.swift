import ArgumentParser
import Foundation
import Normalization
import NormalizationFiles

/// `norm compare`: every engine against the reference, for the numbers and for the time.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare the engines with the scalar reference, in numbers and in speed.",
        usage: """
            norm compare [FILE.npy] [--channel-axis K] [OPTIONS]
            norm compare --shapes resnet50|densenet121|SHAPE… [--batch N] [OPTIONS]
            norm compare --sweep [--sizes SIZE…] [--types f4|f8|f2|bf16…] [OPTIONS]
            """,
        discussion: """
            For training, inference and backward: the largest absolute difference of y
            (backward: of dx), the median time, the bytes that must move per second,
            and the speed-up over the reference engine on one thread. A line an operation
            is printed; --full prints all of it, --tables and --json write it. Without a
            file or shapes it runs on the data that ship with the command.

            Options that take several values take them apart or joined by commas; a
            FILE stands before them.

            EXAMPLES
              norm compare
              norm compare activations.npy --channel-axis -1 --engines all
              norm compare --shapes resnet50 --batch 8 --json resnet50.json
              norm compare --shapes 8x64x56x56 32x512x7x7 --threads 1
              norm compare --shapes 4096x768 --layers layer rms --plot speed.svg
              norm compare --sweep --sizes 64KB 1MB
            """)

    @Argument(help: "The tensor to run on: an .npy file of <f2, <f4 or <f8.")
    var file: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The axis of the channels; negative counts from the end. (default: 1)",
            discussion: """
                With resnet50 and densenet121, the channels are put there: -1 makes their shapes \
                channels-last.
                """,
            valueName: "K"))
    var channelAxis: Int?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Seeded random normal numbers (<f4) instead of a file, in these shapes.",
            discussion: """
                resnet50 or densenet121: the input of every batch normalization of that network \
                for pictures of 224x224. Or a shape in full, its batch included: 32x64x56x56.
                """,
            valueName: "shape"))
    var shapes: [String] = []

    @Option(
        help: ArgumentHelp("The batch of resnet50 and densenet121. (default: 32)", valueName: "N"))
    var batch: Int?

    @Flag(
        help: ArgumentHelp(
            "Instead of some shapes, a grid of planes and channels; names the ten worst.",
            discussion: """
                About a minute for each size and type: a grid an operation of nanoseconds an \
                element, with a mark where an engine is faster than the one that runs by default.
                """))
    var sweep = false

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "With --sweep: how large the tensors are, such as 64KB or 25MB. (default: 1MB)",
            valueName: "size"))
    var sizes: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "With --sweep: f4 for Float, f8 for Double, f2 for Float16, bf16, or all. (default: f4)",
            valueName: "type"))
    var types: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "\(ComparedLayer.allCases.map(\.rawValue).joined(separator: ", ")), or all.",
            discussion: """
                group has 32 groups, or the most that the channels fall into; layer and rms normalize \
                the channels at each position; ghost has batches of half the samples, masked from half \
                to all of each. (default: standard)
                """,
            valueName: "layer"))
    var layers: [String] = ["standard"]

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "\(Engine.allCases.map(\.rawValue).joined(separator: ", ")), or all.",
            valueName: "engine"))
    var engines: [String] = ["all"]

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The most threads a call may use, a row for each. (default: 1, and all cores)",
            discussion: "Small tensors take one in any case.",
            valueName: "T"))
    var threads: [String] = []

    @Flag(help: "Print a table for each tensor and layer instead of a line an operation.")
    var full = false

    @Option(help: ArgumentHelp("Write those tables into a file.", valueName: "file"))
    var tables: String?

    @Option(
        help: ArgumentHelp(
            "Write the results as JSON too; - writes only them, to standard output.",
            valueName: "file"))
    var json: String?

    @Option(
        help: ArgumentHelp(
            "Draw the speed-ups, a row for each tensor and layer.", valueName: "file.svg"))
    var plot: String?

    func run() throws {
        guard !sweep else {
            guard !full, tables == nil else {
                throw Failure.call("\(full ? "--full" : "--tables"): not with --sweep")
            }
            return try write(sweepSession().results())
        }
        guard sizes.isEmpty, types.isEmpty else {
            throw Failure.call("\(sizes.isEmpty ? "--types" : "--sizes"): only with --sweep")
        }
        let layers = try list(layers, from: ComparedLayer.allCases, "--layers")
        let subjects = try Subject.chosen(
            file: file, shapes: shapes, batch: batch, channelAxis: channelAxis, layers: layers)
        let engines = try list(engines, from: Engine.allCases, "--engines")
        let threads = try threadCounts()
        let contenders = engines.flatMap { engine in
            threads.map { Contender(engine: engine, threads: $0) }
        }
        try checkOutput()

        let run = CompareSession(
            layers: layers, contenders: contenders,
            told: json == "-" ? .nothing : full ? .tables : .lines)
        let (results, text) = try run.results(on: subjects)
        if let tables { try write(text, to: tables) }
        if let plot, !results.isEmpty {
            try write(ComparePicture(results).svg, to: plot)
        }
        try write(results)
        guard json != "-", !full else { return }
        try StandardOutput.write(
            "Every engine, with differences and GB/s: \(tables ?? "--full prints it").\n")
    }

    /// Better now than after minutes of measuring.
    func checkOutput() throws {
        for (option, output) in [("--json", json), ("--tables", tables), ("--plot", plot)] {
            try OtherFile.expect(option, output, than: [file].compactMap { $0 })
            guard let output, option != "--json" || output != "-" else { continue }
            do { _ = try AtomicFile(output) } catch { throw Failure.data("\(option) \(error)") }
        }
    }

    private func write(_ results: [EngineResult]) throws {
        guard let json else { return }
        guard json != "-" else { return try StandardOutput.write(results.json) }
        try write(results.json, to: json)
    }

    private func write(_ text: String, to path: String) throws {
        var file = try AtomicFile(path)
        try file.write(Array(text.utf8))
        try file.commit()
    }

    func threadCounts() throws(Failure) -> [Int] {
        guard !threads.isEmpty else {
            let cores = ProcessInfo.processInfo.activeProcessorCount
            return cores > 1 ? [1, cores] : [1]
        }
        var counts: [Int] = []
        for word in threads.flatMap({ $0.split(separator: ",") }) {
            guard let count = Int(word), count > 0 else {
                throw .call("--threads: expected a number from 1 on, got '\(word)'")
            }
            if !counts.contains(count) { counts.append(count) }
        }
        return counts
    }
}

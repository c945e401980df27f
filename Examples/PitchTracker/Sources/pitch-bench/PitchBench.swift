internal import ArgumentParser
internal import BLAS
internal import COpenBLASThreads
internal import Foundation
internal import NormalizationFiles
internal import PitchTracker

/// Times the network alone, for people and for compare_with_pytorch.py.
@main
struct PitchBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pitch-bench",
        abstract: "Says where the network's time goes, as it is and with normalization folded.",
        discussion: """
            Both networks run in turn on the same frames, and the medians count. Times of steps are \
            those of all threads together.
            """)

    @Argument(help: "A .npy file of type <f4 and shape (frames, 1024); without it, 512 of a glide.")
    var frames: String?

    @Option(help: ArgumentHelp("How many threads share the work.", valueName: "n"))
    var threads = 1

    @Option(help: ArgumentHelp("How often each network runs.", valueName: "n"))
    var repeats = 21

    @Flag(help: "Run both once for each line of standard input, and print the milliseconds.")
    var onRequest = false

    @Option(
        help: ArgumentHelp("Write the probabilities there first.", valueName: "out.npy"))
    var output: String?

    @Option(
        help: ArgumentHelp("Write those of the folded network there.", valueName: "out.npy"))
    var foldedOutput: String?

    func validate() throws {
        guard threads >= 1, repeats >= 1 else {
            throw ValidationError("Expected --threads and --repeats of 1 or more.")
        }
    }

    func run() async throws {
        // Each of our threads calls OpenBLAS; its own would only get in their way.
        openblas_set_num_threads(1)
        let values = try frames.map(PitchBench.values) ?? PitchBench.glide()
        let plain = Contestant(try CrepeNetwork(), threads: threads, frames: values)
        let folded = Contestant(try CrepeNetwork(folded: true), threads: threads, frames: values)
        // The first runs are not counted: they touch fresh memory.
        for (contestant, path) in [(plain, output), (folded, foldedOutput)] {
            let probabilities = try await contestant.run().probabilities
            if let path {
                try NpyArray(shape: [contestant.count, PitchEstimate.bins], values: probabilities)
                    .write(to: path)
            }
        }
        if onRequest {
            say("ready \(OpenBLAS.coreName)")
            var isEven = false
            while readLine() != nil {
                isEven.toggle()
                let pair = try await PitchBench.pair(plain, folded, plainFirst: isEven)
                say("\(pair.plain.milliseconds) \(pair.folded.milliseconds)")
            }
            return
        }
        var runs: (plain: [Run], folded: [Run]) = ([], [])
        for index in 0..<repeats {
            let pair = try await PitchBench.pair(
                plain, folded, plainFirst: index.isMultiple(of: 2))
            runs.plain.append(pair.plain)
            runs.folded.append(pair.folded)
        }
        print(
            "\(OpenBLAS.coreName) kernels, \(threads) thread(s), \(plain.count) frames, "
                + "medians of \(repeats) runs in turn, microseconds a frame")
        print(ProfileTable(plain: runs.plain, folded: runs.folded, frames: plain.count).text)
    }

    /// A run of each. Who goes first pays for what ran before, so they take turns at it.
    private static func pair(
        _ plain: Contestant, _ folded: Contestant, plainFirst: Bool
    ) async throws -> (plain: Run, folded: Run) {
        if plainFirst {
            let first = try await plain.run()
            return (first, try await folded.run())
        }
        let first = try await folded.run()
        return (try await plain.run(), first)
    }

    /// A line that is there at once, even where the output is a pipe.
    private func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }

    private static func values(at path: String) throws -> [Float] {
        let input = try NpyArray<Float>(contentsOf: path)
        guard input.shape.count == 2, input.shape[1] == FrameSequence.length, input.shape[0] > 0
        else { throw ValidationError("Expected shape (frames, 1024), found \(input.shape).") }
        return input.values
    }

    /// 512 frames of a tone that rises from 100 Hz to 800 Hz.
    private static func glide() -> [Float] {
        let (count, hop) = (512, 160)
        var turns = 0.0
        let samples = (0..<(count - 1) * hop).map { index in
            turns += 100 * exp2(3 * Double(index) / Double(count * hop)) / 16_000
            return Float(0.5 * sin(2 * .pi * turns))
        }
        return FrameSequence(of: Sound(samples: samples), hop: hop).normalized(0..<count)
    }
}

/// One run over all frames.
struct Run {
    var milliseconds: Double
    var times: StageTimes
    var probabilities: [Float]
}

/// A network, the threads it may use and the frames it runs on.
private struct Contestant {
    let network: CrepeNetwork
    let tracker: PitchTracker
    let frames: [Float]
    var count: Int { frames.count / FrameSequence.length }

    init(_ network: CrepeNetwork, threads: Int, frames: [Float]) {
        self.network = network
        tracker = PitchTracker(network: network, threads: threads)
        self.frames = frames
    }

    func run() async throws -> Run {
        let start = ContinuousClock.now
        let (probabilities, times) = try await tracker.inGroups(of: count) {
            [network, frames] range, workspace throws(PitchError) in
            let numbers =
                range.lowerBound * FrameSequence.length..<range.upperBound * FrameSequence.length
            return try network.probabilities(of: Array(frames[numbers]), in: &workspace)
        }
        let milliseconds = start.duration(to: .now) / .milliseconds(1)
        return Run(milliseconds: milliseconds, times: times, probabilities: probabilities)
    }
}

internal import ArgumentParser
internal import BLAS
internal import COpenBLASThreads
internal import NormalizationFiles
internal import PitchTracker

/// Times the network alone, on frames from a file, for compare_with_pytorch.py and by hand.
@main
struct PitchBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pitch-bench",
        abstract: "Times the network on normalized frames, and says where the time goes.")

    @Argument(help: "A .npy file of type <f4 and shape (frames, 1024).")
    var frames: String

    @Option(help: "How many threads share the work.")
    var threads = 1

    @Option(help: "How often to run; the fastest run counts.")
    var repeats = 7

    @Flag(help: "Fold batch normalization into the layers after it.")
    var folded = false

    @Option(help: ArgumentHelp("Write the probabilities there.", valueName: "out.npy"))
    var output: String?

    func validate() throws {
        guard threads >= 1, repeats >= 1 else {
            throw ValidationError("Expected --threads and --repeats of 1 or more.")
        }
    }

    func run() async throws {
        openblas_set_num_threads(1)
        let input = try NpyArray<Float>(contentsOf: frames)
        guard input.shape.count == 2, input.shape[1] == FrameSequence.length else {
            throw ValidationError("Expected shape (frames, 1024), found \(input.shape).")
        }
        let (values, count) = (input.values, input.shape[0])
        let network = try CrepeNetwork(folded: folded)
        let tracker = PitchTracker(network: network, threads: threads)
        var best: (wall: Duration, times: StageTimes, probabilities: [Float])?
        for _ in 0..<repeats {
            let start = ContinuousClock.now
            let (probabilities, times) = try await tracker.inGroups(of: count) {
                range, workspace throws(PitchError) in
                let numbers =
                    range.lowerBound * FrameSequence.length..<range.upperBound
                    * FrameSequence.length
                return try network.probabilities(of: Array(values[numbers]), in: &workspace)
            }
            let wall = start.duration(to: .now)
            if best.map({ wall < $0.wall }) ?? true { best = (wall, times, probabilities) }
        }
        guard let best else { return }
        if let output {
            try NpyArray(shape: [count, PitchEstimate.bins], values: best.probabilities)
                .write(to: output)
        }
        print("\(OpenBLAS.coreName), \(threads) thread(s), \(count) frames, best of \(repeats)")
        print("ms_per_frame \(best.wall / .milliseconds(count))")
        let times = best.times
        for (name, time) in [
            ("convolution", times.convolution), ("bias_and_relu", times.activation),
            ("batch_normalization", times.normalization), ("max_pooling", times.pooling),
            ("dense_and_sigmoid", times.dense),
        ] {
            print("share_\(name) \(time / times.total)")
        }
    }
}

import Foundation
import SeededRandom
import Testing

@testable import norm

/// What `norm apply` computes, against the textbook's formulas.
@Suite struct ApplyTests {
    /// x and ∂y of a shape in a folder, with parameters and running statistics for its channels.
    struct Problem {
        let folder: Folder
        let isDouble: Bool
        var book: Textbook

        init(_ shape: [Int], channelAxis: Int = 1, isDouble: Bool = true) throws {
            folder = try Folder()
            self.isDouble = isDouble
            var generator = SplitMix64(seed: UInt64(shape.reduce(7) { 31 * $0 + $1 }))
            // Numbers that both types hold, a mean that is not zero.
            func numbers(_ count: Int, _ offset: Double = 0) -> [Double] {
                let values: [Float] = generator.normal(count: count)
                return values.map { Double($0 + Float(offset)) }
            }
            let count = shape.reduce(1, *)
            book = Textbook(
                shape: shape, channelAxis: channelAxis, x: numbers(count, 3), dy: numbers(count),
                gamma: numbers(shape[channelAxis], 1), beta: numbers(shape[channelAxis]))
            try folder.write("x.npy", shape, book.x, isDouble: isDouble)
            try folder.write("dy.npy", shape, book.dy ?? [], isDouble: isDouble)
        }

        var channels: Int { book.channels }

        /// Writes numbers for each channel in the type that x does not have.
        func write(_ name: String, _ values: [Double], shape: [Int]? = nil) throws {
            try folder.write(name, shape ?? [values.count], values, isDouble: !isDouble)
        }

        /// Runs `norm apply` on x into `out`, which must go well and say nothing.
        func apply(_ arguments: String...) throws -> Outcome {
            let outcome = try Command.run(
                ["apply", "--input", "x.npy", "--output-directory", "out"] + arguments,
                in: folder.path)
            #expect(
                outcome.status == 0 && outcome.output == "" && outcome.error == "", outcome.account)
            return outcome
        }

        /// Expects `out` to hold these files and no others.
        func expectFiles(_ names: String..., outcome: Outcome) throws {
            #expect(
                try folder.contents("out") == names.map { $0 + ".npy" }.sorted(), outcome.account)
        }

        func expect(
            _ name: String, _ values: [Double], sizes: [Double]? = nil, shape: [Int],
            _ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let found = try folder.read("out/\(name).npy", isDouble: isDouble)
            #expect(found.shape == shape, outcome.account, sourceLocation: sourceLocation)
            book.expectEqual(
                found.values, values, sizes: sizes ?? values.map { 1 + abs($0) },
                isDouble: isDouble, units: book.units, name, outcome.account,
                sourceLocation: sourceLocation)
        }

        /// Expects what the formulas give, in the shapes of x and of the parameters.
        func expectResults(_ outcome: Outcome, gamma: [Int]? = nil, beta: [Int]? = nil) throws {
            for (name, expected) in book.results {
                let shape: [Int]? =
                    switch name {
                    case "dgamma": gamma
                    case "dbeta": beta
                    default: book.shape
                    }
                try expect(
                    name, expected.values, sizes: expected.sizes, shape: shape ?? [channels],
                    outcome)
            }
        }

        func expectBatchStatistics(_ outcome: Outcome) throws {
            try expect("batch_mean", book.batchMean, shape: [channels], outcome)
            try expect("batch_variance", book.batchVariance, shape: [channels], outcome)
        }
    }

    @Test(
        arguments: [([7, 5], 1), ([4, 3, 6], 1), ([3, 4, 5, 2], 1), ([3, 2, 2, 5], -1)],
        [false, true])
    func backwardAlsoWritesWhatTrainingWrites(
        _ layout: (shape: [Int], axis: Int), _ isDouble: Bool
    ) throws {
        let rank = layout.shape.count
        let problem = try Problem(
            layout.shape, channelAxis: (layout.axis + rank) % rank, isDouble: isDouble)
        let book = problem.book
        let old = (
            mean: [Double](repeating: 0.25, count: problem.channels),
            variance: [Double](repeating: 2, count: problem.channels)
        )
        try problem.write("gamma.npy", book.gamma ?? [])
        try problem.write("beta.npy", book.beta ?? [], shape: [1, problem.channels, 1])
        try problem.write("mean.npy", old.mean, shape: [problem.channels, 1])
        try problem.write("variance.npy", old.variance)
        let outcome = try problem.apply(
            "--mode", "backward", "--gradient", "dy.npy", "--channel-axis", "\(layout.axis)",
            "--gamma", "gamma.npy", "--beta", "beta.npy", "--running-mean", "mean.npy",
            "--running-variance", "variance.npy")
        try problem.expectFiles(
            "y", "batch_mean", "batch_variance", "running_mean", "running_variance", "dx",
            "dgamma", "dbeta", outcome: outcome)
        try problem.expectResults(outcome, beta: [1, problem.channels, 1])
        try problem.expectBatchStatistics(outcome)
        // PyTorch's convention is the default.
        let new = book.updated(old, weight: 0.1, isUnbiased: true)
        try problem.expect("running_mean", new.mean, shape: [problem.channels, 1], outcome)
        try problem.expect("running_variance", new.variance, shape: [problem.channels], outcome)
    }

    @Test func trainingWithoutRunningStatisticsWritesNone() throws {
        let problem = try Problem([4, 3, 5])
        let outcome = try problem.apply("--mode", "training", "--epsilon", "1e-5")
        try problem.expectFiles("y", "batch_mean", "batch_variance", outcome: outcome)
        try problem.expectBatchStatistics(outcome)
    }

    @Test func absentParametersHaveNoGradients() throws {
        var problem = try Problem([4, 3, 5])
        (problem.book.gamma, problem.book.beta) = (nil, nil)
        let outcome = try problem.apply("--mode", "backward", "--gradient", "dy.npy")
        try problem.expectFiles("y", "batch_mean", "batch_variance", "dx", outcome: outcome)
        try problem.expectResults(outcome)
    }

    @Test func oneElementIsSharedByAllChannels() throws {
        var problem = try Problem([4, 3, 5], isDouble: false)
        (problem.book.gamma, problem.book.beta) = ([1.5], [-0.5])
        try problem.write("gamma.npy", [1.5], shape: [])
        try problem.write("beta.npy", [-0.5], shape: [1, 1])
        let outcome = try problem.apply(
            "--mode", "backward", "--gradient", "dy.npy", "--gamma", "gamma.npy", "--beta",
            "beta.npy")
        try problem.expectResults(outcome, gamma: [], beta: [1, 1])
    }

    @Test func inferenceUsesTheRunningStatisticsAndLeavesThemAlone() throws {
        var problem = try Problem([4, 3, 5])
        let running = (mean: [1.0, 2.0, 3.0], variance: [0.5, 4.0, 9.0])
        problem.book.running = running
        try problem.write("gamma.npy", problem.book.gamma ?? [])
        try problem.write("beta.npy", problem.book.beta ?? [])
        try problem.write("mean.npy", running.mean)
        try problem.write("variance.npy", running.variance)
        let files = [
            "--gamma", "gamma.npy", "--beta", "beta.npy", "--running-mean", "mean.npy",
            "--running-variance", "variance.npy",
        ]
        let dy = problem.book.dy
        problem.book.dy = nil
        var outcome = try Command.run(
            ["apply", "--mode", "inference", "--input", "x.npy", "--output-directory", "out"]
                + files, in: problem.folder.path)
        try problem.expectFiles("y", outcome: outcome)
        try problem.expectResults(outcome)

        problem.book.dy = dy
        outcome = try Command.run(
            ["apply", "--mode", "inference-backward", "--gradient", "dy.npy"] + files
                + ["--input", "x.npy", "--output-directory", "out"], in: problem.folder.path)
        try problem.expectFiles("y", "dx", "dgamma", "dbeta", outcome: outcome)
        try problem.expectResults(outcome)
    }

    @Test func inferenceWithoutRunningStatisticsUsesTheBatch() throws {
        var problem = try Problem([4, 3, 5])
        (problem.book.gamma, problem.book.beta) = (nil, nil)
        let outcome = try problem.apply(
            "--mode", "inference-backward", "--gradient", "dy.npy", "--momentum", "0.1")
        try problem.expectFiles("y", "batch_mean", "batch_variance", "dx", outcome: outcome)
        try problem.expectResults(outcome)
        try problem.expectBatchStatistics(outcome)
    }

    @Test(arguments: [
        (["--momentum", "0.3"], 0.3, true), (["--decay", "0.75"], 0.25, true),
        (["--cumulative", "1"], 1, true), (["--cumulative", "4"], 0.25, true),
        (["--decay", "0.5", "--variance", "biased"], 0.5, false),
        (["--preset", "keras", "--momentum", "0.5"], 0.5, false),
        (["--preset", "onnx", "--momentum", "0.5", "--variance", "unbiased"], 0.5, true),
    ])
    func updateWeightsStartTheRunningStatistics(
        _ options: [String], _ weight: Double, _ isUnbiased: Bool
    ) throws {
        let problem = try Problem([4, 3, 5])
        let outcome = try Command.run(
            ["apply", "--mode", "training", "--input", "x.npy", "--output-directory", "out"]
                + options, in: problem.folder.path)
        let new = problem.book.updated(
            (mean: [0, 0, 0], variance: [1, 1, 1]), weight: weight, isUnbiased: isUnbiased)
        try problem.expect("running_mean", new.mean, shape: [3], outcome)
        try problem.expect("running_variance", new.variance, shape: [3], outcome)
    }

    @Test(arguments: [
        ("pytorch", 1e-5, 0.1, true), ("keras", 1e-3, 0.01, false), ("onnx", 1e-5, 0.1, false),
    ])
    func presetsCarryEpsilonWeightAndVariance(
        _ preset: String, _ epsilon: Double, _ weight: Double, _ isUnbiased: Bool
    ) throws {
        var problem = try Problem([4, 3, 5])
        (problem.book.gamma, problem.book.beta, problem.book.dy) = (nil, nil, nil)
        problem.book.epsilon = epsilon
        try problem.write("mean.npy", [0, 1, 2])
        try problem.write("variance.npy", [1, 2, 3])
        let outcome = try problem.apply(
            "--mode", "training", "--preset", preset, "--running-mean", "mean.npy",
            "--running-variance", "variance.npy")
        try problem.expectResults(outcome)
        let new = problem.book.updated(
            (mean: [0, 1, 2], variance: [1, 2, 3]), weight: weight, isUnbiased: isUnbiased)
        try problem.expect("running_mean", new.mean, shape: [3], outcome)
        try problem.expect("running_variance", new.variance, shape: [3], outcome)
    }

    @Test func nonFiniteChannelsAreSkippedOrPropagatedAsAsked() throws {
        let folder = try Folder()
        // Channel 1 of two holds a NaN.
        try folder.write("x.npy", [3, 2], [1, 5, 2, .nan, 6, 7], isDouble: true)
        for policy in ["skip", "propagate"] {
            let outcome = try Command.run(
                "apply", "--mode", "training", "--input", "x.npy", "--momentum", "0.5",
                "--non-finite", policy, "--output-directory", policy, in: folder.path)
            #expect(outcome.status == 0, outcome.account)
            let y = try folder.read("\(policy)/y.npy", isDouble: true).values
            #expect(y.map(\.isNaN) == [false, true, false, true, false, true], outcome.account)
            let mean = try folder.read("\(policy)/running_mean.npy", isDouble: true).values
            let variance = try folder.read("\(policy)/running_variance.npy", isDouble: true).values
            // Mean 3 and unbiased variance 7 of channel 0.
            #expect(mean[0] == 1.5 && variance[0] == 4, outcome.account)
            if policy == "skip" {
                #expect(mean[1] == 0 && variance[1] == 1, outcome.account)
            } else {
                #expect(mean[1].isNaN && variance[1].isNaN, outcome.account)
            }
        }
    }

    @Test func anEmptyBatchLeavesTheRunningStatisticsAlone() throws {
        let folder = try Folder()
        try folder.write("x.npy", [0, 2, 4], [], isDouble: false)
        try folder.write("mean.npy", [2], [3, 4], isDouble: false)
        try folder.write("variance.npy", [2], [5, 6], isDouble: false)
        try folder.write("gamma.npy", [2], [1, 1], isDouble: false)
        try folder.write("beta.npy", [1], [1], isDouble: false)
        let outcome = try Command.run(
            "apply", "--mode", "backward", "--input", "x.npy", "--gradient", "x.npy", "--gamma",
            "gamma.npy", "--beta", "beta.npy", "--running-mean", "mean.npy", "--running-variance",
            "variance.npy", "--output-directory", "out", in: folder.path)
        #expect(outcome.status == 0, outcome.account)
        #expect(
            try folder.contents("out") == [
                "dbeta.npy", "dgamma.npy", "dx.npy", "running_mean.npy", "running_variance.npy",
                "y.npy",
            ])
        #expect(try folder.read("out/y.npy", isDouble: false).shape == [0, 2, 4])
        #expect(try folder.read("out/dx.npy", isDouble: false).shape == [0, 2, 4])
        #expect(try folder.read("out/running_mean.npy", isDouble: false).values == [3, 4])
        #expect(try folder.read("out/running_variance.npy", isDouble: false).values == [5, 6])
        #expect(try folder.read("out/dgamma.npy", isDouble: false).values == [0, 0])
        #expect(try folder.read("out/dbeta.npy", isDouble: false).values == [0])
    }

    @Test func aConstantChannelGivesExactlyBeta() throws {
        let folder = try Folder()
        try folder.write("x.npy", [4, 1, 3], Array(repeating: 0.1, count: 12), isDouble: false)
        try folder.write("beta.npy", [1], [0.7], isDouble: false)
        let outcome = try Command.run(
            "apply", "--mode", "training", "--input", "x.npy", "--beta", "beta.npy",
            "--output-directory", "out", in: folder.path)
        #expect(outcome.status == 0, outcome.account)
        let y = try folder.read("out/y.npy", isDouble: false).values
        #expect(y == Array(repeating: Double(Float(0.7)), count: 12))
    }

    @Test func engineAndThreadsAreTheOnesAskedFor() throws {
        // Large enough for two threads; the same bits for any number of them.
        let problem = try Problem([16, 8, 32, 32], isDouble: false)
        var written: [[UInt8]] = []
        for threads in ["1", "2", "3"] {
            _ = try problem.apply("--mode", "training", "--engine", "blas", "--threads", threads)
            let bytes = try Data(contentsOf: URL(filePath: "\(problem.folder.path)/out/y.npy"))
            written.append(Array(bytes))
        }
        #expect(written[0] == written[1] && written[1] == written[2])
    }
}

import Foundation
import NormalizationFiles
import SeededRandom
import Testing

@testable import norm

/// What `norm apply` computes with masks, batch renormalization and ghost batches, against plain formulas.
@Suite struct ApplyVariantTests {
    /// x and ∂y of shape (N, C, T) in files, and formulas over its channels.
    private struct Problem {
        static let shape = [4, 3, 5]
        let folder: Folder
        let x: [Double]
        let dy: [Double]
        let gamma: [Double]
        let beta: [Double]

        init() throws {
            folder = try Folder()
            var generator = SplitMix64(seed: 31)
            func numbers(_ count: Int, _ offset: Double = 0) -> [Double] {
                let values: [Float] = generator.normal(count: count)
                return values.map { Double($0) + offset }
            }
            (x, dy) = (numbers(60, 3), numbers(60))
            (gamma, beta) = (numbers(3, 1), numbers(3))
            try folder.write("x.npy", Self.shape, x, isDouble: true)
            try folder.write("dy.npy", Self.shape, dy, isDouble: true)
            try folder.write("gamma.npy", [3], gamma, isDouble: true)
            try folder.write("beta.npy", [3], beta, isDouble: true)
            try folder.write("mean.npy", [3], [2.5, 3, 3.5], isDouble: true)
            try folder.write("variance.npy", [3], [1, 1.5, 0.5], isDouble: true)
        }

        static func channel(_ place: Int) -> Int { place / 5 % 3 }
        /// The place of a value among the positions of all channels.
        static func position(_ place: Int) -> Int { place / 15 * 5 + place % 5 }

        func run(_ arguments: [String], mode: String = "backward") throws -> Outcome {
            let gradient = mode.hasSuffix("backward") ? ["--gradient", "dy.npy"] : []
            let outcome = try Command.run(
                ["apply", "--input", "x.npy", "--mode", mode, "--gamma", "gamma.npy"]
                    + ["--beta", "beta.npy", "--output-directory", "out"] + gradient + arguments,
                in: folder.path)
            #expect(
                outcome.status == 0 && outcome.output == "" && outcome.error == "", outcome.account)
            return outcome
        }

        func expect(
            _ name: String, _ shape: [Int], _ values: [Double], _ outcome: Outcome
        ) throws {
            let found = try folder.read("out/\(name).npy", isDouble: true)
            #expect(found.shape == shape, outcome.account)
            let worst = zip(found.values, values).map { abs($0 - $1) }.max() ?? .nan
            #expect(found.values.count == values.count && worst < 1e-12, "\(name) \(worst)")
        }

        /// Mean and biased variance of each channel over the places that count.
        func statistics(_ counts: (Int) -> Bool) -> (mean: [Double], variance: [Double]) {
            var (means, variances): ([Double], [Double]) = ([], [])
            for c in 0..<3 {
                let own = x.indices.filter { Self.channel($0) == c && counts($0) }
                let m = Double(own.count)
                let mean = own.reduce(0) { $0 + x[$1] } / m
                means.append(mean)
                variances.append(own.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / m)
            }
            return (means, variances)
        }
    }

    private static let running = [
        "--running-mean", "mean.npy", "--running-variance", "variance.npy",
    ]

    @Test(arguments: ["zero", "normalized", "untouched"], [true, false])
    func statisticsAreOfTheValidPositions(_ output: String, _ isBool: Bool) throws {
        let problem = try Problem()
        let lengths = [5, 3, 0, 4]
        let valid = (0..<20).map { $0 % 5 < lengths[$0 / 5] }
        let path = "\(problem.folder.path)/mask.npy"
        if isBool {
            try NpyArray(shape: [4, 5], values: valid).write(to: path)
        } else {
            try NpyArray(shape: [4, 5], values: valid.map { UInt8($0 ? 1 : 0) }).write(to: path)
        }
        let option = output == "zero" ? [] : ["--masked-output", output]
        let outcome = try problem.run(["--mask", "mask.npy"] + option + Self.running)

        let counts = { (place: Int) in valid[Problem.position(place)] }
        let (mean, variance) = problem.statistics(counts)
        let k = 12.0
        let s = variance.map { 1 / ($0 + 1e-5).squareRoot() }
        let hat = problem.x.indices.map {
            (problem.x[$0] - mean[Problem.channel($0)]) * s[Problem.channel($0)]
        }
        var (a, b) = ([0.0, 0, 0], [0.0, 0, 0])
        for place in problem.x.indices where output == "normalized" || counts(place) {
            a[Problem.channel(place)] += problem.dy[place]
            b[Problem.channel(place)] += problem.dy[place] * hat[place]
        }
        var (y, dx) = (problem.x, problem.x)
        for place in y.indices {
            let c = Problem.channel(place)
            let isValid = counts(place)
            let normalized = problem.gamma[c] * hat[place] + problem.beta[c]
            let sums = isValid ? (a[c] + hat[place] * b[c]) / k : 0
            let gradient = problem.gamma[c] * s[c] * (problem.dy[place] - sums)
            y[place] =
                isValid || output == "normalized"
                ? normalized : output == "zero" ? 0 : problem.x[place]
            dx[place] = isValid || output == "normalized" ? gradient : 0
        }
        try problem.expect("y", Problem.shape, y, outcome)
        try problem.expect("dx", Problem.shape, dx, outcome)
        try problem.expect("dgamma", [3], b, outcome)
        try problem.expect("dbeta", [3], a, outcome)
        try problem.expect("batch_mean", [3], mean, outcome)
        try problem.expect("batch_variance", [3], variance, outcome)
        try problem.expect(
            "running_mean", [3], zip([2.5, 3, 3.5], mean).map { 0.9 * $0 + 0.1 * $1 }, outcome)
    }

    @Test func aMaskSaysWhatInferenceWritesAtOtherPositions() throws {
        let problem = try Problem()
        let valid = (0..<20).map { $0 % 3 != 0 }
        try NpyArray(shape: [4, 5], values: valid).write(to: "\(problem.folder.path)/mask.npy")
        let outcome = try problem.run(["--mask", "mask.npy"] + Self.running, mode: "inference")
        let y = problem.x.indices.map { place in
            let c = Problem.channel(place)
            let s = 1 / ([1, 1.5, 0.5][c] + 1e-5).squareRoot()
            let value = problem.gamma[c] * (problem.x[place] - [2.5, 3, 3.5][c]) * s
            return valid[Problem.position(place)] ? value + problem.beta[c] : 0
        }
        try problem.expect("y", Problem.shape, y, outcome)
        #expect(try problem.folder.contents("out") == ["y.npy"])
    }

    @Test func aMaskThatLeavesNothingLeavesTheRunningStatisticsAlone() throws {
        let problem = try Problem()
        let none = [Bool](repeating: false, count: 20)
        try NpyArray(shape: [4, 5], values: none).write(to: "\(problem.folder.path)/mask.npy")
        let outcome = try problem.run(["--mask", "mask.npy"] + Self.running)
        try problem.expect("y", Problem.shape, problem.x.map { _ in 0 }, outcome)
        try problem.expect("running_mean", [3], [2.5, 3, 3.5], outcome)
        #expect(!(try problem.folder.contents("out").contains("batch_mean.npy")))
    }

    @Test func renormalizationGoesTowardTheRunningStatistics() throws {
        let problem = try Problem()
        let outcome = try problem.run(["--renorm", "1.2,0.25"] + Self.running)
        let (mean, variance) = problem.statistics { _ in true }
        let (oldMean, oldVariance) = ([2.5, 3, 3.5], [1, 1.5, 0.5])
        let m = 20.0
        var (y, dx) = (problem.x, problem.x)
        var (dgamma, dbeta) = ([0.0, 0, 0], [0.0, 0, 0])
        for c in 0..<3 {
            let root = (oldVariance[c] + 1e-5).squareRoot()
            let r = min(1.2, max(1 / 1.2, (variance[c] + 1e-5).squareRoot() / root))
            let d = min(0.25, max(-0.25, (mean[c] - oldMean[c]) / root))
            let s = 1 / (variance[c] + 1e-5).squareRoot()
            let own = y.indices.filter { Problem.channel($0) == c }
            let hat = own.map { (problem.x[$0] - mean[c]) * s }
            let a = own.reduce(0) { $0 + problem.dy[$1] }
            let b = zip(own, hat).reduce(0) { $0 + problem.dy[$1.0] * $1.1 }
            for (place, hat) in zip(own, hat) {
                y[place] = problem.gamma[c] * (hat * r + d) + problem.beta[c]
                dx[place] = problem.gamma[c] * r * s * (problem.dy[place] - a / m - hat * b / m)
            }
            (dgamma[c], dbeta[c]) = (r * b + d * a, a)
        }
        try problem.expect("y", Problem.shape, y, outcome)
        try problem.expect("dx", Problem.shape, dx, outcome)
        try problem.expect("dgamma", [3], dgamma, outcome)
        try problem.expect("dbeta", [3], dbeta, outcome)
        try problem.expect("batch_mean", [3], mean, outcome)
        try problem.expect(
            "running_mean", [3], zip(oldMean, mean).map { 0.9 * $0 + 0.1 * $1 }, outcome)
    }

    @Test func ghostBatchesHaveStatisticsOfTheirOwnAndOneUpdate() throws {
        let problem = try Problem()
        let outcome = try problem.run(["--ghost", "2", "--variance", "biased"] + Self.running)
        let halves = (0..<2).map { half in problem.statistics { $0 / 30 == half } }
        let y = problem.x.indices.map { place in
            let (c, half) = (Problem.channel(place), halves[place / 30])
            let s = 1 / (half.variance[c] + 1e-5).squareRoot()
            return problem.gamma[c] * (problem.x[place] - half.mean[c]) * s + problem.beta[c]
        }
        try problem.expect("y", Problem.shape, y, outcome)
        try problem.expect("batch_mean", [2, 3], halves.flatMap(\.mean), outcome)
        try problem.expect("batch_variance", [2, 3], halves.flatMap(\.variance), outcome)
        let whole = problem.statistics { _ in true }
        try problem.expect(
            "running_variance", [3],
            zip([1, 1.5, 0.5], whole.variance).map { 0.9 * $0 + 0.1 * $1 },
            outcome)
        // Σ ∂x of a part of a channel is zero.
        let dx = try problem.folder.read("out/dx.npy", isDouble: true).values
        for (half, c) in [(0, 0), (0, 2), (1, 1)] {
            let own = dx.indices.filter { $0 / 30 == half && Problem.channel($0) == c }
            #expect(abs(own.reduce(0) { $0 + dx[$1] }) < 1e-12)
        }
    }

    private static let refusals: [([String], Int32, String)] = [
        (["--masked-output", "zero"], 64, "--masked-output: expected --mask beside it, got none"),
        (
            ["--mask", "mask.npy", "--ghost", "2"], 64,
            "--ghost: expected none beside --mask, got 2"
        ),
        (
            ["--mask", "mask.npy", "--renorm", "3,5"], 64,
            "--renorm: expected none beside --mask, got 3,5"
        ),
        (["--renorm", "3,5", "--ghost", "2"], 64, "--ghost: expected none beside --renorm, got 2"),
        (["--ghost", "0"], 64, "--ghost: expected a number from 1 on, got 0"),
        (
            ["--ghost", "2", "--mode", "inference"], 64,
            "--ghost: expected mode training or backward, got 2 in mode inference"
        ),
        (
            ["--renorm", "3,5", "--mode", "inference", "--momentum", "0.1"], 64,
            "--renorm: expected mode training or backward, got 3,5 in mode inference"
        ),
        (
            ["--renorm", "3,5"], 64,
            "--renorm: expected running statistics to go toward, --running-mean and"
        ),
        (
            ["--renorm", "0.5,1", "--momentum", "0.1"], 64,
            "such as 3,5, RMAX from 1 on and DMAX from 0 on, got '0.5,1'"
        ),
        (["--renorm", "3", "--momentum", "0.1"], 64, "--renorm: expected RMAX,DMAX such as 3,5"),
        (
            ["--renorm", "3,-1", "--momentum", "0.1"], 64,
            "--renorm: expected RMAX,DMAX such as 3,5"
        ),
        (
            ["--mask", "mask.npy", "--masked-output", "one"], 64,
            "'one' is invalid for '--masked-output"
        ),
        (["--mask", "none.npy"], 65, "--mask none.npy: cannot open"),
        (["--mask", "x.npy"], 65, "--mask x.npy: expected elements of type |u1 or |b1, found <f4"),
        (
            ["--mask", "turned.npy"], 65,
            "[4, 2], that of the input without its channel axis, found [2, 4]"
        ),
        (["--mask", "lengths.npy"], 65, "--mask lengths.npy: expected 0 or 1, found 2 at index 3"),
        (
            ["--mask", "single.npy"], 65,
            "--mask single.npy: expected no valid position or more than one, found 1"
        ),
        (
            ["--mask", "mask.npy", "--gamma", "samples.npy"], 65,
            "--gamma samples.npy: expected 1 or 3 elements beside --mask, found 12"
        ),
        (
            ["--ghost", "2", "--gamma", "samples.npy"], 65,
            "--gamma samples.npy: expected 1 or 3 elements beside --ghost, found 12"
        ),
        (
            ["--ghost", "2", "--input", "flat.npy"], 65,
            "--input flat.npy: part 1: expected more than one value per channel when training"
        ),
        (
            ["--ghost", "2", "--channel-axis", "0"], 65,
            "expected the samples at axis 0, and the channels behind them"
        ),
    ]

    @Test(arguments: refusals)
    func whatDoesNotGoTogetherIsRefused(
        _ arguments: [String], _ status: Int32, _ message: String
    ) throws {
        let folder = try RefusalTests.files()
        func write(_ name: String, _ shape: [Int], _ values: [UInt8]) throws {
            try NpyArray(shape: shape, values: values).write(to: "\(folder.path)/\(name)")
        }
        try write("mask.npy", [4, 2], [1, 1, 1, 0, 1, 1, 0, 0])
        try write("turned.npy", [2, 4], [1, 1, 1, 0, 1, 1, 0, 0])
        try write("lengths.npy", [4, 2], [1, 1, 1, 2, 1, 1, 0, 0])
        try write("single.npy", [4, 2], [0, 0, 0, 0, 0, 1, 0, 0])
        try folder.write("samples.npy", [4, 3], (0..<12).map { Double($0) }, isDouble: false)
        // Parts of two samples and of one.
        try folder.write("flat.npy", [3, 3], (0..<9).map { Double($0) }, isDouble: false)
        let before = try folder.contents()
        let input = arguments.contains("--input") ? [] : RefusalTests.input
        let mode = arguments.contains("--mode") ? [] : ["--mode", "training"]
        try Command.run(
            ["apply"] + mode + input + RefusalTests.output + arguments, in: folder.path
        ).expectRefusal(status, saying: message)
        #expect(try folder.contents() == before)
    }
}

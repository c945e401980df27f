import Foundation
import SeededRandom
import Testing

/// What `norm apply --layer whitening` computes and writes, against Cholesky's factor of two channels by hand.
@Suite struct ApplyWhiteningTests {
    private static let shape = [5, 4, 3]

    /// Channels 0 and 1, and 2 and 3, whitened with the given numbers of each pair.
    private func whitened(
        _ x: [Double], _ mean: [Double], _ covariance: [Double], epsilon: Double
    ) -> [Double] {
        var y = x
        for sample in 0..<5 {
            for pair in 0..<2 {
                let (a, b, c) = (
                    covariance[4 * pair] + epsilon, covariance[4 * pair + 1],
                    covariance[4 * pair + 3] + epsilon
                )
                let l = (a.squareRoot(), b / a.squareRoot(), (c - b * b / a).squareRoot())
                for i in 0..<3 {
                    let first = (sample * 4 + 2 * pair) * 3 + i
                    y[first] = (x[first] - mean[2 * pair]) / l.0
                    y[first + 3] = (x[first + 3] - mean[2 * pair + 1] - l.1 * y[first]) / l.2
                }
            }
        }
        return y
    }

    private func statistics(_ x: [Double]) -> (mean: [Double], covariance: [Double]) {
        let channels: [[Double]] = (0..<4).map { (c: Int) -> [Double] in
            (0..<15).map { (p: Int) -> Double in x[(p / 3 * 4 + c) * 3 + p % 3] }
        }
        let mean: [Double] = channels.map { $0.reduce(0, +) / 15 }
        let covariance: [Double] = (0..<8).map { (index: Int) -> Double in
            let (i, j) = (index / 2, index / 4 * 2 + index % 2)
            var sum = 0.0
            for p in 0..<15 { sum += (channels[i][p] - mean[i]) * (channels[j][p] - mean[j]) }
            return sum / 15
        }
        return (mean, covariance)
    }

    private func numbers(_ count: Int, seed: UInt64) -> [Double] {
        var generator = SplitMix64(seed: seed)
        let values: [Float] = generator.normal(count: count)
        return values.map { Double($0) }
    }

    private func expectNear(
        _ folder: Folder, _ name: String, _ shape: [Int], _ values: [Double],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let found = try folder.read(name, isDouble: true)
        #expect(found.shape == shape, sourceLocation: sourceLocation)
        let worst = zip(found.values, values).map { abs($0 - $1) }.max() ?? .nan
        #expect(
            found.values.count == values.count && worst < 1e-12, "\(name) \(worst)",
            sourceLocation: sourceLocation)
    }

    @Test func trainingWritesRunningFilesThatInferenceTakes() throws {
        let folder = try Folder()
        let x = numbers(60, seed: 1).enumerated().map { (index: Int, value: Double) -> Double in
            value + Double(index % 7)
        }
        try folder.write("x.npy", Self.shape, x, isDouble: true)
        try folder.write("dy.npy", Self.shape, numbers(60, seed: 2), isDouble: true)
        try folder.write("gamma.npy", [1], [2], isDouble: true)
        let options = [
            "apply", "--input", "x.npy", "--layer", "whitening", "--group-size", "2", "--method",
            "cholesky", "--gamma", "gamma.npy",
        ]
        let training = try Command.run(
            options + [
                "--mode", "backward", "--gradient", "dy.npy", "--momentum", "0.25", "--variance",
                "biased", "--output-directory", "out",
            ], in: folder.path)
        #expect(training.status == 0 && training.error == "", training.account)
        #expect(
            try folder.contents("out") == [
                "batch_covariance.npy", "batch_mean.npy", "dgamma.npy", "dx.npy",
                "running_covariance.npy", "running_mean.npy", "y.npy",
            ])
        let (mean, covariance) = statistics(x)
        try expectNear(folder, "out/batch_mean.npy", [4], mean)
        try expectNear(folder, "out/batch_covariance.npy", [2, 2, 2], covariance)
        let hat = whitened(x, mean, covariance, epsilon: 1e-3)
        try expectNear(folder, "out/y.npy", Self.shape, hat.map { 2 * $0 })
        let dgamma = zip(hat, numbers(60, seed: 2)).reduce(0) { $0 + $1.0 * $1.1 }
        try expectNear(folder, "out/dgamma.npy", [1], [dgamma])
        let (runningMean, runningCovariance) = (
            mean.map { 0.25 * $0 },
            covariance.enumerated().map { (index: Int, value: Double) -> Double in
                let start = index % 4 == 0 || index % 4 == 3 ? 1.0 : 0
                return 0.75 * start + 0.25 * value
            }
        )
        try expectNear(folder, "out/running_mean.npy", [4], runningMean)
        try expectNear(folder, "out/running_covariance.npy", [2, 2, 2], runningCovariance)

        let inference = try Command.run(
            options + [
                "--mode", "inference", "--running-mean", "out/running_mean.npy",
                "--running-covariance", "out/running_covariance.npy", "--epsilon", "0.5",
                "--output-directory", "later",
            ], in: folder.path)
        #expect(inference.status == 0 && inference.error == "", inference.account)
        #expect(try folder.contents("later") == ["y.npy"])
        try expectNear(
            folder, "later/y.npy", Self.shape,
            whitened(x, runningMean, runningCovariance, epsilon: 0.5).map { 2 * $0 })
    }

    @Test func newtonAndZCAWriteGradients() throws {
        let folder = try Folder()
        try folder.write("x.npy", Self.shape, numbers(60, seed: 3), isDouble: false)
        try folder.write("dy.npy", Self.shape, numbers(60, seed: 4), isDouble: false)
        for method in [["zca"], ["newton"], ["newton", "--iterations", "30"]] {
            let outcome = try Command.run(
                [
                    "apply", "--input", "x.npy", "--gradient", "dy.npy", "--mode", "backward",
                    "--layer", "whitening", "--group-size", "4", "--output-directory", "out",
                    "--method",
                ] + method, in: folder.path)
            #expect(outcome.status == 0, outcome.account)
            #expect(
                try folder.contents("out") == [
                    "batch_covariance.npy", "batch_mean.npy", "dx.npy", "y.npy",
                ])
            #expect(
                try folder.read("out/dx.npy", isDouble: false).values.allSatisfy { $0.isFinite })
        }
    }

    @Test(arguments: [
        (["--group-size", "2"], 64, "--group-size: expected none with --layer batch"),
        (["--method", "zca"], 64, "--method: expected none with --layer batch"),
        (["--running-covariance", "row.npy"], 64, "--running-covariance: expected none with"),
        (
            ["--layer", "whitening"], 64,
            "--group-size: expected a divisor of 3 channels up to 256, got 16"
        ),
        (
            ["--layer", "whitening", "--group-size", "3", "--iterations", "3"], 64,
            "--iterations: expected none without --method newton, got 3"
        ),
        (
            [
                "--layer", "whitening", "--group-size", "3", "--method", "newton", "--iterations",
                "0",
            ], 64, "--iterations: expected 1 to 1000, got 0"
        ),
        (["--layer", "whitening", "--method", "pca"], 64, "'pca' is invalid for '--method"),
        (
            ["--layer", "whitening", "--group-size", "3", "--running-mean", "row.npy"], 64,
            "--running-covariance: expected a file beside --running-mean, got none"
        ),
        (
            [
                "--layer", "whitening", "--group-size", "3", "--running-mean", "row.npy",
                "--running-covariance", "row.npy",
            ], 65, "--running-covariance row.npy: expected 9 elements, found 3"
        ),
        (
            ["--layer", "whitening", "--running-variance", "row.npy"], 64,
            "--running-variance: expected none with --layer whitening"
        ),
        (
            ["--layer", "whitening", "--group-size", "3", "--epsilon", "0"], 64,
            "--epsilon: expected a finite number above 0"
        ),
    ])
    func whatDoesNotFitIsRefused(
        _ arguments: [String], _ status: Int32, _ message: String
    ) throws {
        let folder = try RefusalTests.files()
        let before = try folder.contents()
        try Command.run(
            ["apply"] + RefusalTests.training + RefusalTests.output + arguments, in: folder.path
        ).expectRefusal(status, saying: message)
        #expect(try folder.contents() == before)
    }
}

import Foundation
import NormalizationFiles
import SeededRandom
import Testing

@testable import norm

/// What `norm apply` computes with layer and RMS normalization, against plain formulas.
@Suite struct ApplyRowTests {
    /// x, ∂y and a residual in files, and the formulas over rows of `width` values.
    private struct Problem {
        let shape: [Int]
        let width: Int
        let folder: Folder
        let x: [Double]
        let dy: [Double]
        let residual: [Double]
        let gamma: [Double]
        let beta: [Double]

        init(_ shape: [Int], axes: Int) throws {
            self.shape = shape
            let normalized = Array(shape.suffix(axes))
            width = normalized.reduce(1, *)
            folder = try Folder()
            var generator = SplitMix64(seed: 23)
            func numbers(_ count: Int, _ offset: Double = 0) -> [Double] {
                let values: [Float] = generator.normal(count: count)
                return values.map { Double($0) + offset }
            }
            let count = shape.reduce(1, *)
            (x, dy, residual) = (numbers(count, 2), numbers(count), numbers(count))
            (gamma, beta) = (numbers(width), numbers(width))
            for (name, values) in [("x", x), ("dy", dy), ("residual", residual)] {
                try folder.write("\(name).npy", shape, values, isDouble: true)
            }
            try folder.write("gamma.npy", normalized, gamma, isDouble: true)
            try folder.write("beta.npy", normalized, beta, isDouble: true)
        }

        func run(_ arguments: [String]) throws -> Outcome {
            let outcome = try Command.run(
                ["apply", "--input", "x.npy", "--output-directory", "out"] + arguments,
                in: folder.path)
            #expect(
                outcome.status == 0 && outcome.output == "" && outcome.error == "", outcome.account)
            return outcome
        }

        /// Expects y and the gradients of rows of `x`.
        ///
        /// - Parameter offset: what is added to γ.
        func expect(
            _ x: [Double], centered: Bool, epsilon: Double, offset: Double = 0,
            hasBeta: Bool = true,
            _ outcome: Outcome
        ) throws {
            var (y, dx) = (x, x)
            var (dgamma, dbeta) = (gamma.map { _ in 0.0 }, gamma.map { _ in 0.0 })
            let k = Double(width)
            for start in stride(from: 0, to: x.count, by: width) {
                let row = start..<start + width
                let mean = centered ? row.reduce(0) { $0 + x[$1] } / k : 0
                let variance = row.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / k
                let s = 1 / (variance + epsilon).squareRoot()
                let hat = row.map { (x[$0] - mean) * s }
                let h = row.enumerated().map { (gamma[$0.offset] + offset) * dy[$0.element] }
                let p = centered ? h.reduce(0, +) : 0
                let q = zip(h, hat).reduce(0) { $0 + $1.0 * $1.1 }
                for (j, place) in row.enumerated() {
                    y[place] = (gamma[j] + offset) * hat[j] + (hasBeta ? beta[j] : 0)
                    dx[place] = s * (h[j] - p / k - hat[j] * q / k)
                    dgamma[j] += dy[place] * hat[j]
                    dbeta[j] += dy[place]
                }
            }
            let normalized = try folder.read("gamma.npy", isDouble: true).shape
            try expect("y", shape, y, outcome)
            try expect("dx", shape, dx, outcome)
            try expect("dgamma", normalized, dgamma, outcome)
            if hasBeta { try expect("dbeta", normalized, dbeta, outcome) }
        }

        func expect(
            _ name: String, _ shape: [Int], _ values: [Double], _ outcome: Outcome
        ) throws {
            let found = try folder.read("out/\(name).npy", isDouble: true)
            #expect(found.shape == shape, outcome.account)
            let worst = zip(found.values, values).map { abs($0 - $1) }.max() ?? .nan
            #expect(found.values.count == values.count && worst < 1e-12, "\(name) \(worst)")
        }
    }

    private static let backward = ["--mode", "backward", "--gradient", "dy.npy"]
    private static let parameters = ["--gamma", "gamma.npy", "--beta", "beta.npy"]

    @Test(arguments: [([4, 7], 1), ([2, 3, 5], 2), ([9], 1), ([2, 3, 1, 4], 3)], [true, false])
    func rowsOfTheLastAxesAreNormalized(
        _ layout: (shape: [Int], axes: Int), _ isCentered: Bool
    ) throws {
        let problem = try Problem(layout.shape, axes: layout.axes)
        let outcome = try problem.run(
            Self.backward + Self.parameters + [
                "--layer", isCentered ? "layer" : "rms", "--axes", "\(layout.axes)",
                "--epsilon", "1e-3",
            ])
        try problem.expect(problem.x, centered: isCentered, epsilon: 1e-3, outcome)
        #expect(
            try problem.folder.contents("out") == [
                "dbeta.npy", "dgamma.npy", "dx.npy", "y.npy",
            ])
    }

    @Test(arguments: [
        ("layer", "pytorch", 1e-5, 0.0), ("layer", "keras", 1e-3, 0), ("layer", "flax", 1e-6, 0),
        ("rms", "pytorch", 0x1p-52, 0), ("rms", "mlx", 1e-5, 0), ("rms", "llama", 1e-6, 0),
        ("rms", "gemma", 1e-6, 1),
    ])
    func presetsCarryEpsilonAndOffset(
        _ layer: String, _ preset: String, _ epsilon: Double, _ offset: Double
    ) throws {
        let problem = try Problem([3, 6], axes: 1)
        let outcome = try problem.run(
            ["--mode", "inference-backward", "--gradient", "dy.npy", "--layer", layer]
                + ["--preset", preset, "--gamma", "gamma.npy"])
        try problem.expect(
            problem.x, centered: layer == "layer", epsilon: epsilon, offset: offset,
            hasBeta: false, outcome)
        #expect(try !problem.folder.contents("out").contains("dbeta.npy"))
    }

    @Test func theOffsetIsAddedToGamma() throws {
        let problem = try Problem([3, 6], axes: 1)
        let outcome = try problem.run(
            Self.backward + Self.parameters + ["--layer", "layer", "--scale-offset", "0.5"])
        try problem.expect(problem.x, centered: true, epsilon: 1e-5, offset: 0.5, outcome)
    }

    @Test(arguments: [true, false])
    func theSumWithAResidualIsNormalizedAndWritten(_ isCentered: Bool) throws {
        let problem = try Problem([2, 3, 8], axes: 1)
        let outcome = try problem.run(
            Self.backward + Self.parameters + [
                "--layer", isCentered ? "layer" : "rms", "--residual", "residual.npy",
                "--epsilon", "1e-5",
            ])
        let sum = zip(problem.x, problem.residual).map { $0 + $1 }
        try problem.expect("sum", problem.shape, sum, outcome)
        try problem.expect(sum, centered: isCentered, epsilon: 1e-5, outcome)
    }

    @Test func withoutFilesGammaIsOneAndBetaZero() throws {
        let problem = try Problem([5, 4], axes: 1)
        let outcome = try problem.run(["--mode", "training", "--layer", "rms", "--epsilon", "1"])
        #expect(try problem.folder.contents("out") == ["y.npy"])
        let y = stride(from: 0, to: 20, by: 4).flatMap { start in
            let row = problem.x[start..<start + 4]
            let root = (row.reduce(0) { $0 + $1 * $1 } / 4 + 1).squareRoot()
            return row.map { $0 / root }
        }
        try problem.expect("y", [5, 4], y, outcome)
    }

    private static let refusals: [([String], Int32, String)] = [
        (
            ["--layer", "rms", "--axes", "4"], 64,
            "--axes: expected 1 or more of shape [4, 3, 2], got 4"
        ),
        (
            ["--layer", "layer", "--axes", "0"], 64,
            "--axes: expected 1 or more of shape [4, 3, 2], got 0"
        ),
        (
            ["--axes", "1"], 64,
            "--axes: expected none with --layer batch, got 1: it normalizes channels"
        ),
        (
            ["--layer", "rms", "--channel-axis", "-1"], 64,
            "--channel-axis: expected none with --layer rms, got -1: it normalizes the last axes"
        ),
        (
            ["--layer", "layer", "--groups", "2"], 64,
            "--groups: expected none with --layer layer, got 2"
        ),
        (
            ["--layer", "rms", "--running-mean", "row.npy"], 64,
            "--running-mean: expected none with --layer rms, which has no statistics of a batch"
        ),
        (["--layer", "layer", "--mask", "x.npy"], 64, "--mask: expected none with --layer layer"),
        (
            ["--residual", "x.npy"], 64,
            "--residual: expected none with --layer batch, got x.npy: it is added before"
        ),
        (
            ["--layer", "layer", "--preset", "gemma"], 64,
            "--preset: expected pytorch, keras, onnx, flax, mlx with --layer layer, got gemma"
        ),
        (
            ["--preset", "flax"], 64,
            "--preset: expected pytorch, keras, onnx with --layer batch, got flax"
        ),
        (
            ["--layer", "rms", "--scale-offset", "1"], 64,
            "--scale-offset: expected a --gamma beside it, got 1.0 alone"
        ),
        (["--layer", "rms", "--epsilon", "0"], 64, "--epsilon: expected a finite number above 0"),
        (
            ["--layer", "layer", "--gamma", "row.npy"], 65,
            "--gamma row.npy: expected shape [2], as the axes of the input, or 1 element"
        ),
        (
            ["--layer", "rms", "--axes", "2", "--beta", "turned.npy"], 65,
            "as the axes of the input, or 1 element, found shape [2, 3]"
        ),
        (
            ["--layer", "layer", "--residual", "row.npy"], 65,
            "--residual row.npy: expected elements of type <f4, as in the input, found <f8"
        ),
        (
            ["--layer", "layer", "--residual", "transposed.npy"], 65,
            "--residual transposed.npy: expected shape [4, 3, 2], as in the input"
        ),
        (
            ["--layer", "layer", "--input", "one-value.npy"], 65,
            "--input one-value.npy: expected more than one value in the axes 2...2, got"
        ),
        (
            ["--layer", "layer", "--input", "number.npy"], 65,
            "--input number.npy: last axes: expected 1 or more of shape [], got 1"
        ),
    ]

    @Test(arguments: refusals)
    func whatRowsDoNotHaveIsRefused(
        _ arguments: [String], _ status: Int32, _ message: String
    ) throws {
        let folder = try RefusalTests.files()
        try folder.write("turned.npy", [2, 3], [1, 2, 3, 4, 5, 6], isDouble: false)
        try folder.write("number.npy", [], [1], isDouble: false)
        let before = try folder.contents()
        let input = arguments.contains("--input") ? [] : RefusalTests.input
        try Command.run(
            ["apply", "--mode", "training"] + input + RefusalTests.output + arguments,
            in: folder.path
        ).expectRefusal(status, saying: message)
        #expect(try folder.contents() == before)
    }
}

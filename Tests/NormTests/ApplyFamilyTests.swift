import Foundation
import SeededRandom
import Testing

@testable import norm

/// What `norm apply` computes with the other layers, and with γ and β per sample, against plain formulas.
@Suite struct ApplyFamilyTests {
    /// A tensor of shape (N, C, …) in files, and the formulas of group normalization over it.
    private struct Problem {
        static let shape = [3, 6, 4, 5]
        static let (samples, channels, inner) = (3, 6, 20)
        let folder: Folder
        let x: [Double]
        let dy: [Double]
        let gammas: [Double]
        let betas: [Double]

        /// - Parameter perSample: whether γ and β differ from sample to sample, and in the files' shape.
        init(perSample: Bool) throws {
            folder = try Folder()
            var generator = SplitMix64(seed: 11)
            func numbers(_ count: Int) -> [Double] {
                let values: [Float] = generator.normal(count: count)
                return values.map { Double($0) }
            }
            x = numbers(360).map { $0 + 3 }
            dy = numbers(360)
            let (gamma, beta) = (numbers(18), numbers(18))
            func all(_ values: [Double]) -> [Double] {
                perSample ? values : (0..<18).map { values[$0 % 6] }
            }
            (gammas, betas) = (all(gamma), all(beta))
            try folder.write("x.npy", Self.shape, x, isDouble: true)
            try folder.write("dy.npy", Self.shape, dy, isDouble: true)
            for (name, values) in [("gamma.npy", gammas), ("beta.npy", betas)] {
                let shape = perSample ? [3, 6] : [6]
                try folder.write(
                    name, shape, Array(values.prefix(shape.reduce(1, *))), isDouble: true)
            }
        }

        /// x̂ with a statistic for each of `sets`, which name channels (n, c).
        func normalized(_ sets: [[Int]], epsilon: Double) -> [Double] {
            var result = x
            for set in sets {
                let places = set.flatMap { ($0 * Self.inner)..<(($0 + 1) * Self.inner) }
                let mean = places.reduce(0) { $0 + x[$1] } / Double(places.count)
                let variance =
                    places.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / Double(places.count)
                for place in places {
                    result[place] = (x[place] - mean) / (variance + epsilon).squareRoot()
                }
            }
            return result
        }

        func run(_ arguments: String...) throws -> Outcome {
            let outcome = try Command.run(
                ["apply", "--input", "x.npy", "--gradient", "dy.npy", "--mode", "backward"]
                    + ["--gamma", "gamma.npy", "--beta", "beta.npy", "--output-directory", "out"]
                    + arguments, in: folder.path)
            #expect(
                outcome.status == 0 && outcome.output == "" && outcome.error == "", outcome.account)
            return outcome
        }

        /// Expects y, ∂γ and ∂β of x̂, with γ offset; ∂x has tests of its own in the library.
        func expect(
            _ hat: [Double], offset: Double = 0, perSample: Bool, _ outcome: Outcome
        ) throws {
            func expectClose(_ name: String, _ shape: [Int], _ values: [Double]) throws {
                let found = try folder.read("out/\(name).npy", isDouble: true)
                #expect(found.shape == shape, outcome.account)
                let worst = zip(found.values, values).map { abs($0 - $1) }.max() ?? .nan
                #expect(found.values.count == values.count && worst < 1e-12, "\(name) \(worst)")
            }
            let plane = { (place: Int) in place / Self.inner }
            try expectClose(
                "y", Self.shape,
                x.indices.map { (gammas[plane($0)] + offset) * hat[$0] + betas[plane($0)] })
            var (gamma, beta) = (
                [Double](repeating: 0, count: 18), [Double](repeating: 0, count: 18)
            )
            for place in x.indices {
                let target = perSample ? plane(place) : plane(place) % 6
                gamma[target] += dy[place] * hat[place]
                beta[target] += dy[place]
            }
            let shape = perSample ? [3, 6] : [6]
            try expectClose("dgamma", shape, Array(gamma.prefix(shape.reduce(1, *))))
            try expectClose("dbeta", shape, Array(beta.prefix(shape.reduce(1, *))))
        }
    }

    @Test(arguments: [false, true])
    func groupsAreOfAdjacentChannelsOfASample(perSample: Bool) throws {
        let problem = try Problem(perSample: perSample)
        let outcome = try problem.run("--layer", "group", "--groups", "3")
        let sets = (0..<9).map { [2 * $0, 2 * $0 + 1] }
        try problem.expect(
            problem.normalized(sets, epsilon: 1e-5), perSample: perSample, outcome)
        #expect(try problem.folder.contents("out").count == 4)
    }

    @Test func instancesTakeTheOffsetAndThePresetsEpsilon() throws {
        let problem = try Problem(perSample: true)
        let outcome = try problem.run(
            "--layer", "instance", "--scale-offset", "1", "--preset", "keras")
        try problem.expect(
            problem.normalized((0..<18).map { [$0] }, epsilon: 1e-3), offset: 1, perSample: true,
            outcome)
    }

    @Test func batchNormalizationTakesGammaAndBetaPerSample() throws {
        let problem = try Problem(perSample: true)
        let outcome = try problem.run("--layer", "batch")
        let sets = (0..<6).map { [$0, $0 + 6, $0 + 12] }
        try problem.expect(problem.normalized(sets, epsilon: 1e-5), perSample: true, outcome)
        #expect(try problem.folder.contents("out").contains("batch_mean.npy"))
    }

    @Test(arguments: [
        (["--layer", "group"], 64, "--groups: expected a number with --layer group, got none"),
        (["--groups", "3"], 64, "--groups: expected none with --layer batch, got 3"),
        (
            ["--layer", "group", "--groups", "2"], 64,
            "--groups: expected a divisor of 3 channels, got 2"
        ),
        (
            ["--layer", "instance", "--running-mean", "row.npy"], 64,
            "--running-mean: expected none with --layer instance"
        ),
        (
            ["--layer", "instance", "--non-finite", "skip"], 64,
            "--non-finite: expected none with --layer instance"
        ),
        (
            ["--scale-offset", "1"], 64,
            "--scale-offset: expected a --gamma of shape (N, C) beside it"
        ),
        (["--scale-offset", "nan"], 64, "--scale-offset: expected a finite number"),
        (
            ["--layer", "instance", "--epsilon", "0"], 64,
            "--epsilon: expected a finite number above 0"
        ),
        (["--layer", "batches"], 64, "'batches' is invalid for '--layer"),
        (
            ["--layer", "instance", "--gamma", "samples.npy", "--beta", "row.npy"], 65,
            "--beta row.npy: expected shape [4, 3], as in --gamma samples.npy, found [3]"
        ),
        (
            ["--layer", "instance", "--gamma", "four.npy"], 65,
            "--gamma four.npy: expected 1 or 3 elements, or shape [4, 3], found 4"
        ),
        (
            ["--layer", "instance", "--channel-axis", "0"], 65,
            "expected the samples at axis 0, and the channels behind them"
        ),
    ])
    func whatTheLayerDoesNotHaveIsRefused(
        _ arguments: [String], _ status: Int32, _ message: String
    ) throws {
        let folder = try RefusalTests.files()
        try folder.write(
            "samples.npy", [4, 3], (0..<12).map { Double($0) }, isDouble: false)
        let before = try folder.contents()
        try Command.run(
            ["apply"] + RefusalTests.training + RefusalTests.output + arguments, in: folder.path
        ).expectRefusal(status, saying: message)
        #expect(try folder.contents() == before)
    }
}

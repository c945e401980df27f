import Foundation
import Normalization
import NormalizationFiles
import SeededRandom
import Testing

/// Properties of every problem, on random ones: `make test-long` tries 10⁵ and more.
@Suite struct PropertyTests {
    @Test("every random problem has the property", arguments: Engine.allCases, Property.allCases)
    func everyProblemHasTheProperty(_ engine: Engine, property: Property) throws {
        let engines = Engine.allCases
        let properties = Property.allCases
        let cases = property.cases(ofShare: Effort.cases / (engines.count * properties.count))
        let place =
            try #require(engines.firstIndex(of: engine)) * properties.count
            + (try #require(properties.firstIndex(of: property)))
        // No two of them try the same problems.
        let offset = UInt64(place) << 40
        let runner = PropertyRunner { try property.failure(engine, $0) }
        let report = try runner.run(cases: cases, seed: Effort.seed) {
            property.problem(seed: $0 &+ offset)
        }
        if let report {
            Issue.record("\(property.rawValue), \(engine.rawValue): \(report)")
        } else if Effort.isLong {
            print("\(cases) cases: \(property.rawValue), \(engine.rawValue)")
        }
    }

    // MARK: The runner itself

    @Test("a failing problem shrinks to the smallest one that fails")
    func failingProblemsShrink() throws {
        // False of every tensor with at least three channels and two samples.
        let runner = PropertyRunner { problem in
            let data = try ProblemData(problem)
            let isBad = data.geometry.channels >= 3 && data.geometry.outer >= 2
            return isBad ? Failure(message: "training y", data: data, engine: .blas) : nil
        }
        for seed in 0..<UInt64(20) {
            let problem = Problem(
                layout: Layout([6, 5, 9, 4]), element: .float, ratio: 3, seed: seed)
            let failure = try #require(try runner.check(problem))
            let (smallest, _) = try runner.shrink(problem, failure)
            #expect(smallest.layout.shape == [2, 3])
            #expect(smallest.form.gamma == .absent && smallest.form.beta == .absent)
            #expect(smallest.ratio == 0)
        }
    }

    @Test("a failing problem is reported as a command line whose files are its inputs")
    func failuresAreCommandLines() throws {
        let runner = PropertyRunner { problem in
            Failure(message: "∂x in inference[0]", data: try ProblemData(problem), engine: .blas)
        }
        let report = try #require(
            try runner.run(cases: 1, seed: 5) { seed in
                Problem(
                    layout: Layout([1, 2, 1]), element: .double, form: .standard, seed: seed)
            })
        #expect(report.contains("NORMALIZATION_TEST_SEED=5 "))
        let line = try #require(report.split(separator: "\n").last)
        #expect(line.hasPrefix("norm apply --mode inference-backward --input "))
        #expect(line.contains(" --engine blas --threads 1 "))
        let words = line.split(separator: " ").map(String.init)
        let input = words[try #require(words.firstIndex(of: "--input")) + 1]
        let folder = URL(filePath: input).deletingLastPathComponent()
        defer { try? FileManager.default.removeItem(at: folder) }
        for option in ["--input", "--gradient", "--running-mean", "--running-variance"] {
            let path = words[try #require(words.firstIndex(of: option)) + 1]
            #expect(try NpyArray<Double>(contentsOf: path).values.allSatisfy { $0.isFinite })
        }
        // Everything that can be left out is gone.
        #expect(!words.contains("--gamma") && !words.contains("--beta"))
        #expect(try NpyArray<Double>(contentsOf: input).shape == [1, 1])
    }

    @Test("the same seed gives the same numbers")
    func seedsGiveTheSameNumbers() throws {
        let first = try ProblemData(.random(seed: 77, elements: 500))
        let second = try ProblemData(.random(seed: 77, elements: 500))
        #expect(first.x == second.x && first.gradient == second.gradient)
        var generator = SplitMix64(seed: 1_234_567)
        // The first numbers of the generator's reference implementation for this seed.
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
    }
}

import Normalization
import SeededRandom
import Testing

/// NaN, ±∞ and zeros anywhere: every output is of the class that the formula in Double gives, in every engine
/// and for any number of threads.
@Suite struct NonFiniteClassTests {
    enum Class: Equatable { case finite, plus, minus, nan }

    private func kind(_ value: Double) -> Class {
        value.isNaN ? .nan : value == .infinity ? .plus : value == -.infinity ? .minus : .finite
    }

    /// A layer, its tensors and what the formula makes of them.
    private struct Example {
        var shape: [Int]
        var x, g, gamma, beta, mean: [Double]
        let epsilon = 1e-3

        init(seed: UInt64) {
            var generator = SplitMix64(seed: seed)
            let shapes = [[3, 2, 4], [5, 3], [2, 2, 37], [4, 20], [2, 3, 16]]
            // One that several threads work on.
            shape = seed == 0 ? [34, 1, 2000] : shapes[Int(seed % 5)]
            func values(_ count: Int, _ rate: UInt64) -> [Double] {
                var values = generator.values(count)
                for i in values.indices where generator.next() % rate == 0 {
                    values[i] = [.nan, .infinity, -.infinity, 0][Int(generator.next() % 4)]
                }
                return values
            }
            let count = shape.reduce(1, *)
            // Few enough that many channels have one or none.
            x = values(count, UInt64(max(3, count / 2)))
            g = values(count, UInt64(max(3, count / 3)))
            gamma = values(shape[1], 3)
            beta = values(shape[1], 3)
            mean = values(shape[1], 3)
        }

        var inner: Int { shape.dropFirst(2).reduce(1, *) }
        func channel(_ i: Int) -> Int { i / inner % shape[1] }
        func indices(of c: Int) -> [Int] { x.indices.filter { channel($0) == c } }

        /// Mean and variance of the batch, per channel.
        var batch: (mean: [Double], variance: [Double]) {
            var (mean, variance): ([Double], [Double]) = ([], [])
            for c in 0..<shape[1] {
                let values = indices(of: c).map { x[$0] }
                let m = values.reduce(0, +) / Double(values.count)
                mean.append(m)
                variance.append(
                    values.reduce(0) { $0 + ($1 - m) * ($1 - m) } / Double(values.count))
            }
            return (mean, variance)
        }

        func normalized(_ i: Int, _ mean: [Double], _ variance: [Double]) -> Double {
            let c = channel(i)
            return (x[i] - mean[c]) * (1 / (variance[c] + epsilon).squareRoot())
        }

        func output(_ mean: [Double], _ variance: [Double]) -> [Double] {
            x.indices.map { i in
                gamma[channel(i)] * normalized(i, mean, variance) + beta[channel(i)]
            }
        }

        func gradients(
            _ mean: [Double], _ variance: [Double], isBatch: Bool
        ) -> (input: [Double], gamma: [Double], beta: [Double]) {
            var (a, b): ([Double], [Double]) = ([], [])
            for c in 0..<shape[1] {
                a.append(indices(of: c).reduce(0) { $0 + g[$1] })
                b.append(indices(of: c).reduce(0) { $0 + g[$1] * normalized($1, mean, variance) })
            }
            let m = Double(x.count / shape[1])
            let dx = x.indices.map { i in
                let c = channel(i)
                let scale = gamma[c] * (1 / (variance[c] + epsilon).squareRoot())
                guard isBatch else { return scale * g[i] }
                return scale * (g[i] - a[c] / m - normalized(i, mean, variance) * (b[c] / m))
            }
            return (dx, b, a)
        }
    }

    @Test(
        "every output is of the class that the formula gives", arguments: Subject.all,
        0..<UInt64(31))
    func classesAreTheFormulas(_ subject: Subject, seed: UInt64) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let example = Example(seed: seed)
            let shape = example.shape
            func cast(_ values: [Double]) -> [Scalar] { converted(values, to: Scalar.self) }
            func expect(_ name: String, _ actual: [Scalar]?, _ expected: [Double]) throws {
                let actual = try #require(actual)
                for i in actual.indices {
                    #expect(
                        kind(Double(actual[i])) == kind(expected[i]),
                        "\(name)[\(i)], seed \(seed): \(actual[i]), the formula \(expected[i])")
                }
            }
            let running = try RunningStatistics(
                mean: example.mean, variance: Array(repeating: 0.75, count: shape[1]),
                nonFinite: .propagate)
            for threads in [1, 3] {
                let layer = try BatchNorm<Scalar>(
                    channels: shape[1], gamma: .perChannel(cast(example.gamma)),
                    beta: .perChannel(cast(example.beta)), epsilon: example.epsilon,
                    runningStatistics: running, engine: subject.engine, threadLimit: threads)
                let (x, g) = (cast(example.x), cast(example.g))
                let (y, statistics) = try layer.forward(x, shape: shape)
                let batch = example.batch
                try expect("mean", cast(statistics.mean), batch.mean)
                try expect("variance", cast(statistics.variance()), batch.variance)
                try expect("y", y, example.output(batch.mean, batch.variance))
                try expect(
                    "inference", layer.inference(x, shape: shape),
                    example.output(running.mean, running.variance))
                for (normalizing, mean, variance) in [
                    (NormalizingStatistics.batch(statistics), batch.mean, batch.variance),
                    (.running, running.mean, running.variance),
                ] {
                    let found = try layer.backward(
                        g, input: x, normalizedBy: normalizing, shape: shape)
                    let expected = example.gradients(
                        mean, variance, isBatch: normalizing != .running)
                    try expect("dx", found.input, expected.input)
                    try expect("dgamma", found.gamma, expected.gamma)
                    try expect("dbeta", found.beta, expected.beta)
                }
            }
        }
        try check(subject.element.scalar)
    }
}

import Normalization
import SeededRandom
import Testing

@Suite struct ReestimationTests {
    /// Batches of 1, 2, 4 … samples, the first an empty one, of small integers: every mean and every
    /// product is exact in `Double`, where counts are powers of two.
    /// The offset is large against the deviations, so that formulas which subtract squares fail.
    @Test(arguments: [VarianceEstimator.unbiased, .biased], [0, 0x1p20, -0x1p30])
    func exactDataGivesTheStatisticsOfTheWhole(
        _ estimator: VarianceEstimator, offset: Double
    ) throws {
        // Sizes that double keep n_b / n = 1/2, after the first one.
        let sizes = [0, 4, 4, 8, 16, 32]
        var random = SplitMix64(seed: 4)
        let x = (0..<sizes.reduce(0, +) * 3).map { _ in offset + Double(random.integer(-512...512))
        }
        var layer = try BatchNorm<Double>(
            channels: 3, gamma: .absent, beta: .absent,
            runningStatistics: RunningStatistics(channels: 3, estimator: estimator))
        var start = 0
        let batches = try sizes.map { size in
            defer { start += size * 3 }
            return try BatchStatistics(
                of: Array(x[start..<start + size * 3]).span, geometry: Geometry([size, 3]))
        }
        try layer.reestimateRunningStatistics(from: batches)
        let running = try #require(layer.runningStatistics)
        for c in 0..<3 {
            let values = stride(from: c, to: x.count, by: 3).map { x[$0] }
            let mean = values.reduce(0, +) / 64
            let m2 = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            #expect(running.mean[c] == mean)
            #expect(running.variance[c] == m2 / (estimator == .unbiased ? 63 : 64))
        }
        #expect(running.updateCount == 5)
    }

    /// Pooling k batches of statistics that are each within a few U of exact: k merges of three
    /// roundings, so (4 k + 64) U · (|μ| + max|x|) for the mean, and twice that relative to what M2
    /// is made of for the variance.
    @Test(arguments: 0..<20) func randomDataGivesTheStatisticsOfTheWhole(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let channels = random.integer(1...5)
        var running = try RunningStatistics(channels: channels, weight: .cumulative)
        var all: [[Double]] = Array(repeating: [], count: channels)
        var batches: [BatchStatistics] = []
        for _ in 0..<random.integer(1...30) {
            let (n, inner) = (random.integer(0...9), random.integer(1...9))
            let center = Double(random.integer(-20...20))
            let x: [Float] = random.array(n * channels * inner, center - 1...center + 1)
            for (i, value) in x.enumerated() { all[i / inner % channels].append(Double(value)) }
            batches.append(
                try BatchStatistics(
                    of: x.span, geometry: Geometry([n, channels, inner]), engine: .reference))
        }
        guard all[0].count > 1 else { return }
        try running.reestimate(from: batches)
        let tolerance = Double(4 * batches.count + 64) * 0x1p-53
        for c in 0..<channels {
            let n = Double(all[c].count)
            let mean = all[c].reduce(0, +) / n
            let variance = all[c].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
            // The plain sums here round n times.
            let sums = n * 0x1p-53
            #expect(abs(running.mean[c] - mean) <= (tolerance + sums) * 21)
            #expect(abs(running.variance[c] - variance) <= 2 * (tolerance + sums) * 21 * 21)
        }
        #expect(running.updateCount == batches.count { $0.count > 0 })
    }

    /// Batches of 1 to 97 samples whose means lie up to 4 deviations apart, on an offset of 2²⁰: what is
    /// lost must be small against the deviations, not only against the offset.
    ///
    /// With A = |offset| + 8, D = 8 the widest distance of two means, and V the variance: each of k
    /// merges rounds the mean three times, as does a batch's own statistics, E = (3 k + 8) U A; a mean
    /// that is E away moves the variance by 2 D E + E², and its sums round (4 k + 8) U V. The
    /// statistics of the batches are the reference engine's, with compensated sums.
    @Test(arguments: 0..<20) func aLargeOffsetCostsNoDigitsOfTheVariance(seed: Int) throws {
        try largeOffset(seed, Float.self, offset: 0x1p20)
        try largeOffset(seed, Double.self, offset: -0x1p20)
    }

    private func largeOffset<Scalar: NormalizationScalar>(
        _ seed: Int, _: Scalar.Type, offset: Double
    ) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var all: [Double] = []
        let batches = try (0..<random.integer(2...40)).map { _ in
            let center = offset + Double(random.integer(-4...4))
            let x: [Scalar] = random.array(random.integer(1...97), center - 1...center + 1)
            // Exact: the two are within a factor of two.
            all += x.map { Double($0) - offset }
            return try BatchStatistics(
                of: x.span, geometry: Geometry([x.count, 1]), engine: .reference)
        }
        var running = try RunningStatistics(channels: 1, estimator: .biased)
        try running.reestimate(from: batches)
        let (n, k, U) = (Double(all.count), Double(batches.count), 0x1p-53)
        let mean = all.reduce(0, +) / n
        let variance = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
        // The plain sums here round n times, at the size of the deviations.
        let sums = n * U * 8
        let error = (3 * k + 8) * U * (abs(offset) + 8)
        let place = Comment("seed \(seed), \(Scalar.self)")
        #expect(abs(running.mean[0] - offset - mean) <= error + sums, place)
        #expect(
            abs(running.variance[0] - variance)
                <= 16 * error + error * error + (4 * k + 8) * U * variance + 8 * sums, place)
    }

    @Test func whatItDoesNotPoolIsKept() throws {
        var running = try RunningStatistics(
            mean: [7], variance: [7], updateCount: 9, weight: .decay(0.9), estimator: .biased,
            nonFinite: .skip)
        let batch = try BatchStatistics(count: 2, mean: [1], sumOfSquaredDeviations: [4])
        try running.reestimate(from: [batch])
        #expect(
            try running
                == RunningStatistics(
                    mean: [1], variance: [2], updateCount: 1, weight: .decay(0.9),
                    estimator: .biased, nonFinite: .skip))
    }

    @Test func notFiniteDataFollowsThePolicy() throws {
        let batch = try BatchStatistics(
            count: 2, mean: [1, .nan], sumOfSquaredDeviations: [4, .nan])
        for policy in NonFinitePolicy.allCases {
            var running = try RunningStatistics(
                mean: [7, 7], variance: [7, 7], updateCount: 9, nonFinite: policy)
            let before = running
            switch policy {
            case .throw:
                let error = #expect(throws: NormalizationError.self) {
                    try running.reestimate(from: [batch])
                }
                #expect(error == .nonFiniteStatistics(channel: 1) && running == before)
            case .skip:
                try running.reestimate(from: [batch])
                #expect(running.mean == [1, 7] && running.variance == [4, 7])
            case .propagate:
                try running.reestimate(from: [batch])
                #expect(running.mean[1].isNaN && running.variance[1].isNaN)
            }
        }
    }

    @Test func refusalsChangeNothing() throws {
        var layer = try BatchNorm<Float>.standard(channels: 2)
        let before = layer.runningStatistics
        let one = try BatchStatistics(count: 1, mean: [1, 2], sumOfSquaredDeviations: [0, 0])
        let other = try BatchStatistics(count: 5, mean: [1], sumOfSquaredDeviations: [0])
        let cases: [([BatchStatistics], NormalizationError)] = [
            ([], .tooFewValuesToCommit(count: 0)), ([one], .tooFewValuesToCommit(count: 1)),
            ([one, other], .mismatchedStatistics(expected: 2, actual: 1)),
        ]
        for (batches, expected) in cases {
            let error = #expect(throws: NormalizationError.self) {
                try layer.reestimateRunningStatistics(from: batches)
            }
            #expect(error == expected && layer.runningStatistics == before)
        }
        layer.runningStatistics = nil
        let error = #expect(throws: NormalizationError.self) {
            try layer.reestimateRunningStatistics(from: [one, one])
        }
        #expect(error == .noRunningStatistics)
    }
}

import Normalization
import SeededRandom
import Testing

/// Statistics of whitening and their moving averages.
@Suite struct WhiteningStatisticsTests {
    private func statistics(
        _ x: [Double], _ layout: Layout, _ subject: Subject, groupSize: Int
    ) throws -> WhiteningStatistics {
        func compute<Scalar: NormalizationScalar>(_: Scalar.Type) throws -> WhiteningStatistics {
            let x = converted(x, to: Scalar.self)
            return try WhiteningStatistics(
                of: x.span, geometry: layout.geometry, groupSize: groupSize, engine: subject.engine)
        }
        return try compute(subject.element.scalar)
    }

    @Test("statistics are the definition's", arguments: Subject.whitening)
    func statisticsAreTheDefinitions(_ subject: Subject) throws {
        for layout in [Layout([5, 6, 7]), Layout([5, 7, 6], axis: -1), Layout([2, 6, 5000])] {
            var generator = SplitMix64(seed: 4)
            let x = try correlated(layout, mean: 30, using: &generator)
            let found = try statistics(x, layout, subject, groupSize: 3)
            let plain = PlainWhitening(x, try layout.geometry, groupSize: 3)
            #expect(found.count == plain.count && found.channels == 6 && found.groups == 2)
            for channel in 0..<6 {
                #expect(abs(found.mean[channel] - plain.mean(channel)) <= 1e-12)
            }
            let (biased, unbiased) = (found.covariance(), found.covariance(.unbiased))
            #expect(plain.largestDeviation { biased[$0 * 3 + $1 % 3] } <= 1e-12)
            let factor = Double(plain.count - 1) / Double(plain.count)
            for (a, b) in zip(biased, unbiased) { #expect(abs(a - b * factor) <= 4e-15) }
        }
    }

    /// Small integers whose parts' means are whole: every sum and quotient is exact.
    @Test("parts merge to the whole, exactly", arguments: Subject.whitening)
    func partsMergeToTheWhole(_ subject: Subject) throws {
        // Values in pairs that add to twice a mean; parts of 2, 2 and 4 rows.
        let deviations = [[1, -2, 3, 4], [5, 1, -1, 2], [-2, 2, 3, 1], [4, 0, 1, -3]].map {
            $0.map { Double($0) }
        }
        let means = [[4.0, 8, 0, -4], [8, 0, 4, 4], [8, 4, -4, 0], [8, 4, -4, 0]]
        let rows = zip(deviations, means).flatMap { d, m in
            [zip(m, d).map { $0 + $1 }, zip(m, d).map { $0 - $1 }]
        }
        func part(_ range: Range<Int>) throws -> WhiteningStatistics {
            try statistics(
                rows[range].flatMap { $0 }, Layout([range.count, 4]), subject, groupSize: 2)
        }
        let parts = [try part(0..<2), try part(2..<4), try part(4..<8)]
        let whole = try part(0..<8)
        #expect(try parts[0].merging(parts[1]).merging(parts[2]) == whole)
        #expect(try parts[2].merging(parts[1].merging(parts[0])) == whole)
        let empty = try part(0..<0)
        #expect(empty.count == 0 && empty.covariance().allSatisfy { $0.isNaN })
        #expect(try whole.merging(empty) == whole && empty.merging(whole) == whole)
        let given = try WhiteningStatistics(
            count: 8, groupSize: 2, mean: whole.mean, sumsOfProducts: whole.sumsOfProducts)
        #expect(given == whole)
    }

    @Test("parts of a batch far from zero merge to the whole")
    func partsFarFromZeroMerge() throws {
        let layout = Layout([6, 4, 50])
        var generator = SplitMix64(seed: 14)
        let x = try correlated(layout, mean: 0, using: &generator).map { $0 + 1_048_576 }
        let subject = Subject(engine: .blas, element: .double)
        let whole = try statistics(x, layout, subject, groupSize: 4)
        var merged = try statistics([], Layout([0, 4, 50]), subject, groupSize: 4)
        for sample in 0..<6 {
            merged = try merged.merging(
                statistics(
                    Array(x[sample * 200..<(sample + 1) * 200]), Layout([1, 4, 50]), subject,
                    groupSize: 4))
        }
        for (a, b) in zip(merged.sumsOfProducts, whole.sumsOfProducts) {
            #expect(abs(a - b) <= 1e-10)
        }
        #expect(merged.count == whole.count)
    }

    @Test("an update is the moving average of means and covariances, with either estimator")
    func updateIsTheMovingAverage() throws {
        let batch = try WhiteningStatistics(
            count: 5, groupSize: 2, mean: [1, 2], sumsOfProducts: [20, 8, 8, 40])
        for (estimator, divisor) in [(VarianceEstimator.biased, 5.0), (.unbiased, 4)] {
            var running = try RunningWhitening(
                channels: 2, groupSize: 2, weight: .newWeight(0.25), estimator: estimator)
            #expect(running.covariance == [1, 0, 0, 1] && running.mean == [0, 0])
            try running.update(with: batch)
            #expect(running.mean == [0.25, 0.5] && running.updateCount == 1)
            #expect(
                running.covariance
                    == [20, 8, 8, 40].enumerated().map { index, value in
                        0.75 * (index % 3 == 0 ? 1 : 0) + 0.25 * (value / divisor)
                    })
            #expect(running.channels == 2 && running.groups == 1)
        }
        var layer = try WhiteningNorm<Double>(channels: 2, groupSize: 2)
        let x: [Double] = [1, 2, 3, 5, 8, 13]
        let (y, statistics) = try layer.forwardAndCommit(x, shape: [3, 2])
        var spans = try WhiteningNorm<Double>(channels: 2, groupSize: 2)
        var output = [Double](repeating: 0, count: 6)
        var span = output.mutableSpan
        #expect(
            try spans.forwardAndCommit(x.span, into: &span, geometry: Geometry([3, 2]))
                == statistics)
        #expect(output == y && spans.runningStatistics == layer.runningStatistics)
    }

    @Test("what is not finite throws, is skipped with its group, or enters, by the policy")
    func nonFiniteFollowsThePolicy() throws {
        let broken = try WhiteningStatistics(
            count: 4, groupSize: 2, mean: [1, 2, 3, 4],
            sumsOfProducts: [4, 0, 0, 4, .nan, 0, 0, 4])
        let whole = try WhiteningStatistics(
            count: 4, groupSize: 2, mean: [1, 2, 3, 4], sumsOfProducts: [4, 0, 0, 4, 8, 0, 0, 4])
        var running = try RunningWhitening(
            channels: 4, groupSize: 2, weight: .cumulative, estimator: .biased)
        let before = running
        #expect(throws: NormalizationError.nonFiniteStatistics(channel: 2)) {
            try running.update(with: broken)
        }
        #expect(throws: NormalizationError.nonFiniteStatistics(channel: 2)) {
            try running.reestimate(from: [broken])
        }
        #expect(running == before)
        running.nonFinite = .skip
        try running.update(with: broken)
        #expect(running.mean == [1, 2, 0, 0])
        #expect(running.covariance == [1, 0, 0, 1, 1, 0, 0, 1])
        // A skipped update does not count in its group: this is the first there.
        try running.update(with: whole)
        #expect(running.mean == [1, 2, 3, 4])
        #expect(running.covariance == [1, 0, 0, 1, 2, 0, 0, 1])
        try running.reestimate(from: [broken, broken])
        #expect(running.covariance == [1, 0, 0, 1, 2, 0, 0, 1] && running.updateCount == 2)
        running.nonFinite = .propagate
        try running.update(with: broken)
        #expect(running.covariance[4].isNaN)
        let single = try WhiteningStatistics(
            count: 1, groupSize: 2, mean: [1, 2, 3, 4],
            sumsOfProducts: [Double](repeating: 0, count: 8))
        #expect(throws: NormalizationError.tooFewValuesToCommit(count: 1)) {
            try running.update(with: single)
        }
        #expect(throws: NormalizationError.tooFewValuesToCommit(count: 0)) {
            try running.reestimate(from: [])
        }
    }

    @Test("reestimation pools a data set as if it had been one batch")
    func reestimationPools() throws {
        let layout = Layout([4, 4, 25])
        var generator = SplitMix64(seed: 8)
        let x = try correlated(layout, using: &generator)
        let subject = Subject(engine: .blas, element: .double)
        let whole = try statistics(x, layout, subject, groupSize: 2)
        var running = try RunningWhitening(channels: 4, groupSize: 2)
        let parts = try (0..<4).map {
            try statistics(
                Array(x[$0 * 100..<($0 + 1) * 100]), Layout([1, 4, 25]), subject, groupSize: 2)
        }
        try running.reestimate(from: parts)
        #expect(running.updateCount == 4)
        for (a, b) in zip(running.covariance, whole.covariance(.unbiased)) {
            #expect(abs(a - b) <= 1e-13)
        }
    }
}

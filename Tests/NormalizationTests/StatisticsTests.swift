import Normalization
import SeededRandom
import Testing

/// Batch statistics as mergeable values, and the running ones they are committed to.
@Suite struct StatisticsTests {
    static let layouts = [
        Layout([13, 3]), Layout([40, 2, 5]), Layout([9, 3, 4, 5]), Layout([7, 2, 3, 2, 2]),
        Layout([8, 3, 5, 2], axis: -1), Layout([3, 2, 1200]),
    ]

    // MARK: Merging

    @Test(
        "merging the parts of any split of the batch equals the whole",
        arguments: Subject.all, layouts)
    func mergingAnySplitEqualsTheWhole(_ subject: Subject, layout: Layout) throws {
        for mean in [0.0, 1000] {
            var generator = SplitMix64(seed: 5)
            let x = generator.values(try layout.geometry.count, mean: mean)
            let whole = try subject.statistics(x, layout.geometry)
            let sample = x.count / layout.shape[0]
            for cut in 0...layout.shape[0] {
                var (head, tail) = (layout, layout)
                head.shape[0] = cut
                tail.shape[0] -= cut
                let merged = try subject.statistics(Array(x[..<(cut * sample)]), head.geometry)
                    .merging(subject.statistics(Array(x[(cut * sample)...]), tail.geometry))
                expectSame(merged, whole, x, layout, subject, "cut at \(cut), mean \(mean)")
            }
        }
    }

    @Test(
        "merging single samples one by one, or in pairs of pairs, equals the whole",
        arguments: Subject.all)
    func mergingOneByOneEqualsTheWhole(_ subject: Subject) throws {
        let layout = Layout([64, 3])
        var generator = SplitMix64(seed: 6)
        let x = generator.values(192, mean: 10)
        let whole = try subject.statistics(x, layout.geometry)
        var parts = try (0..<64).map {
            try subject.statistics(Array(x[(3 * $0)..<(3 * $0 + 3)]), Geometry([1, 3]))
        }
        var merged = parts[0]
        for part in parts.dropFirst() { merged = try merged.merging(part) }
        expectSame(merged, whole, x, layout, subject, "one by one")
        while parts.count > 1 {
            parts = try (0..<parts.count / 2).map { try parts[2 * $0].merging(parts[2 * $0 + 1]) }
        }
        expectSame(parts[0], whole, x, layout, subject, "in pairs")
    }

    @Test("merging is the formula, and equal means merge to themselves")
    func mergingIsTheFormula() throws {
        let a = try BatchStatistics(
            count: 2, mean: [1, 0.1], sumOfSquaredDeviations: [2, 1])
        let b = try BatchStatistics(
            count: 6, mean: [5, 0.1], sumOfSquaredDeviations: [7, 0.5])
        // δ = 4: μ = 1 + 4 · 6/8, M2 = 2 + 7 + 16 · 12/8
        let merged = try a.merging(b)
        #expect(merged.count == 8)
        #expect(merged.mean == [4, 0.1])
        #expect(merged.sumOfSquaredDeviations == [33, 1.5])
        #expect(merged.variance() == [33.0 / 8, 1.5 / 8])
        #expect(merged.variance(.unbiased) == [33.0 / 7, 1.5 / 7])
    }

    @Test("a variance without enough values is NaN, never a crash")
    func varianceOfTooFewIsNaN() throws {
        let none = try BatchStatistics(count: 0, mean: [0], sumOfSquaredDeviations: [0])
        #expect(none.variance()[0].isNaN && none.variance(.unbiased)[0].isNaN)
        let one = try BatchStatistics(count: 1, mean: [3], sumOfSquaredDeviations: [0])
        #expect(one.variance() == [0] && one.variance(.unbiased)[0].isNaN)
    }

    // MARK: Running statistics

    @Test("running statistics start at 0 and 1, with no updates")
    func theyStartAtZeroAndOne() throws {
        let running = try RunningStatistics(channels: 2)
        #expect(running.mean == [0, 0] && running.variance == [1, 1] && running.updateCount == 0)
        #expect(running.weight == .newWeight(0.1) && running.estimator == .unbiased)
    }

    /// Four values of mean 2 and M2 12: variance 3, unbiased 4; then of mean 4 and M2 24.
    static let batches = [(mean: 2.0, deviations: 12.0), (mean: 4.0, deviations: 24.0)]

    struct UpdateCase: Sendable {
        var weight: UpdateWeight
        var estimator: VarianceEstimator
        /// After the first and after the second batch.
        var mean: [Double]
        var variance: [Double]
    }

    static let updates: [UpdateCase] = [
        UpdateCase(
            weight: .newWeight(0.25), estimator: .unbiased, mean: [0.5, 1.375],
            variance: [1.75, 3.3125]),
        UpdateCase(
            weight: .newWeight(0.25), estimator: .biased, mean: [0.5, 1.375],
            variance: [1.5, 2.625]),
        UpdateCase(
            weight: .decay(0.75), estimator: .unbiased, mean: [0.5, 1.375],
            variance: [1.75, 3.3125]),
        UpdateCase(
            weight: .decay(0.75), estimator: .biased, mean: [0.5, 1.375], variance: [1.5, 2.625]),
        UpdateCase(weight: .cumulative, estimator: .unbiased, mean: [2, 3], variance: [4, 6]),
        UpdateCase(weight: .cumulative, estimator: .biased, mean: [2, 3], variance: [3, 4.5]),
        UpdateCase(weight: .newWeight(0), estimator: .biased, mean: [0, 0], variance: [1, 1]),
        UpdateCase(weight: .decay(1), estimator: .unbiased, mean: [0, 0], variance: [1, 1]),
        UpdateCase(weight: .newWeight(1), estimator: .unbiased, mean: [2, 4], variance: [4, 8]),
        UpdateCase(weight: .decay(0), estimator: .biased, mean: [2, 4], variance: [3, 6]),
    ]

    @Test(
        "an update is (1 − w) · running + w · batch, for every weight and estimator",
        arguments: updates)
    func updateIsTheFormula(_ update: UpdateCase) throws {
        var running = try RunningStatistics(
            channels: 1, weight: update.weight, estimator: update.estimator)
        for (step, batch) in Self.batches.enumerated() {
            try running.update(
                with: BatchStatistics(
                    count: 4, mean: [batch.mean], sumOfSquaredDeviations: [batch.deviations]))
            // Every number here is a binary fraction: exact.
            #expect(running.mean == [update.mean[step]])
            #expect(running.variance == [update.variance[step]])
            #expect(running.updateCount == step + 1)
        }
    }

    @Test("the presets carry ε, weight and estimator of their framework", arguments: Subject.all)
    func presetsCarryTheirNumbers(_ subject: Subject) throws {
        // One batch of mean 2 and M2 18, so of variance 4.5 and unbiased 6, into (0, 1).
        let expected: [(preset: Preset, epsilon: Double, mean: Double, variance: Double)] = [
            (.pyTorch, 1e-5, 0.2, 1.5), (.keras, 1e-3, 0.02, 1.035), (.onnx, 1e-5, 0.2, 1.35),
        ]
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            for (preset, epsilon, mean, variance) in expected {
                for named in try [
                    BatchNorm<Scalar>.standard(channels: 1, preset: preset),
                    .weightShared(channels: 1, preset: preset),
                    .parameterShared(channels: 1, preset: preset),
                ] {
                    var layer = named
                    layer.engine = subject.engine
                    #expect(layer.epsilon == epsilon)
                    try layer.forwardAndCommit([-1, 2, 2, 5].map { Scalar($0) }, shape: [4, 1])
                    let running = try #require(layer.runningStatistics)
                    // Decimal weights: a few roundings of numbers near 1.
                    #expect(abs(running.mean[0] - mean) <= 4 * 0x1p-53)
                    #expect(abs(running.variance[0] - variance) <= 8 * 0x1p-53)
                }
            }
        }
        try check(subject.element.scalar)
    }

    @Test("cumulative running statistics are the plain averages over the batches, and go on")
    func cumulativeIsThePlainAverage() throws {
        var generator = SplitMix64(seed: 7)
        let means = generator.values(50, mean: 3)
        let deviations = generator.values(50, mean: 8)
        var running = try RunningStatistics(channels: 1, weight: .cumulative, estimator: .biased)
        for update in 0..<50 {
            if update == 20 {
                // Saved and loaded again.
                running = try RunningStatistics(
                    mean: running.mean, variance: running.variance,
                    updateCount: running.updateCount, weight: .cumulative, estimator: .biased)
            }
            try running.update(
                with: BatchStatistics(
                    count: 4, mean: [means[update]],
                    sumOfSquaredDeviations: [deviations[update]]))
        }
        // Each of 50 updates rounds three times.
        let bound = 150 * 0x1p-53
        let mean = means.reduce(0, +) / 50
        let variance = deviations.reduce(0, +) / 200
        #expect(abs(running.mean[0] - mean) <= bound * 4)
        #expect(abs(running.variance[0] - variance) <= bound * 9 / 4)
        #expect(running.updateCount == 50)
    }

    @Test(
        "forward commits nothing; committing is a step of its own, or the convenience's",
        arguments: Subject.all)
    func commitIsAStepOfItsOwn(_ subject: Subject) throws {
        var generator = SplitMix64(seed: 8)
        let x = generator.values(60, mean: 1)
        var layer = try subject.layer(channels: 3, running: RunningStatistics(channels: 3))
        var convenient = layer
        let before = layer.parts
        // Activations computed twice, as when they are recomputed for backward.
        let first = try layer.forward(doubles: x, shape: [4, 3, 5], channelAxis: 1)
        let second = try layer.forward(doubles: x, shape: [4, 3, 5], channelAxis: 1)
        #expect(layer.parts == before)
        #expect(first.output == second.output && first.statistics == second.statistics)
        try layer.commit(first.statistics)
        #expect(layer.parts != before)

        let all = try convenient.forwardAndCommit(doubles: x, shape: [4, 3, 5], channelAxis: 1)
        #expect(all.output == first.output && all.statistics == first.statistics)
        #expect(convenient.parts == layer.parts)
    }

    @Test("inference and backward change nothing of the layer", arguments: Subject.all)
    func inferenceAndBackwardChangeNothing(_ subject: Subject) throws {
        let layer = try subject.layer(
            channels: 2, gamma: .shared(2), beta: .perChannel([1, 2]),
            running: RunningStatistics(mean: [1, 2], variance: [3, 4], updateCount: 5))
        let before = layer.parts
        let x = [1.0, 2, 3, 5]
        _ = try layer.inference(doubles: x, shape: [2, 2], channelAxis: 1)
        _ = try layer.backward(
            doubles: x, input: x, normalizedBy: .running, shape: [2, 2], channelAxis: 1,
            wanting: .all)
        #expect(layer.parts == before)
    }

    // MARK: Helpers

    /// The statistics must be those of `x` to rounding.
    ///
    /// With R = max |x − μ| over all channels: an engine adds at most m terms in the element type,
    /// each at most 4R (`ErrorBounds`), in its parts as in the whole, and each of at most 64 merges
    /// rounds three times. The mean itself is rounded to Double.
    private func expectSame(
        _ merged: BatchStatistics, _ whole: BatchStatistics, _ x: [Double], _ layout: Layout,
        _ subject: Subject, _ comment: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(merged.count == whole.count, "\(comment)", sourceLocation: sourceLocation)
        guard let geometry = try? layout.geometry else { return }
        for channel in 0..<geometry.channels {
            let values = indices(ofChannel: channel, geometry).map { x[$0] }
            let range = values.map { abs($0 - whole.mean[channel]) }.max() ?? 0
            let steps =
                2 * ErrorBounds.depth(values.count) * subject.element.unitRoundoff
                + Double(values.count + 192) * 0x1p-53
            let largest = values.map { abs($0) }.max() ?? 0
            let meanBound = 4 * range * steps + 192 * 0x1p-53 * largest
            #expect(
                abs(merged.mean[channel] - whole.mean[channel]) <= meanBound,
                "\(comment), channel \(channel)", sourceLocation: sourceLocation)
            let squares = Double(values.count) * range * range
            #expect(
                abs(
                    merged.sumOfSquaredDeviations[channel]
                        - whole.sumOfSquaredDeviations[channel]) <= 3 * 16 * squares * steps,
                "\(comment), channel \(channel)", sourceLocation: sourceLocation)
        }
    }
}

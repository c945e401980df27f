import Normalization
import Testing

/// Running statistics beside NaN: what is skipped does not count, and what is forgotten is.
@Suite struct SkippedUpdateTests {
    @Test("a skipped update does not count in its channel's cumulative average")
    func skippedUpdateDoesNotCount() throws {
        var running = try RunningStatistics(channels: 2, weight: .cumulative, nonFinite: .skip)
        let geometry = try Geometry([2, 2])
        for x in [[Double.nan, 1, 2, 3], [9, 1, 11, 3]] {
            try running.update(with: BatchStatistics(of: x.span, geometry: geometry))
        }
        #expect(running.mean == [10, 2])
        #expect(running.variance == [2, 2])
        #expect(running.updateCount == 2)
        try running.update(with: BatchStatistics(of: [12.0, 5, 14, 5].span, geometry: geometry))
        // The second of channel 0, the third of channel 1.
        #expect(running.mean == [11.5, 3])
    }

    @Test("a first cumulative update, and a weight of 1, forget an old NaN")
    func firstCumulativeUpdateForgets() throws {
        let batch = try BatchStatistics(of: [1.0, 3].span, geometry: Geometry([2, 1]))
        for weight in [UpdateWeight.cumulative, .newWeight(1), .decay(0)] {
            for policy in NonFinitePolicy.allCases {
                var running = try RunningStatistics(
                    mean: [.nan], variance: [.infinity], weight: weight, nonFinite: policy)
                try running.update(with: batch)
                #expect(running.mean == [2] && running.variance == [2], "\(weight), \(policy)")
            }
        }
    }

    @Test(
        "a running mean that is not finite is an error that names its channel, by policy",
        arguments: [Double.nan, .infinity, -.infinity])
    func nonFiniteRunningMeanIsRefused(_ mean: Double) throws {
        let message = "running mean: expected finite numbers, got \(mean) in channel 1"
        let x: [Float] = [1, 2, 3, 4]
        func made(_ policy: NonFinitePolicy) throws -> BatchNorm<Float> {
            try BatchNorm<Float>(
                channels: 2, gamma: .absent, beta: .absent,
                runningStatistics: RunningStatistics(
                    mean: [0, mean], variance: [1, 1], nonFinite: policy))
        }
        var strict = try made(.throw)
        let before = strict.runningStatistics
        for call in [
            { _ = try strict.inference(x, shape: [2, 2]) },
            { try strict.forwardAndCommit(x, shape: [2, 2]) },
            {
                _ = try strict.backward(x, input: x, normalizedBy: .running, shape: [2, 2])
            },
        ] as [() throws -> Void] {
            let error = #expect(throws: NormalizationError.self) { try call() }
            #expect(error?.description == message)
        }
        #expect(
            "\(String(describing: strict.runningStatistics))" == "\(String(describing: before))")
        let lenient = try made(.propagate)
        let y = try lenient.inference(x, shape: [2, 2])
        #expect(y[0].isFinite && y[2].isFinite && !y[1].isFinite && !y[3].isFinite)
    }
}

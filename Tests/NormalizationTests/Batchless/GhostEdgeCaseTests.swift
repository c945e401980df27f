import Normalization
import SeededRandom
import Testing

/// What ghost batches commit, their edge cases, and what they refuse.
@Suite struct GhostEdgeCaseTests {
    private func layer(_ estimator: VarianceEstimator = .unbiased) throws -> BatchNorm<Double> {
        try BatchNorm(
            channels: 2, gamma: .shared(2), beta: .shared(1),
            runningStatistics: RunningStatistics(
                channels: 2, weight: .newWeight(1), estimator: estimator))
    }

    /// Channel 0 is 0, 2 | 4, 6 and channel 1 is 1, 1 | 5, 5.
    private let x: [Double] = [0, 1, 2, 1, 4, 5, 6, 5]

    @Test("pooled parts are committed as the whole batch", arguments: VarianceEstimator.allCases)
    func pooledIsTheWhole(_ estimator: VarianceEstimator) throws {
        var layer = try layer(estimator)
        let parts = try layer.forward(x, ghostSize: 2, shape: [4, 2]).parts
        try layer.commit(parts)
        // M2 of 0, 2, 4, 6 is 20, of 1, 1, 5, 5 it is 16.
        let divisor: Double = estimator == .biased ? 4 : 3
        #expect(layer.runningStatistics?.mean == [3, 3])
        #expect(layer.runningStatistics?.variance == [20 / divisor, 16 / divisor])
        #expect(layer.runningStatistics?.updateCount == 1)
    }

    @Test(
        "averaged parts leave out how far their means lie apart",
        arguments: VarianceEstimator.allCases)
    func averageOfParts(_ estimator: VarianceEstimator) throws {
        var layer = try layer(estimator)
        let parts = try layer.forward(x, ghostSize: 2, shape: [4, 2]).parts
        try layer.commit(parts, as: .averageOfParts)
        #expect(layer.runningStatistics?.mean == [3, 3])
        let variance = try #require(layer.runningStatistics?.variance)
        // Times the divisor and by it again: two roundings.
        #expect(abs(variance[0] - (estimator == .biased ? 1 : 2)) <= 2 * 0x1p-52)
        #expect(variance[1] == 0)
        #expect(layer.runningStatistics?.updateCount == 1)
    }

    @Test("a layer without running statistics commits nothing")
    func nothingToCommitTo() throws {
        var layer = try layer()
        layer.runningStatistics = nil
        try layer.commit(layer.forward(x, ghostSize: 2, shape: [4, 2]).parts)
        #expect(layer.runningStatistics == nil)
    }

    @Test("a part that cannot be committed is named, and nothing has changed")
    func commitNamesThePart() throws {
        var layer = try layer()
        let before = layer.runningStatistics
        let good = try BatchStatistics(count: 2, mean: [0, 0], sumOfSquaredDeviations: [1, 1])
        let other = try BatchStatistics(count: 2, mean: [0], sumOfSquaredDeviations: [1])
        let single = try BatchStatistics(count: 1, mean: [0, 0], sumOfSquaredDeviations: [0, 0])
        for contribution in GhostContribution.allCases {
            let error = #expect(throws: NormalizationError.self) {
                try layer.commit([good, other], as: contribution)
            }
            #expect(error?.description == "part 1: batch statistics: expected 2 channels, got 1")
        }
        #expect(throws: NormalizationError.part(1, .tooFewValuesToCommit(count: 1))) {
            try layer.commit([good, single, single], as: .averageOfParts)
        }
        #expect(throws: NormalizationError.tooFewValuesToCommit(count: 1)) {
            try layer.commit([single])
        }
        #expect(layer.runningStatistics == before)
        // Pooled, it is one value more.
        try layer.commit([single, good])
        #expect(layer.runningStatistics?.updateCount == 1)
    }

    @Test("a NaN in one part stays in its channel, and is not committed under throw")
    func notANumberStaysInItsPart() throws {
        var layer = try layer()
        var x = x
        x[5] = .nan
        let (y, parts) = try layer.forward(x, ghostSize: 2, shape: [4, 2])
        #expect(y.map(\.isNaN) == [false, false, false, false, false, true, false, true])
        let before = layer.runningStatistics
        for contribution in GhostContribution.allCases {
            #expect(throws: NormalizationError.nonFiniteStatistics(channel: 1)) {
                try layer.commit(parts, as: contribution)
            }
        }
        #expect(layer.runningStatistics == before)
    }

    @Test("a size below 1 is refused", arguments: [0, -1, Int.min])
    func sizeIsRefused(_ size: Int) throws {
        let error = #expect(throws: NormalizationError.self) {
            _ = try layer().forward(x, ghostSize: size, shape: [4, 2])
        }
        #expect(error?.description == "ghost size: expected at least 1 sample, got \(size)")
    }

    @Test("a part of one value per channel is refused by its number, and y is not touched")
    func singleValueIsRefused() throws {
        let layer = try layer()
        let values: [Double] = Array(x[..<6])
        let expected = NormalizationError.part(1, .tooFewValuesPerChannel(shape: [1, 2]))
        var y = values
        #expect(throws: expected) {
            var span = y.mutableSpan
            _ = try layer.forwardInPlace(&span, ghostSize: 2, geometry: Geometry([3, 2]))
        }
        #expect(y == values)
        #expect(
            expected.description
                == "part 1: expected more than one value per channel when training, got shape [1, 2]"
        )
        #expect(throws: NormalizationError.tooFewValuesPerChannel(shape: [1, 2])) {
            _ = try layer.forward([1, 2], ghostSize: 2, shape: [1, 2])
        }
    }

    @Test("channels at axis 0 are refused")
    func channelsFirstOfAllAreRefused() throws {
        let error = NormalizationError.invalidShape([2, 4], channelAxis: 0, .noSampleAxis)
        #expect(throws: error) {
            _ = try layer().forward(x, ghostSize: 2, shape: [2, 4], channelAxis: 0)
        }
        let statistics = try BatchStatistics(
            count: 4, mean: [0, 0], sumOfSquaredDeviations: [1, 1])
        #expect(throws: error) {
            _ = try layer().backward(
                x, input: x, normalizedBy: [statistics], shape: [2, 4], channelAxis: 0)
        }
    }

    @Test("backward refuses parts that do not fit the batch")
    func backwardNamesThePart() throws {
        let layer = try layer()
        let parts = try layer.forward(x, ghostSize: 2, shape: [4, 2]).parts
        func backward(_ parts: [BatchStatistics]) throws {
            _ = try layer.backward(x, input: x, normalizedBy: parts, shape: [4, 2])
        }
        for (given, message) in [
            ([], "batch statistics: expected those of 1 to 4 parts, got 0"),
            (
                Array(repeating: parts[0], count: 5),
                "batch statistics: expected those of 1 to 4 parts, got 5"
            ),
            (
                [parts[0], parts[0], parts[0]],
                "part 1: expected more than one value per channel when training, got shape [1, 2]"
            ),
            (
                [
                    parts[0],
                    try BatchStatistics(count: 2, mean: [0], sumOfSquaredDeviations: [1]),
                ],
                "part 1: batch statistics: expected 2 channels, got 1"
            ),
            (
                [
                    parts[0],
                    try BatchStatistics(count: 3, mean: [0, 0], sumOfSquaredDeviations: [1, 1]),
                ],
                "part 1: batch statistics: expected 2 values per channel, got 3"
            ),
        ] {
            let error = #expect(throws: NormalizationError.self) { try backward(given) }
            #expect(error?.description == message)
        }
    }

    @Test(
        "an empty batch is one empty part, and commits nothing",
        arguments: [
            [0, 2, 3], [4, 2, 0],
        ])
    func emptyBatchIsEmpty(_ shape: [Int]) throws {
        var layer = try layer()
        let before = layer.runningStatistics
        let (y, parts) = try layer.forward([], ghostSize: 2, shape: shape)
        #expect(y == [] && parts.count == max(1, shape[0] / 2))
        #expect(parts.allSatisfy { $0.count == 0 && $0.channels == 2 })
        let gradients = try layer.backward([], input: [], normalizedBy: parts, shape: shape)
        #expect(gradients.input == [] && gradients.gamma == [0] && gradients.beta == [0])
        for contribution in GhostContribution.allCases {
            try layer.commit(parts, as: contribution)
        }
        #expect(layer.runningStatistics == before)
    }
}

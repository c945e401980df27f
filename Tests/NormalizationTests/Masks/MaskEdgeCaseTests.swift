import Normalization
import SeededRandom
import Testing

/// What masks are made of, their edge cases, and what they refuse.
@Suite struct MaskEdgeCaseTests {
    private func layer(_ running: RunningStatistics? = nil) throws -> BatchNorm<Float> {
        try BatchNorm(
            channels: 2, gamma: .perChannel([2, 3]), beta: .perChannel([1, -1]),
            runningStatistics: running ?? RunningStatistics(channels: 2))
    }

    @Test("lengths are prefixes of the first axis behind the batch")
    func lengthsArePrefixes() throws {
        func bools(_ rows: [[Int]]) -> [Bool] { rows.joined().map { $0 == 1 } }
        for (shape, axis, lengths, valid) in [
            ([2, 5, 3], 1, [2, 0], [[1, 1, 0], [0, 0, 0]]),
            ([2, 3, 5], -1, [2, 3], [[1, 1, 0], [1, 1, 1]]),
            ([2, 5, 2, 2], 1, [1, 2], [[1, 1, 0, 0], [1, 1, 1, 1]]),
            ([2, 2, 2, 5], -1, [1, 0], [[1, 1, 0, 0], [0, 0, 0, 0]]),
            ([2, 2, 5, 2], 2, [1, 2], [[1, 1, 0, 0], [1, 1, 1, 1]]),
            ([2, 5], 1, [1, 0], [[1], [0]]),
        ] {
            let geometry = try Geometry(shape, channelAxis: axis)
            let mask = try PositionMask(lengths: lengths, geometry: geometry)
            #expect(try mask == PositionMask(bools(valid), geometry: geometry), "\(shape)")
            #expect(mask.validCount == valid.joined().reduce(0, +))
            #expect(mask.positionCount == valid.joined().count)
        }
    }

    @Test("lengths that do not fit are refused, naming the sample", arguments: [-1, 4, Int.max])
    func lengthsAreRefused(_ length: Int) throws {
        let error = #expect(throws: NormalizationError.self) {
            _ = try PositionMask(lengths: [3, length], geometry: Geometry([2, 5, 3]))
        }
        #expect(error?.description == "lengths: expected 0 to 3, got \(length) for sample 1")
    }

    @Test("another number of lengths, and channels at axis 0, are refused")
    func numberOfLengthsIsRefused() throws {
        #expect(throws: NormalizationError.wrongLength(.lengths, expected: 2, actual: 3)) {
            _ = try PositionMask(lengths: [1, 1, 1], geometry: Geometry([2, 5, 3]))
        }
        #expect(
            throws: NormalizationError.invalidShape([5, 2, 3], channelAxis: 0, .noSampleAxis)
        ) {
            _ = try PositionMask(
                lengths: [1, 1], geometry: Geometry([5, 2, 3], channelAxis: 0))
        }
    }

    @Test("a mask per channel is refused")
    func channelMasksAreRefused() throws {
        let error = #expect(throws: NormalizationError.self) {
            _ = try PositionMask(
                Array(repeating: true, count: 30), geometry: Geometry([2, 5, 3]))
        }
        #expect(error?.description == "position mask: expected 6 elements, got 30")
    }

    @Test("a mask of another number of positions is refused, and nothing is touched")
    func otherPositionsAreRefused() throws {
        let layer = try layer()
        let mask = try PositionMask(lengths: [1, 1, 1], geometry: Geometry([3, 2, 2]))
        let x: [Float] = [1, 2, 3, 4, 5, 6, 7, 8]
        let geometry = try Geometry([2, 2, 2])
        let expected = NormalizationError.wrongLength(.positionMask, expected: 4, actual: 6)
        let statistics = try layer.statistics(of: x.span, geometry: geometry)
        var y = x
        #expect(throws: expected) {
            var span = y.mutableSpan
            _ = try layer.forwardInPlace(&span, geometry: geometry, mask: mask)
        }
        #expect(throws: expected) {
            var span = y.mutableSpan
            try layer.inferenceInPlace(&span, geometry: geometry, mask: mask)
        }
        #expect(throws: expected) {
            var span = y.mutableSpan
            _ = try layer.backwardInPlace(
                &span, input: x.span, normalizedBy: .batch(statistics), geometry: geometry,
                mask: mask)
        }
        #expect(throws: expected) {
            _ = try BatchStatistics(of: x.span, geometry: geometry, mask: mask)
        }
        #expect(y == x)
    }

    @Test("a single valid position is refused in training, and has statistics and inference")
    func singleValidPosition() throws {
        let layer = try layer()
        let geometry = try Geometry([2, 2, 2])
        let mask = try PositionMask(lengths: [1, 0], geometry: geometry)
        let x: [Float] = [1, 2, 3, 4, 5, 6, 7, 8]
        var y = x
        #expect(throws: NormalizationError.tooFewValuesPerChannel(shape: [2, 2, 2])) {
            var span = y.mutableSpan
            _ = try layer.forwardInPlace(&span, geometry: geometry, mask: mask)
        }
        #expect(y == x)
        let statistics = try BatchStatistics(of: x.span, geometry: geometry, mask: mask)
        #expect(statistics.count == 1 && statistics.mean == [1, 3])
        #expect(throws: NormalizationError.tooFewValuesPerChannel(shape: [2, 2, 2])) {
            _ = try layer.backward(
                x, input: x, normalizedBy: .batch(statistics), shape: [2, 2, 2], mask: mask)
        }
        let inferred = try layer.inference(x, shape: [2, 2, 2], mask: mask)
        let plain = try layer.inference(x, shape: [2, 2, 2])
        #expect(inferred == [plain[0], 0, plain[2], 0, 0, 0, 0, 0])
    }

    @Test("no valid position is an empty batch", arguments: Engine.allCases)
    func noValidPosition(_ engine: Engine) throws {
        var layer = try layer()
        layer.engine = engine
        let geometry = try Geometry([2, 2, 2])
        let mask = try PositionMask(lengths: [0, 0], geometry: geometry)
        let x: [Float] = [1, 2, .nan, 4, 5, 6, 7, 8]
        for output in MaskedOutput.allCases {
            var y: [Float] = Array(repeating: 7, count: 8)
            var span = y.mutableSpan
            let statistics = try layer.forward(
                x.span, into: &span, geometry: geometry, mask: mask, maskedOutput: output)
            #expect(y == Array(repeating: output == .untouched ? 7 : 0, count: 8))
            #expect(statistics.count == 0 && statistics.mean == [0, 0])
            let before = layer.runningStatistics
            try layer.commit(statistics)
            #expect(layer.runningStatistics == before)
            let gradients = try layer.backward(
                x, input: x, normalizedBy: .batch(statistics), shape: [2, 2, 2], mask: mask,
                maskedOutput: output)
            #expect(gradients.input == Array(repeating: 0, count: 8))
            #expect(gradients.gamma == [0, 0] && gradients.beta == [0, 0])
        }
    }

    @Test("an empty batch is empty", arguments: [[0, 2, 3], [2, 2, 0]])
    func emptyBatchIsEmpty(_ shape: [Int]) throws {
        let layer = try layer()
        let mask = try PositionMask(
            lengths: Array(repeating: 0, count: shape[0]), geometry: Geometry(shape))
        #expect(mask.positionCount == 0)
        let (y, statistics) = try layer.forward([], shape: shape, mask: mask)
        #expect(y == [] && statistics.count == 0)
        #expect(try layer.inference([], shape: shape, mask: mask) == [])
        let gradients = try layer.backward(
            [], input: [], normalizedBy: .batch(statistics), shape: shape, mask: mask)
        #expect(gradients.input == [] && gradients.gamma == [0, 0])
    }

    @Test("the running update counts valid positions only")
    func updateCountsValidPositions() throws {
        var layer = try BatchNorm<Double>(
            channels: 1, gamma: .absent, beta: .absent,
            runningStatistics: RunningStatistics(channels: 1, weight: .newWeight(1)))
        let mask = try PositionMask(lengths: [2, 1], geometry: Geometry([2, 1, 3]))
        // 0, 3 and 6: M2 is 18, and the unbiased variance 18/2.
        let statistics = try layer.forward(
            [0, 3, 99, 6, .nan, -99], shape: [2, 1, 3], mask: mask
        ).statistics
        try layer.commit(statistics)
        #expect(statistics.count == 3)
        #expect(layer.runningStatistics?.mean == [3] && layer.runningStatistics?.variance == [9])
    }

    @Test("backward refuses statistics that are not of the valid positions, and renormalized ones")
    func statisticsAreRefused() throws {
        let layer = try layer()
        let x: [Float] = [1, 2, 3, 4, 5, 6, 7, 8]
        let mask = try PositionMask(lengths: [2, 1], geometry: Geometry([2, 2, 2]))
        let whole = try layer.forward(x, shape: [2, 2, 2]).statistics
        func backward(_ statistics: NormalizingStatistics) throws {
            _ = try layer.backward(
                x, input: x, normalizedBy: statistics, shape: [2, 2, 2], mask: mask)
        }
        #expect(throws: NormalizationError.mismatchedCount(expected: 3, actual: 4)) {
            try backward(.batch(whole))
        }
        let other = try BatchStatistics(count: 3, mean: [0], sumOfSquaredDeviations: [1])
        #expect(throws: NormalizationError.mismatchedStatistics(expected: 2, actual: 1)) {
            try backward(.batch(other))
        }
        let renorm = try layer.forwardRenormalized(x, shape: [2, 2, 2]).statistics
        #expect(
            throws: NormalizationError.renormalizedStatistics(call: "backward with a mask")
        ) {
            try backward(.renormalized(renorm))
        }
    }

    @Test("one channel, and layers without running statistics, work")
    func oneChannelWithoutRunningStatistics() throws {
        let layer = try BatchNorm<Double>(
            channels: 1, gamma: .absent, beta: .absent, runningStatistics: nil)
        let mask = try PositionMask(lengths: [2, 1], geometry: Geometry([2, 1, 3]))
        let x = [0, 3, .nan, 6, .nan, .nan]
        let y = try layer.forward(x, shape: [2, 1, 3], mask: mask).output
        #expect(try layer.inference(x, shape: [2, 1, 3], mask: mask) == y)
        #expect(y[1] == 0 && y[0] == -y[3] && y[2] == 0 && y[4] == 0)
    }

    /// The parts of a block share a pivot; one that is far from the mean, or infinite, must not stay.
    @Test(
        "outliers where the first positions are valid lose no digit of the statistics",
        arguments: [1e6, -1e9, .infinity], [20, 70])
    func outliersLoseNoDigits(outlier: Double, places: Int) throws {
        let (samples, channels) = (24, 5)
        let geometry = try Geometry([samples, channels, places])
        let lengths = (0..<samples).map { 4 + ($0 * 7) % (places - 4) }
        let mask = try PositionMask(lengths: lengths, geometry: geometry)
        var random = SplitMix64(seed: 9)
        var x = (0..<geometry.count).map { _ in Float(Double.random(in: -1...1, using: &random)) }
        // All four places that a pivot is made of, in one channel.
        for i in 0..<lengths[0] { x[3 * places + i] = Float(outlier) }
        func statistics(_ engine: Engine) throws -> BatchStatistics {
            try BatchStatistics(of: x.span, geometry: geometry, mask: mask, engine: engine)
        }
        let expected = try statistics(.reference)
        let (mean, variance) = (expected.mean, expected.variance())
        for engine in Engine.allCases {
            let found = try statistics(engine)
            for channel in 0..<channels {
                if channel == 3 && outlier.isInfinite {
                    #expect(found.mean[3] == .infinity && found.variance()[3].isNaN, "\(engine)")
                    continue
                }
                let deviation = variance[channel].squareRoot()
                #expect(abs(found.mean[channel] - mean[channel]) < 1e-6 * deviation, "\(engine)")
                #expect(
                    abs(found.variance()[channel] - variance[channel]) < 1e-5 * variance[channel],
                    "\(engine), channel \(channel)")
            }
        }
    }
}

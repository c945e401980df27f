import Normalization
import Testing

/// The edge cases of batch renormalization, what it refuses, and the forms of its calls.
@Suite struct RenormEdgeCaseTests {
    private func layer(_ running: RunningStatistics?) throws -> BatchNorm<Float> {
        try BatchNorm(
            channels: 2, gamma: .perChannel([2, 3]), beta: .perChannel([1, -1]),
            epsilon: 0.5, runningStatistics: running)
    }

    private func layer() throws -> BatchNorm<Float> {
        try layer(RunningStatistics(mean: [0, 1], variance: [3.5, 8.5]))
    }

    @Test("the paper's schedule")
    func schedule() {
        let expected: [(updates: Int, rMax: Double, dMax: Double)] = [
            (-1, 1, 0), (0, 1, 0), (4999, 1, 0), (5000, 1, 0), (13_750, 1.5, 2.1875),
            (22_500, 2, 4.375), (31_250, 2.5, 5), (40_000, 3, 5), (.max, 3, 5),
        ]
        for (updates, rMax, dMax) in expected {
            let limits = RenormLimits.paper(atUpdate: updates)
            #expect(limits.rMax == rMax && limits.dMax == dMax, "\(updates)")
        }
    }

    @Test("without limits those of the layer's update count are taken")
    func limitsFollowTheUpdateCount() throws {
        let x: [Float] = [1, 5, 3, -3]
        let layer = try layer(
            RunningStatistics(mean: [0, 1], variance: [3.5, 8.5], updateCount: 40_000))
        #expect(
            try layer.forwardRenormalized(x, shape: [2, 2]).statistics
                == layer.forwardRenormalized(
                    x, shape: [2, 2], limits: RenormLimits(rMax: 3, dMax: 5)
                ).statistics)
    }

    @Test("numbers by hand: r = √1.5/√4, d = (2 − 0)/√4 and 0")
    func numbersByHand() throws {
        // Channel 0 is 1, 3; channel 1 is 5, −3.
        let (y, statistics) = try layer().forwardRenormalized(
            [1, 5, 3, -3], shape: [2, 2], limits: RenormLimits(rMax: 3, dMax: 5))
        #expect(statistics.d == [1, 0])
        #expect(abs(statistics.r[0] - 1.5.squareRoot() / 2) < 1e-15)
        #expect(abs(statistics.r[1] - 16.5.squareRoot() / 3) < 1e-15)
        // 2 · (∓1/√1.5 · √1.5/2 + 1) + 1 and 3 · (±4/3) − 1: inference's numbers.
        let bound: Float = 4 * .ulpOfOne
        #expect(zip(y, [2, 3, 4, -5]).allSatisfy { abs($0 - $1) <= bound })
        #expect(statistics.batch.mean == [2, 1])
    }

    @Test("rMax that is not finite or below 1 is refused", arguments: [0.5, -1, .nan, .infinity])
    func rMaxIsRefused(_ value: Double) {
        expectRefused("rMax", value) { _ = try RenormLimits(rMax: value, dMax: 1) }
    }

    @Test("dMax that is not finite or below 0 is refused", arguments: [-1, .nan, .infinity])
    func dMaxIsRefused(_ value: Double) {
        expectRefused("dMax", value) { _ = try RenormLimits(rMax: 1, dMax: value) }
    }

    private func expectRefused(_ name: String, _ value: Double, _ make: () throws -> Void) {
        let error = #expect(throws: NormalizationError.self) { try make() }
        #expect(
            error?.description
                == "\(name): expected a finite number, rMax at least 1 and dMax at least 0, "
                + "got \(value)")
    }

    /// Expects an error of all three forms, and buffers and layer as they were.
    private func expectRefused(
        _ expected: NormalizationError, by layer: BatchNorm<Float>, _ x: [Float], _ shape: [Int],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let geometry = try Geometry(shape)
        var y = x.map { _ in Float(7) }
        #expect(throws: expected, sourceLocation: sourceLocation) {
            _ = try layer.forwardRenormalized(x, shape: shape)
        }
        #expect(throws: expected, sourceLocation: sourceLocation) {
            var span = y.mutableSpan
            _ = try layer.forwardRenormalized(x.span, into: &span, geometry: geometry)
        }
        #expect(y.allSatisfy { $0 == 7 }, sourceLocation: sourceLocation)
        var inPlace = x
        #expect(throws: expected, sourceLocation: sourceLocation) {
            var span = inPlace.mutableSpan
            _ = try layer.forwardRenormalizedInPlace(&span, geometry: geometry)
        }
        #expect(inPlace == x, sourceLocation: sourceLocation)
    }

    @Test("a layer without running statistics is refused")
    func noRunningStatisticsIsRefused() throws {
        try expectRefused(.noRunningStatistics, by: layer(nil), [1, 2, 3, 4], [2, 2])
    }

    @Test("a running variance without a root is refused")
    func negativeVarianceIsRefused() throws {
        try expectRefused(
            .invalidVariance(channel: 1, variance: -0.5, epsilon: 0.5),
            by: layer(RunningStatistics(mean: [0, 0], variance: [1, -0.5])), [1, 2, 3, 4], [2, 2])
    }

    @Test("one value per channel is refused")
    func singleValueIsRefused() throws {
        try expectRefused(.tooFewValuesPerChannel(shape: [1, 2]), by: layer(), [1, 2], [1, 2])
    }

    @Test("ε = 0 is refused")
    func zeroEpsilonIsRefused() throws {
        var layer = try layer()
        layer.epsilon = 0
        try expectRefused(.invalidEpsilon(0), by: layer, [1, 2, 3, 4], [2, 2])
    }

    @Test("a tensor of another length is refused")
    func wrongLengthIsRefused() throws {
        try expectRefused(
            .wrongLength(.input, expected: 4, actual: 3), by: layer(), [1, 2, 3], [2, 2])
    }

    @Test("a NaN is in y, r, d and ∂x of its channel, and nowhere else", arguments: Subject.all)
    func notANumberStaysInItsChannel(_ subject: Subject) throws {
        var example = try RenormExample(Layout([3, 4, 5]))
        example.x[2 * 5 + 1] = .nan
        let answer = try example.answer(subject)
        for channel in 0..<4 {
            let isNaN = channel == 2
            #expect(answer.r[channel].isNaN == isNaN && answer.d[channel].isNaN == isNaN)
            #expect(answer.dGamma[channel].isNaN == isNaN)
            for i in indices(ofChannel: channel, example.geometry) {
                #expect(answer.y[i].isNaN == isNaN && answer.dx[i].isNaN == isNaN, "\(i)")
            }
        }
    }

    @Test("a constant channel is exactly γ · d + β", arguments: Subject.all)
    func constantChannelIsExact(_ subject: Subject) throws {
        var example = try RenormExample(Layout([3, 4, 5]))
        for i in indices(ofChannel: 1, example.geometry) { example.x[i] = 0.7 }
        let answer = try example.answer(subject)
        let exact = example.gamma[1] * answer.d[1] + example.beta[1]
        let rounded = subject.element == .float ? Double(Float(exact)) : exact
        #expect(
            indices(ofChannel: 1, example.geometry).allSatisfy { answer.y[$0] == rounded })
    }

    @Test("an empty batch is empty, and commits nothing")
    func emptyBatchIsEmpty() throws {
        var layer = try layer()
        let before = layer.runningStatistics
        let (y, statistics) = try layer.forwardRenormalized([], shape: [0, 2, 3])
        #expect(y == [] && statistics.batch.count == 0)
        #expect(statistics.r == [1, 1] && statistics.d == [0, 0])
        let gradients = try layer.backward(
            [], input: [], normalizedBy: .renormalized(statistics), shape: [0, 2, 3])
        #expect(gradients.input == [] && gradients.gamma == [0, 0] && gradients.beta == [0, 0])
        try layer.commit(statistics.batch)
        #expect(layer.runningStatistics == before)
    }

    @Test("r and d of another number of channels are refused")
    func otherLengthsAreRefused() throws {
        let batch = try BatchStatistics(count: 2, mean: [0, 0], sumOfSquaredDeviations: [1, 1])
        #expect(throws: NormalizationError.wrongLength(.renormScale, expected: 2, actual: 1)) {
            _ = try RenormStatistics(batch: batch, r: [1], d: [0, 0])
        }
        #expect(throws: NormalizationError.wrongLength(.renormShift, expected: 2, actual: 3)) {
            _ = try RenormStatistics(batch: batch, r: [1, 1], d: [0, 0, 0])
        }
    }

    @Test("backward refuses statistics of another number of values")
    func mismatchedCountIsRefused() throws {
        let batch = try BatchStatistics(count: 3, mean: [0, 0], sumOfSquaredDeviations: [1, 1])
        let statistics = try RenormStatistics(batch: batch, r: [1, 1], d: [0, 0])
        #expect(throws: NormalizationError.mismatchedCount(expected: 2, actual: 3)) {
            _ = try layer().backward(
                [1, 2, 3, 4], input: [1, 2, 3, 4], normalizedBy: .renormalized(statistics),
                shape: [2, 2])
        }
    }

    @Test("calls without a place for r and d refuse them")
    func callsWithoutRenormRefuse() throws {
        let x: [Float] = [1, 2, 3, 4]
        let statistics = try layer().forwardRenormalized(x, shape: [2, 2]).statistics
        let error = #expect(throws: NormalizationError.self) {
            _ = try layer().gradientSums(
                x.span, input: x.span, normalizedBy: .renormalized(statistics),
                geometry: Geometry([2, 2]))
        }
        #expect(
            error?.description
                == "statistics: expected those of a batch or the running ones, got renormalized ones, "
                + "which gradientSums does not take")
        var bare = try layer()
        (bare.gamma, bare.beta) = (.absent, .absent)
        #expect(
            throws: NormalizationError.renormalizedStatistics(
                call: "backward with γ and β per sample")
        ) {
            _ = try bare.backward(
                x, input: x, scaledBy: x, shiftedBy: x, normalizedBy: .renormalized(statistics),
                shape: [2, 2])
        }
    }

    @Test(
        "spans, in place and arrays have the same bits, and a mask serves backward",
        arguments: Engine.allCases, [Activation.identity, .relu, .silu])
    func formsHaveTheSameBits(_ engine: Engine, activation: Activation) throws {
        let example = try RenormExample(Layout([3, 4, 5]))
        let (geometry, limits) = (example.geometry, example.limits)
        let layer = try example.layer(Double.self, engine)
        let residual = example.g.map { 0.5 - $0 }
        let expected = try layer.forwardRenormalized(
            example.x, adding: residual, then: activation, shape: [3, 4, 5], limits: limits)
        var y = example.g
        var span = y.mutableSpan
        let ofSpans = try layer.forwardRenormalized(
            example.x.span, adding: residual.span, then: activation, into: &span,
            geometry: geometry, limits: limits)
        #expect(y == expected.output && ofSpans == expected.statistics)
        var inPlace = example.x
        span = inPlace.mutableSpan
        let ofPlace = try layer.forwardRenormalizedInPlace(
            &span, adding: residual.span, then: activation, geometry: geometry, limits: limits)
        #expect(inPlace == expected.output && ofPlace == expected.statistics)

        let statistics = NormalizingStatistics.renormalized(ofSpans)
        let again = try layer.backward(
            example.g, input: example.x, adding: residual, through: activation,
            normalizedBy: statistics, shape: [3, 4, 5], wanting: [.all, .residual])
        guard activation.hasMask else { return }
        var mask = [UInt8](repeating: 255, count: geometry.maskByteCount)
        span = y.mutableSpan
        _ = try layer.forwardRenormalized(
            example.x.span, adding: residual.span, then: activation, into: &span,
            activationMask: mask.mutableSpan, geometry: geometry, limits: limits)
        let masked = try layer.backward(
            example.g, input: example.x, through: activation, activationMask: mask,
            normalizedBy: statistics, shape: [3, 4, 5], wanting: [.all, .residual])
        #expect(again == masked)
    }
}

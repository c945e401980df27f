import Normalization
import Testing

/// No values, one value, values that are not finite, over ranks: the sixth guarantee.
@Suite struct SynchronizedEdgeTests {
    @Test("no values on any rank: y is empty and nothing is committed", arguments: [1, 2, 5])
    func noValuesAnywhere(_ ranks: Int) throws {
        let spread = try Spread<Float>(Array(repeating: 0, count: ranks))
        let outcomes = try onRanks(ranks) { exchange in
            var layer = spread.layer
            let (y, statistics) = try layer.forwardAndCommit(
                [], shape: [0, 4, 3, 5], over: exchange)
            let gradients = try layer.backward(
                [], input: [], normalizedBy: statistics, shape: [0, 4, 3, 5], over: exchange,
                parameterGradients: .global)
            let renormalized = try layer.forwardRenormalized(
                [], shape: [0, 4, 3, 5], over: exchange)
            return (y, statistics, gradients, renormalized.statistics, layer.runningStatistics)
        }
        for (y, statistics, gradients, renormalized, running) in try values(outcomes) {
            #expect(y == [] && statistics.global.count == 0 && statistics.localCount == 0)
            #expect(gradients.input == [] && gradients.gamma == [0, 0, 0, 0])
            #expect(renormalized.renorm?.r == [1, 1, 1, 1])
            #expect(running == spread.layer.runningStatistics)
        }
    }

    @Test("one value on all ranks together is refused on all of them")
    func oneValueIsRefused() throws {
        let spread = try Spread<Float>([0, 1, 0], sample: [4])
        let outcomes = try onRanks(3) { exchange in
            try spread.layer.forward(
                spread.part(spread.x, exchange.rank), shape: spread.shape(exchange.rank),
                over: exchange)
        }
        #expect(
            errors(outcomes)
                == [[0, 4], [1, 4], [0, 4]].map { .tooFewValuesPerChannel(shape: $0) })
    }

    @Test("one value a rank is a batch where there are several ranks")
    func oneValueARankIsEnough() throws {
        let layer = try BatchNorm<Double>.standard(channels: 1)
        let outcomes = try onRanks(2) { exchange in
            try layer.forward([exchange.rank == 0 ? 1 : 3], shape: [1, 1], over: exchange)
        }
        for (rank, (y, statistics)) in try values(outcomes).enumerated() {
            #expect(statistics.global.mean == [2] && statistics.global.count == 2)
            #expect(statistics.global.sumOfSquaredDeviations == [2])
            #expect(statistics.localCount == 1)
            let expected = (rank == 0 ? -1 : 1) / (1 + 1e-5).squareRoot()
            #expect(abs(y[0] - expected) <= 1e-15)
        }
    }

    @Test(
        "what is not finite on one rank is so in that channel on every rank",
        arguments: [Float.nan, .infinity, -.infinity], [0, 2])
    func nonFiniteIsEverywhere(_ value: Float, rank: Int) throws {
        var spread = try Spread<Float>([2, 1, 2])
        // The second channel of the rank's first sample.
        let first = spread.split[..<rank].reduce(0, +) * 60 + 15
        spread.x[first] = value
        let whole = try spread.layer.forward(spread.x, shape: spread.shape)
        let outcomes = try onRanks(3) { [spread] exchange in
            var layer = spread.layer
            let (y, statistics) = try layer.forward(
                spread.part(spread.x, exchange.rank), shape: spread.shape(exchange.rank),
                over: exchange)
            let committed = Outcome { try layer.commit(statistics) }
            layer.runningStatistics?.nonFinite = .skip
            try layer.commit(statistics)
            return (y, statistics.global, errors([committed]), layer.runningStatistics)
        }
        let found = try values(outcomes)
        for (y, statistics, error, running) in found {
            for (index, value) in y.enumerated() {
                #expect(value.isNaN == (index / 15 % 4 == 1))
            }
            #expect(sameBits(statistics, found[0].1))
            #expect(
                sameBits([statistics.mean[1]], [whole.statistics.mean[1]])
                    && statistics.sumOfSquaredDeviations[1].isNaN)
            #expect(error == [.nonFiniteStatistics(channel: 1)])
            #expect(running == found[0].3)
            #expect(running?.mean[1] == 0 && running?.mean[0] != 0)
        }
    }

    @Test("counts whose sum is no Int are refused on every rank")
    func countsOverflow() throws {
        let statistics = try BatchStatistics(
            count: .max, mean: [1], sumOfSquaredDeviations: [1])
        let outcomes = try onRanks(2) { try statistics.merged(over: $0) }
        let expected = NormalizationError.valueCountOverflow(.max, .max)
        #expect(errors(outcomes) == [expected, expected])
    }

    @Test("a layer's inference exchanges nothing")
    func inferenceExchangesNothing() throws {
        let spread = try Spread<Float>([2, 3])
        let ranks = try LocalExchange.ranks(2)
        _ = try spread.layer.inference(spread.x, shape: spread.shape)
        #expect(ranks.map(\.collectiveCount) == [0, 0])
    }

    @Test("a step is four collectives; without values it is two")
    func stepIsFourCollectives() throws {
        for (split, expected) in [([2, 3], 4), ([0, 0], 2)] {
            let spread = try Spread<Float>(split)
            let outcomes = try onRanks(2) { exchange in
                let (x, shape) = (
                    spread.part(spread.x, exchange.rank), spread.shape(exchange.rank)
                )
                let (_, statistics) = try spread.layer.forward(x, shape: shape, over: exchange)
                _ = try spread.layer.backward(
                    x, input: x, normalizedBy: statistics, shape: shape, over: exchange)
                return exchange.collectiveCount
            }
            #expect(try values(outcomes) == [expected, expected])
        }
    }

    @Test("more values on this rank than there are, or fewer than none, are refused")
    func localCountIsAPart() throws {
        let global = try BatchStatistics(count: 4, mean: [0], sumOfSquaredDeviations: [1])
        let renorm = try RenormStatistics(batch: global, r: [1], d: [0])
        for count in [5, -1] {
            #expect(throws: NormalizationError.invalidValueCount(count)) {
                _ = try SynchronizedStatistics(global: global, localCount: count)
            }
            #expect(throws: NormalizationError.invalidValueCount(count)) {
                _ = try SynchronizedStatistics(renormalized: renorm, localCount: count)
            }
        }
        #expect(try SynchronizedStatistics(renormalized: renorm, localCount: 4).global == global)
    }
}

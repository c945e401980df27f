import Normalization
import SeededRandom
import Testing

/// Synchronized batch normalization against the batch as a whole: the first three guarantees.
@Suite struct SynchronizedTests {
    /// A step of every rank, with a residual and an activation where one is given.
    private func answers<Scalar: NormalizationScalar>(
        _ spread: Spread<Scalar>, then activation: Activation? = nil,
        parameterGradients scope: ParameterGradientScope = .local, delays: [UInt32] = []
    ) throws -> [StepAnswer<Scalar>] {
        try values(
            onRanks(spread.ranks, delays: delays) { exchange in
                let rank = exchange.rank
                let (x, shape) = (spread.part(spread.x, rank), spread.shape(rank))
                let residual = activation.map { _ in spread.part(spread.residual, rank) }
                let (y, statistics) = try spread.layer.forward(
                    x, adding: residual, then: activation ?? .identity, shape: shape,
                    channelAxis: spread.axis, over: exchange)
                let gradients = try spread.layer.backward(
                    spread.part(spread.gradient, rank), input: x, adding: residual,
                    through: activation ?? .identity, normalizedBy: statistics, shape: shape,
                    channelAxis: spread.axis,
                    wanting: activation == nil ? .all : [.all, .residual], over: exchange,
                    parameterGradients: scope)
                return StepAnswer(y: y, statistics: statistics, gradients: Found(gradients))
            })
    }

    /// The same of the whole batch, without ranks.
    private func whole<Scalar: NormalizationScalar>(
        _ spread: Spread<Scalar>, then activation: Activation? = nil
    ) throws -> StepAnswer<Scalar> {
        let residual = activation.map { _ in spread.residual }
        let (y, statistics) = try spread.layer.forward(
            spread.x, adding: residual, then: activation ?? .identity, shape: spread.shape,
            channelAxis: spread.axis)
        let gradients = try spread.layer.backward(
            spread.gradient, input: spread.x, adding: residual,
            through: activation ?? .identity, normalizedBy: .batch(statistics),
            shape: spread.shape, channelAxis: spread.axis,
            wanting: activation == nil ? .all : [.all, .residual])
        return StepAnswer(
            y: y,
            statistics: try SynchronizedStatistics(
                global: statistics, localCount: statistics.count), gradients: Found(gradients))
    }

    @Test("any split is the whole batch up to rounding", arguments: subjectSplits)
    func anySplitIsTheWhole(_ subject: Subject, split: [Int]) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            for (sample, axis, activation) in [
                ([4, 3, 5], 1, nil), ([3, 7, 4], -1, .silu), ([6], 1, .relu),
            ] as [([Int], Int, Activation?)] {
                let spread = try Spread<Scalar>(
                    split, sample: sample, axis: axis, engine: subject.engine)
                let expected = try whole(spread, then: activation)
                let found = try answers(spread, then: activation)
                let bound = bound(Scalar.self)
                for answer in found {
                    let (a, b) = (answer.statistics.global, expected.statistics.global)
                    #expect(a.count == b.count)
                    #expect(distance(a.mean, b.mean) <= bound)
                    #expect(
                        distance(a.sumOfSquaredDeviations, b.sumOfSquaredDeviations)
                            <= bound * Double(b.count))
                }
                #expect(distance(found.flatMap(\.y), expected.y) <= bound, "\(sample)")
                for part in [\Found<Scalar>.input, \.residual] {
                    let all = found.flatMap { $0.gradients[keyPath: part] ?? [] }
                    #expect(
                        distance(all, expected.gradients[keyPath: part] ?? []) <= bound,
                        "\(sample) \(part)")
                }
                // Local gradients add up to the whole's.
                for part in [\Found<Scalar>.gamma, \.beta] {
                    let wanted = try #require(expected.gradients[keyPath: part])
                    var sums = [Scalar](repeating: 0, count: wanted.count)
                    for answer in found {
                        let own = try #require(answer.gradients[keyPath: part])
                        for c in sums.indices { sums[c] += own[c] }
                    }
                    #expect(distance(sums, wanted) <= bound * 10, "\(sample) \(part)")
                }
            }
        }
        try check(subject.element.scalar)
    }

    @Test("the merge is in rank order, and every rank has its bits", arguments: splits)
    func everyRankHasTheSameBits(_ split: [Int]) throws {
        let spread = try Spread<Float>(split)
        var parts: BatchStatistics?
        for rank in split.indices {
            let own = try spread.layer.statistics(
                of: spread.part(spread.x, rank).span, geometry: Geometry(spread.shape(rank)))
            parts = try parts?.merging(own) ?? own
        }
        let merged = try #require(parts)
        for answer in try answers(spread) {
            #expect(sameBits(answer.statistics.global, merged))
        }
        // So have the sums of all ranks, where ∂γ and ∂β are of these.
        let found = try answers(spread, parameterGradients: .global)
        for answer in found {
            #expect(answer.gradients.gamma == found[0].gradients.gamma)
            #expect(answer.gradients.beta == found[0].gradients.beta)
        }
    }

    @Test("runs have the same bits, whoever comes first", arguments: splits)
    func runsHaveTheSameBits(_ split: [Int]) throws {
        var random = SplitMix64(seed: 11)
        let spread = try Spread<Float>(split)
        let first = try answers(spread, then: .relu)
        for _ in 0..<3 {
            let again = try answers(
                spread, then: .relu, delays: shuffled(split.count, &random))
            #expect(again == first)
        }
    }

    @Test("one rank is no exchange, to the bit", arguments: Subject.all)
    func oneRankIsNoExchange(_ subject: Subject) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            for form in AffineForm.all {
                let spread = try Spread<Scalar>(
                    [5], sample: [4, 9, 5], engine: subject.engine, affine: form)
                for activation in [nil, Activation.relu, .silu] {
                    #expect(
                        try answers(spread, then: activation) == [whole(spread, then: activation)],
                        "\(form)")
                }
            }
        }
        try check(subject.element.scalar)
    }

    @Test("every kind of γ and β", arguments: AffineForm.all)
    func everyKindOfParameter(_ form: AffineForm) throws {
        let spread = try Spread<Double>([2, 0, 3], affine: form)
        let expected = try whole(spread)
        let found = try answers(spread, parameterGradients: .global)
        for answer in found {
            for part in [\Found<Double>.gamma, \.beta] {
                let (a, b) = (
                    answer.gradients[keyPath: part], expected.gradients[keyPath: part]
                )
                #expect((a == nil) == (b == nil))
                #expect(distance(a ?? [], b ?? []) <= 1e-12)
            }
        }
        #expect(distance(found.flatMap(\.y), expected.y) <= 1e-13)
        #expect(
            distance(found.flatMap { $0.gradients.input ?? [] }, expected.gradients.input ?? [])
                <= 1e-13)
    }

    @Test("in place, with a mask, on spans: the bits of the arrays")
    func formsHaveTheSameBits() throws {
        let spread = try Spread<Float>([2, 0, 3])
        let expected = try answers(spread, then: .relu)
        let outcomes = try onRanks(spread.ranks) { exchange in
            let rank = exchange.rank
            let geometry = try Geometry(spread.shape(rank))
            let (x, residual) = (spread.part(spread.x, rank), spread.part(spread.residual, rank))
            var y = x
            var mask = [UInt8](repeating: 255, count: geometry.maskByteCount)
            var span = y.mutableSpan
            let statistics = try spread.layer.forwardInPlace(
                &span, adding: residual.span, then: .relu, activationMask: mask.mutableSpan,
                geometry: geometry, over: exchange)
            var dx = spread.part(spread.gradient, rank)
            var dResidual = dx
            span = dx.mutableSpan
            let parameters = try spread.layer.backwardInPlace(
                &span, input: x.span, through: .relu, activationMask: mask.span,
                normalizedBy: statistics, residualGradient: dResidual.mutableSpan,
                geometry: geometry, over: exchange)
            return StepAnswer(
                y: y, statistics: statistics,
                gradients: Found(
                    input: dx, gamma: parameters.gamma, beta: parameters.beta,
                    residual: dResidual))
        }
        #expect(try values(outcomes) == expected)
    }

    @Test("a rank that wants no ∂x exchanges all the same")
    func unwantedGradientsAreExchanged() throws {
        let spread = try Spread<Float>([2, 3, 1])
        let expected = try answers(spread)
        let outcomes = try onRanks(spread.ranks) { exchange -> Found<Float> in
            let rank = exchange.rank
            let (x, g) = (spread.part(spread.x, rank), spread.part(spread.gradient, rank))
            let geometry = try Geometry(spread.shape(rank))
            let statistics = expected[rank].statistics
            guard rank > 0 else {
                let parameters = try spread.layer.parameterGradients(
                    g.span, input: x.span, normalizedBy: statistics, geometry: geometry,
                    over: exchange)
                return Found(gamma: parameters.gamma, beta: parameters.beta)
            }
            return Found(
                try spread.layer.backward(
                    g, input: x, normalizedBy: statistics, shape: spread.shape(rank),
                    wanting: rank == 1 ? [] : .all, over: exchange))
        }
        let found = try values(outcomes)
        #expect(found[0].gamma == expected[0].gradients.gamma)
        #expect(found[1] == Found())
        #expect(found[2] == expected[2].gradients)
    }

    /// A batch that is cut otherwise is added up otherwise. Of `Float` each cut rounds a term 37 times at most,
    /// of squares that are four times M2 at most.
    @Test("running statistics have the same bits on every rank, and are the whole batch's")
    func runningStatisticsStayTheSame() throws {
        try checkRunningStatistics(Spread<Double>([2, 0, 3, 1]), within: 1e-14)
        try checkRunningStatistics(Spread<Float>([2, 0, 3, 1]), within: 2 * 4 * 37 * 0x1p-24)
    }

    private func checkRunningStatistics<Scalar: NormalizationScalar>(
        _ spread: Spread<Scalar>, within bound: Double
    ) throws {
        let outcomes = try onRanks(spread.ranks) { exchange in
            var layer = spread.layer
            for _ in 0..<3 {
                try layer.forwardAndCommit(
                    spread.part(spread.x, exchange.rank), shape: spread.shape(exchange.rank),
                    over: exchange)
            }
            return layer.runningStatistics
        }
        let found = try values(outcomes)
        #expect(found[0]?.updateCount == 3)
        #expect(found.allSatisfy { $0 == found[0] })
        var layer = spread.layer
        for _ in 0..<3 { try layer.forwardAndCommit(spread.x, shape: spread.shape) }
        let (a, b) = (try #require(layer.runningStatistics), try #require(found[0]))
        #expect(distance(a.mean, b.mean) <= bound && distance(a.variance, b.variance) <= bound)
    }
}

import Normalization
import SeededRandom
import Testing

/// The other calls with batch statistics over ranks: γ and β per sample, masks, renormalization.
@Suite struct SynchronizedKindTests {
    // MARK: γ and β per sample

    private func conditional<Scalar: NormalizationScalar>(
        _ spread: Spread<Scalar>, then activation: Activation
    ) throws -> [StepAnswer<Scalar>] {
        try values(
            onRanks(spread.ranks) { exchange in
                let rank = exchange.rank
                let (x, shape) = (spread.part(spread.x, rank), spread.shape(rank))
                let (gammas, betas) = (
                    spread.part(spread.gammas, rank), spread.part(spread.betas, rank)
                )
                let (y, statistics) = try spread.layer.forward(
                    x, scaledBy: gammas, shiftedBy: betas, scaleOffset: 0.5, then: activation,
                    shape: shape, channelAxis: spread.axis, over: exchange)
                let gradients = try spread.layer.backward(
                    spread.part(spread.gradient, rank), input: x, scaledBy: gammas,
                    shiftedBy: betas, scaleOffset: 0.5, through: activation,
                    normalizedBy: statistics, shape: shape, channelAxis: spread.axis,
                    over: exchange)
                return StepAnswer(y: y, statistics: statistics, gradients: Found(gradients))
            })
    }

    private func wholeConditional<Scalar: NormalizationScalar>(
        _ spread: Spread<Scalar>, then activation: Activation
    ) throws -> StepAnswer<Scalar> {
        let (y, statistics) = try spread.layer.forward(
            spread.x, scaledBy: spread.gammas, shiftedBy: spread.betas, scaleOffset: 0.5,
            then: activation, shape: spread.shape, channelAxis: spread.axis)
        let gradients = try spread.layer.backward(
            spread.gradient, input: spread.x, scaledBy: spread.gammas, shiftedBy: spread.betas,
            scaleOffset: 0.5, through: activation, normalizedBy: .batch(statistics),
            shape: spread.shape, channelAxis: spread.axis)
        return StepAnswer(
            y: y,
            statistics: try SynchronizedStatistics(
                global: statistics, localCount: statistics.count), gradients: Found(gradients))
    }

    @Test("γ and β per sample: any split is the whole batch", arguments: subjectSplits)
    func conditionalSplitIsTheWhole(_ subject: Subject, split: [Int]) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            for (sample, axis, activation) in [
                ([4, 3, 5], 1, .identity), ([3, 7, 4], -1, .silu),
            ] as [([Int], Int, Activation)] {
                let spread = try Spread<Scalar>(
                    split, sample: sample, axis: axis, engine: subject.engine,
                    affine: AffineForm(gamma: .absent, beta: .absent))
                let expected = try wholeConditional(spread, then: activation)
                let found = try conditional(spread, then: activation)
                if split.count == 1 { #expect(found == [expected]) }
                let bound = bound(Scalar.self)
                #expect(distance(found.flatMap(\.y), expected.y) <= bound)
                for part in [\Found<Scalar>.input, \.gamma, \.beta] {
                    let all = found.flatMap { $0.gradients[keyPath: part] ?? [] }
                    #expect(
                        distance(all, try #require(expected.gradients[keyPath: part]))
                            <= bound * 10, "\(sample) \(part)")
                }
                #expect(
                    found.allSatisfy {
                        sameBits($0.statistics.global, found[0].statistics.global)
                    })
            }
        }
        try check(subject.element.scalar)
    }

    @Test("γ and β per sample: in place and on spans, the bits of the arrays")
    func conditionalFormsHaveTheSameBits() throws {
        let spread = try Spread<Float>(
            [2, 0, 3], affine: AffineForm(gamma: .absent, beta: .absent))
        let expected = try conditional(spread, then: .relu)
        let outcomes = try onRanks(spread.ranks) { exchange in
            let rank = exchange.rank
            let geometry = try Geometry(spread.shape(rank))
            let (x, gammas) = (spread.part(spread.x, rank), spread.part(spread.gammas, rank))
            let betas = spread.part(spread.betas, rank)
            var y = x
            var span = y.mutableSpan
            let statistics = try spread.layer.forwardInPlace(
                &span, scaledBy: gammas.span, shiftedBy: betas.span, scaleOffset: 0.5,
                then: .relu, geometry: geometry, over: exchange)
            var dx = spread.part(spread.gradient, rank)
            span = dx.mutableSpan
            let parameters = try spread.layer.backwardInPlace(
                &span, input: x.span, scaledBy: gammas.span, shiftedBy: betas.span,
                scaleOffset: 0.5, through: .relu, normalizedBy: statistics, geometry: geometry,
                over: exchange)
            return StepAnswer(
                y: y, statistics: statistics,
                gradients: Found(
                    input: dx, gamma: parameters.gamma, beta: parameters.beta))
        }
        #expect(try values(outcomes) == expected)
    }

    // MARK: Masks

    /// The lengths of the samples of a batch: all, none and some.
    private func lengths(_ spread: Spread<some NormalizationScalar>, _ most: Int) -> [Int] {
        (0..<spread.shape[0]).map { ($0 * 2 + 1) % (most + 1) }
    }

    private func masked<Scalar: NormalizationScalar>(
        _ spread: Spread<Scalar>, _ lengths: [Int], _ output: MaskedOutput,
        _ scope: ParameterGradientScope = .local
    ) throws -> [StepAnswer<Scalar>] {
        try values(
            onRanks(spread.ranks) { exchange in
                let rank = exchange.rank
                let (x, shape) = (spread.part(spread.x, rank), spread.shape(rank))
                let mask = try PositionMask(
                    lengths: spread.part(lengths, rank),
                    geometry: Geometry(shape, channelAxis: spread.axis))
                let (y, statistics) = try spread.layer.forward(
                    x, shape: shape, channelAxis: spread.axis, mask: mask, maskedOutput: output,
                    over: exchange)
                let gradients = try spread.layer.backward(
                    spread.part(spread.gradient, rank), input: x, normalizedBy: statistics,
                    shape: shape, channelAxis: spread.axis, mask: mask, maskedOutput: output,
                    over: exchange, parameterGradients: scope)
                return StepAnswer(y: y, statistics: statistics, gradients: Found(gradients))
            })
    }

    private func wholeMasked<Scalar: NormalizationScalar>(
        _ spread: Spread<Scalar>, _ lengths: [Int], _ output: MaskedOutput
    ) throws -> StepAnswer<Scalar> {
        let mask = try PositionMask(
            lengths: lengths, geometry: Geometry(spread.shape, channelAxis: spread.axis))
        let (y, statistics) = try spread.layer.forward(
            spread.x, shape: spread.shape, channelAxis: spread.axis, mask: mask,
            maskedOutput: output)
        let gradients = try spread.layer.backward(
            spread.gradient, input: spread.x, normalizedBy: .batch(statistics),
            shape: spread.shape, channelAxis: spread.axis, mask: mask, maskedOutput: output)
        return StepAnswer(
            y: y,
            statistics: try SynchronizedStatistics(
                global: statistics, localCount: statistics.count), gradients: Found(gradients))
    }

    @Test("masks: any split is the whole batch, lengths and all", arguments: subjectSplits)
    func maskedSplitIsTheWhole(_ subject: Subject, split: [Int]) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            for (sample, axis, most) in [([4, 6], 1, 6), ([6, 2, 4], -1, 6)] {
                let spread = try Spread<Scalar>(
                    split, sample: sample, axis: axis, engine: subject.engine)
                let lengths = lengths(spread, most)
                for output in MaskedOutput.allCases {
                    let expected = try wholeMasked(spread, lengths, output)
                    let found = try masked(spread, lengths, output)
                    if split.count == 1 { #expect(found == [expected]) }
                    let bound = bound(Scalar.self)
                    #expect(
                        distance(found.flatMap(\.y), expected.y) <= bound,
                        "\(sample) \(output)")
                    #expect(
                        distance(
                            found.flatMap { $0.gradients.input ?? [] },
                            expected.gradients.input ?? []) <= bound, "\(sample) \(output)")
                    let global = try masked(spread, lengths, output, .global)
                    for answer in global {
                        let (a, b) = (answer.gradients, expected.gradients)
                        #expect(distance(a.gamma ?? [], b.gamma ?? []) <= bound * 10)
                        #expect(distance(a.beta ?? [], b.beta ?? []) <= bound * 10)
                        #expect(a.gamma == global[0].gradients.gamma)
                    }
                    #expect(
                        found.map(\.statistics.localCount).reduce(0, +)
                            == expected.statistics.global.count)
                }
            }
        }
        try check(subject.element.scalar)
    }

    @Test(
        "a rank without valid positions takes the others' statistics",
        arguments: MaskedOutput.allCases)
    func rankWithoutValidPositions(_ output: MaskedOutput) throws {
        let spread = try Spread<Float>([2, 2], sample: [4, 3])
        let lengths = [3, 2, 0, 0]
        let found = try masked(spread, lengths, output)
        let expected = try wholeMasked(spread, lengths, output)
        #expect(found[1].statistics.localCount == 0)
        #expect(found[1].statistics.global.count == 5)
        #expect(distance(found.flatMap(\.y), expected.y) <= bound(Float.self))
        #expect(
            distance(
                found.flatMap { $0.gradients.input ?? [] }, expected.gradients.input ?? [])
                <= bound(Float.self))
    }

    @Test("no valid position on any rank is an empty batch", arguments: MaskedOutput.allCases)
    func noValidPositions(_ output: MaskedOutput) throws {
        let spread = try Spread<Float>([2, 0, 1], sample: [4, 3])
        let found = try masked(spread, [0, 0, 0], output)
        for answer in found {
            #expect(answer.statistics.global.count == 0)
            #expect(answer.y.allSatisfy { $0 == 0 })
            #expect(answer.gradients.input?.allSatisfy { $0 == 0 } == true)
            #expect(answer.gradients.gamma == [0, 0, 0, 0])
        }
    }

    // MARK: Batch renormalization

    private func renormalized<Scalar: NormalizationScalar>(
        _ spread: Spread<Scalar>, then activation: Activation, _ limits: RenormLimits?
    ) throws -> [StepAnswer<Scalar>] {
        try values(
            onRanks(spread.ranks) { exchange in
                let rank = exchange.rank
                let (x, shape) = (spread.part(spread.x, rank), spread.shape(rank))
                let residual = spread.part(spread.residual, rank)
                let (y, statistics) = try spread.layer.forwardRenormalized(
                    x, adding: residual, then: activation, shape: shape,
                    channelAxis: spread.axis, limits: limits, over: exchange)
                let gradients = try spread.layer.backward(
                    spread.part(spread.gradient, rank), input: x, adding: residual,
                    through: activation, normalizedBy: statistics, shape: shape,
                    channelAxis: spread.axis, over: exchange, parameterGradients: .global)
                return StepAnswer(y: y, statistics: statistics, gradients: Found(gradients))
            })
    }

    @Test("renormalization: any split is the whole batch", arguments: subjectSplits)
    func renormalizedSplitIsTheWhole(_ subject: Subject, split: [Int]) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            var spread = try Spread<Scalar>(split, engine: subject.engine)
            let channels = spread.layer.channels
            spread.layer.runningStatistics = try RunningStatistics(
                mean: (0..<channels).map { 2.5 + 0.25 * Double($0) },
                variance: (0..<channels).map { 0.25 + 0.125 * Double($0) })
            let limits = try RenormLimits(rMax: 1.5, dMax: 0.75)
            let (y, renorm) = try spread.layer.forwardRenormalized(
                spread.x, adding: spread.residual, then: .silu, shape: spread.shape,
                limits: limits)
            let gradients = try spread.layer.backward(
                spread.gradient, input: spread.x, adding: spread.residual, through: .silu,
                normalizedBy: .renormalized(renorm), shape: spread.shape)
            let found = try renormalized(spread, then: .silu, limits)
            if split.count == 1 {
                #expect(found[0].y == y && found[0].gradients == Found(gradients))
                #expect(found[0].statistics.renorm == renorm)
            }
            let bound = bound(Scalar.self)
            #expect(distance(found.flatMap(\.y), y) <= bound)
            #expect(
                distance(
                    found.flatMap { $0.gradients.input ?? [] }, gradients.input ?? []) <= bound)
            for answer in found {
                #expect(distance(answer.gradients.gamma ?? [], gradients.gamma ?? []) <= bound * 10)
                #expect(distance(answer.gradients.beta ?? [], gradients.beta ?? []) <= bound * 10)
                let (a, b) = (try #require(answer.statistics.renorm), renorm)
                #expect(distance(a.r, b.r) <= bound && distance(a.d, b.d) <= bound)
                #expect(a == found[0].statistics.renorm)
            }
        }
        try check(subject.element.scalar)
    }

    @Test("renormalization in place has the bits of the arrays")
    func renormalizedFormsHaveTheSameBits() throws {
        let spread = try Spread<Float>([2, 0, 3])
        let expected = try renormalized(spread, then: .relu, nil)
        let outcomes = try onRanks(spread.ranks) { exchange in
            var y = spread.part(spread.x, exchange.rank)
            let residual = spread.part(spread.residual, exchange.rank)
            var span = y.mutableSpan
            let statistics = try spread.layer.forwardRenormalizedInPlace(
                &span, adding: residual.span, then: .relu,
                geometry: Geometry(spread.shape(exchange.rank)), over: exchange)
            return (y, statistics)
        }
        for (answer, expected) in zip(try values(outcomes), expected) {
            #expect(answer.0 == expected.y && answer.1 == expected.statistics)
        }
    }
}

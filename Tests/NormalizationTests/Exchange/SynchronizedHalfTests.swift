import Normalization
import SeededRandom
import Testing

/// Synchronized calls on elements of 16 bits: those of the Float layer on the widened tensors, rounded once.
@Suite struct SynchronizedHalfTests {
    /// y and ∂x of a step, in the elements of x, and what comes with them.
    private struct Step<Element: NormalizationElement & Sendable>: Sendable {
        let y, dx: [Element]
        let statistics: SynchronizedStatistics
        let gamma: [Float]?
    }

    /// - Parameter affine: γ and β per sample, or `nil` for those of the layer.
    private func step<Element: NormalizationElement & Sendable>(
        _ layer: BatchNorm<Float>, _ x: [Element], _ gradient: [Element], _ geometry: Geometry,
        _ activation: Activation, _ affine: ([Float], [Float])?, over exchange: LocalExchange
    ) throws -> Step<Element> where Element.Arithmetic == Float {
        var (y, dx) = (x, x)
        var target = y.mutableSpan
        var slope = dx.mutableSpan
        guard let (gammas, betas) = affine else {
            let statistics = try layer.forward(
                x.span, adding: gradient.span, then: activation, into: &target, geometry: geometry,
                over: exchange)
            let gradients = try layer.backward(
                gradient.span, input: x.span, adding: gradient.span, through: activation,
                normalizedBy: statistics, into: &slope, geometry: geometry, over: exchange)
            return Step(y: y, dx: dx, statistics: statistics, gamma: gradients.gamma)
        }
        let statistics = try layer.forward(
            x.span, scaledBy: gammas.span, shiftedBy: betas.span, then: activation, into: &target,
            geometry: geometry, over: exchange)
        let gradients = try layer.backward(
            gradient.span, input: x.span, scaledBy: gammas.span, shiftedBy: betas.span,
            through: activation, normalizedBy: statistics, into: &slope, geometry: geometry,
            over: exchange)
        return Step(y: y, dx: dx, statistics: statistics, gamma: gradients.gamma)
    }

    private func check<Half: HalfPrecision & NormalizationElement>(
        _: Half.Type, _ split: [Int], engine: Engine, _ activation: Activation, perSample: Bool
    ) throws where Half.Arithmetic == Float {
        var spread = try Spread<Float>(split, engine: engine)
        if perSample { (spread.layer.gamma, spread.layer.beta) = (.absent, .absent) }
        let ranks = spread
        let steps = try values(
            onRanks(split.count) { exchange in
                let rank = exchange.rank
                let affine = (
                    ranks.part(ranks.gammas, rank), ranks.part(ranks.betas, rank)
                )
                let geometry = try Geometry(ranks.shape(rank), channelAxis: ranks.axis)
                let x = ranks.part(ranks.x, rank).map { Half($0) }
                let gradient = ranks.part(ranks.gradient, rank).map { Half($0) }
                return try step(
                    ranks.layer, x, gradient, geometry, activation, perSample ? affine : nil,
                    over: exchange)
            })
        let wide = try values(
            onRanks(split.count) { exchange in
                let rank = exchange.rank
                let affine = (
                    ranks.part(ranks.gammas, rank), ranks.part(ranks.betas, rank)
                )
                let geometry = try Geometry(ranks.shape(rank), channelAxis: ranks.axis)
                let x = ranks.part(ranks.x, rank).map { Half($0).widened }
                let gradient = ranks.part(ranks.gradient, rank).map { Half($0).widened }
                return try step(
                    ranks.layer, x, gradient, geometry, activation, perSample ? affine : nil,
                    over: exchange)
            })
        for (half, float) in zip(steps, wide) {
            #expect(half.y.map(\.bitPattern) == float.y.map { Half($0).bitPattern })
            #expect(half.dx.map(\.bitPattern) == float.dx.map { Half($0).bitPattern })
            #expect(half.statistics == float.statistics)
            #expect(half.gamma == float.gamma)
        }
    }

    @Test(
        "ranks with tensors of 16 bits compute what Float ranks do, rounded",
        arguments: Engine.allCases)
    func ranksRoundOnce(_ engine: Engine) throws {
        for split in [[3, 2], [4, 0, 1], [2, 1, 1, 1]] {
            for (activation, perSample) in [
                (Activation.relu, false), (.silu, false), (.silu, true),
            ] {
                try check(BFloat16.self, split, engine: engine, activation, perSample: perSample)
                try check(Float16.self, split, engine: engine, activation, perSample: perSample)
            }
        }
    }
}

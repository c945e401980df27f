import Normalization
import SeededRandom
import Testing

/// Gradients of group, instance and conditional batch normalization against central differences of the
/// loss L = Σ r · y, with a random cotangent r, and the identities that they have.
@Suite struct GroupGradientTests {
    /// What follows the normalization.
    struct Tail: CustomTestStringConvertible, Sendable {
        var activation: Activation
        var hasResidual: Bool
        var testDescription: String { "\(activation)\(hasResidual ? ", residual" : "")" }

        static let all = [
            Tail(activation: .identity, hasResidual: false),
            Tail(activation: .identity, hasResidual: true),
            Tail(activation: .relu, hasResidual: true),
            Tail(activation: .leakyReLU(negativeSlope: 0.1), hasResidual: false),
            Tail(activation: .silu, hasResidual: true),
            Tail(activation: .hardSwish, hasResidual: false),
        ]
    }

    static let problems =
        GroupAffine.all.flatMap { affine in
            [
                GroupProblem(layout: Layout([2, 4, 3]), groups: 2, affine: affine, epsilon: 1e-3),
                GroupProblem(
                    layout: Layout([2, 2, 2, 3], axis: -1), groups: 3, affine: affine, epsilon: 1e-3
                ),
            ]
        } + [
            GroupProblem(
                layout: Layout([3, 2, 3]), groups: 1, affine: .perSample(scaleOffset: 1),
                epsilon: 1e-3, isOfBatch: true),
            GroupProblem(
                layout: Layout([2, 3, 2, 2], axis: 2), groups: 1,
                affine: .perSample(scaleOffset: 0), epsilon: 1e-3, isOfBatch: true),
        ]

    @Test(
        "∂x, ∂γ, ∂β and ∂residual are the central differences of the loss, to 10⁻⁶",
        arguments: problems, Tail.all)
    func gradientsAreCentralDifferences(_ problem: GroupProblem, tail: Tail) throws {
        for engine in Engine.allCases {
            var example = try GroupExample(problem, tail, engine)
            let gradients = try example.gradients()
            let whole = example
            try expectClose(
                gradients.input, differences(at: example.data.x) { try whole.loss(x: $0) })
            if tail.hasResidual {
                try expectClose(
                    gradients.residual,
                    differences(at: example.residual) { try whole.loss(residual: $0) })
            }
            if let gamma = gradients.gamma {
                let start = example
                try expectClose(
                    gamma,
                    differences(at: start.gammaValues) {
                        example.gammaValues = $0
                        return try example.loss()
                    })
                example = start
            }
            if let beta = gradients.beta {
                try expectClose(
                    beta,
                    differences(at: example.betaValues) {
                        example.betaValues = $0
                        return try example.loss()
                    })
            }
        }
    }

    @Test(
        "any subset of the gradients has the bits of the full call", arguments: Engine.allCases,
        problems)
    func anySubsetEqualsTheFullCall(_ engine: Engine, problem: GroupProblem) throws {
        let example = try GroupExample(
            problem, Tail(activation: .identity, hasResidual: true), engine)
        let full = try example.gradients([.all, .residual])
        for bits in UInt8(0)..<16 {
            let wanted = GradientSelection(rawValue: bits)
            let some = try example.gradients(wanted)
            #expect(some.input == (wanted.contains(.input) ? full.input : nil), "\(bits)")
            #expect(some.gamma == (wanted.contains(.gamma) ? full.gamma : nil), "\(bits)")
            #expect(some.beta == (wanted.contains(.beta) ? full.beta : nil), "\(bits)")
            #expect(some.residual == (wanted.contains(.residual) ? full.residual : nil), "\(bits)")
        }
    }

    @Test(
        "Σ ∂x of a group is zero, and Σ x̂ · ∂x is s · Q · ε/(σ² + ε)", arguments: Engine.allCases,
        GroupProblem.shapes)
    func identitiesOfTheInputGradientHold(
        _ engine: Engine, shape: (layout: Layout, groups: Int)
    ) throws {
        let problem = GroupProblem(layout: shape.layout, groups: shape.groups, epsilon: 0.5)
        let data = try GroupData(problem, .double)
        let answer = try GroupAnswer(data, Subject(engine: engine, element: .double))
        let dx = try #require(answer.gradients.input)
        let variance = answer.statistics.variance()
        let groups = problem.groupCount(data.geometry)
        var sums = [(dx: Double, product: Double, q: Double, size: Double)](
            repeating: (0, 0, 0, 0), count: groups)
        for index in dx.indices {
            let group = problem.group(of: index, data.geometry)
            let s = 1 / (variance[group] + 0.5).squareRoot()
            let normalized = (data.x[index] - answer.statistics.mean[group]) * s
            let scale = data.affine(ofLane: problem.lane(of: index, data.geometry)).scale
            sums[group].dx += dx[index]
            sums[group].product += normalized * dx[index]
            sums[group].q += scale * data.gradient[index] * normalized
            sums[group].size += (1 + abs(normalized)) * (abs(dx[index]) + s * abs(scale))
        }
        for group in 0..<groups {
            let s = 1 / (variance[group] + 0.5).squareRoot()
            let expected = s * sums[group].q * 0.5 / (variance[group] + 0.5)
            // Each term is off by a few roundings of its parts, which add up over the group.
            let bound = 64 * 0x1p-53 * sums[group].size * (1 + sums[group].size * s)
            #expect(abs(sums[group].dx) <= bound, "group \(group)")
            #expect(abs(sums[group].product - expected) <= bound, "group \(group)")
        }
    }

    // MARK: Helpers

    /// (f(v + h) − f(v − h)) / 2h along each axis. With h = 10⁻⁵ and everything near 1, the cut of
    /// the Taylor series (h²) and rounding (10⁻¹⁶ · |f| / h) both stay near 10⁻¹⁰.
    private func differences(at point: [Double], _ f: ([Double]) throws -> Double) rethrows
        -> [Double]
    {
        let h = 1e-5
        return try point.indices.map { index in
            var moved = point
            moved[index] = point[index] + h
            let above = try f(moved)
            moved[index] = point[index] - h
            return (above - (try f(moved))) / (2 * h)
        }
    }

    /// To 10⁻⁶ of the largest number of the gradient.
    private func expectClose(
        _ analytic: [Double]?, _ numeric: [Double],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let analytic = try #require(analytic, sourceLocation: sourceLocation)
        #expect(analytic.count == numeric.count, sourceLocation: sourceLocation)
        let size = numeric.map { abs($0) }.max() ?? 0
        #expect(size > 1e-3, "the gradient is too small to test", sourceLocation: sourceLocation)
        for (index, pair) in zip(analytic, numeric).enumerated() {
            #expect(
                abs(pair.0 - pair.1) <= 1e-6 * size, "element \(index)",
                sourceLocation: sourceLocation)
        }
    }
}

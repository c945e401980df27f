import Differentiation
import Normalization
import Testing

/// Backward differentiated once more, against differences of it and against PyTorch's formula.
@Suite struct SecondDerivativeTests {
    /// A layer, its tensors, and a linear function of its gradients: Σ v · ∂x + Σ p · ∂γ + Σ q · ∂β.
    struct Problem {
        static let shape = [4, 3, 5]
        var layer: BatchNorm<Double>
        var (x, g, v): (Tensor<Double>, Tensor<Double>, Tensor<Double>)
        var (p, q): ([Double], [Double])

        init(seed: Int) throws {
            var random = SplitMix64(seed: seed)
            layer = try BatchNorm.standard(channels: 3)
            layer.gamma = random.parameter(seed % 3, channels: 3)
            layer.beta = random.parameter(seed / 3 % 3, channels: 3)
            (x, g, v) = (
                random.tensor(Self.shape), random.tensor(Self.shape), random.tensor(Self.shape)
            )
            (p, q) = (random.numbers(layer.gamma.count), random.numbers(layer.beta.count))
        }

        var found: SecondGradients<Double> {
            get throws {
                let (_, statistics) = try layer.forward(x.values, shape: x.shape)
                return try layer.secondGradients(
                    v, gamma: p, beta: q, ofBackward: g, input: x, statistics: statistics)
            }
        }

        func value() throws -> Double {
            let (_, statistics) = try layer.forward(x.values, shape: x.shape)
            let gradients = try layer.backward(
                g.values, input: x.values, normalizedBy: .batch(statistics), shape: x.shape)
            func sum(_ a: [Double], _ b: [Double]?) -> Double {
                zip(a, b ?? []).reduce(0) { $0 + $1.0 * $1.1 }
            }
            return sum(v.values, gradients.input) + sum(p, gradients.gamma)
                + sum(q, gradients.beta)
        }
    }

    /// Central differences with h = 2⁻¹⁷. Third derivatives below 1,000 leave h² / 6 · 1,000 = 1e-8, the roundings of
    /// sums below 100 leave 2⁻⁵³ · 100 · 20 / h = 3e-8.
    @Test(arguments: 0..<9) func secondGradientsAreDifferencesOfBackward(_ seed: Int) throws {
        let problem = try Problem(seed: seed)
        let found = try problem.found
        let h = 0x1p-17
        func difference(_ change: (inout Problem, Double) -> Void) throws -> Double {
            var (up, down) = (problem, problem)
            change(&up, h)
            change(&down, -h)
            return try (up.value() - down.value()) / (2 * h)
        }
        func expect(_ found: Double, _ expected: Double, _ what: String) {
            #expect(
                abs(found - expected) <= 1e-7 * max(1, abs(expected)), "seed \(seed), \(what)")
        }
        for i in problem.x.values.indices {
            expect(
                found.input[i], try difference { $0.x.values[i] += $1 }, "x \(i)")
            expect(
                found.gradient[i], try difference { $0.g.values[i] += $1 }, "g \(i)")
        }
        #expect(found.gamma?.count ?? 0 == problem.layer.gamma.count)
        for i in found.gamma?.indices ?? 0..<0 {
            expect(
                found.gamma?[i] ?? .nan,
                try difference { problem, step in
                    problem.layer.gamma.withMutableSpan { $0[i] += step }
                }, "gamma \(i)")
        }
    }

    /// The terms of PyTorch's batchnorm_double_backward, in its order, for p = q = 0. Sums of 20 products of numbers
    /// below 10 round by less than 20 · 100 · 2⁻⁵³ each; a few of them are multiplied.
    @Test(arguments: 0..<9) func secondGradientsArePyTorchs(_ seed: Int) throws {
        var problem = try Problem(seed: seed)
        problem.p = problem.p.map { _ in 0 }
        problem.q = problem.q.map { _ in 0 }
        let found = try problem.found
        let (n, inner) = (20.0, 5)
        for c in 0..<3 {
            let places = problem.x.values.indices.filter { $0 / inner % 3 == c }
            func of(_ tensor: Tensor<Double>) -> [Double] { places.map { tensor.values[$0] } }
            func sum(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map(*).reduce(0, +) }
            let (x, gO, ggI) = (of(problem.x), of(problem.g), of(problem.v))
            let mean = x.reduce(0, +) / n
            let centred = x.map { $0 - mean }
            let variance = sum(centred, centred) / n + problem.layer.epsilon
            let gamma =
                switch problem.layer.gamma {
                case .absent: 1.0
                case .shared(let gamma): gamma
                case .perChannel(let gamma): gamma[c]
                }
            let s = 1 / variance.squareRoot()
            let (gOSum, ggISum) = (gO.reduce(0, +), ggI.reduce(0, +))
            let (gOCentred, ggICentred) = (sum(gO, centred), sum(ggI, centred))
            let allSub =
                ggISum * gOSum / n - sum(gO, ggI) + s * s * gOCentred * ggICentred * 3 / n
            for (k, i) in places.enumerated() {
                let terms =
                    centred[k] * s * s * s * allSub / n
                    + ggICentred * s * s * s / n * (gOSum / n - gO[k])
                    + gOCentred * s * s * s / n * (ggISum / n - ggI[k])
                #expect(abs(found.input[i] - gamma * terms) <= 1e-12, "seed \(seed), x \(i)")
                let ggO = gamma * s * (ggI[k] - ggISum / n - centred[k] * s * s * ggICentred / n)
                #expect(abs(found.gradient[i] - ggO) <= 1e-12, "seed \(seed), g \(i)")
            }
        }
    }

    @Test func whatTheHalvesRefuseIsThrown() throws {
        let problem = try Problem(seed: 2)
        let (_, statistics) = try problem.layer.forward(
            problem.x.values, shape: problem.x.shape)
        #expect(throws: NormalizationError.wrongLength(.gradient, expected: 60, actual: 1)) {
            try problem.layer.secondGradients(
                Tensor([1], shape: [1]), ofBackward: problem.g, input: problem.x,
                statistics: statistics)
        }
    }
}

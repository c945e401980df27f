import Normalization
import SeededRandom
import Testing

/// Gradients against central differences of the loss L = Σ g · y, with a random cotangent g: a loss
/// of Σ y would test nothing, its ∂x is zero.
@Suite struct GradientTests {
    struct Problem: CustomTestStringConvertible, Sendable {
        var layout: Layout
        var form: AffineForm
        /// Whether the statistics are the batch's, or the running ones.
        var isTraining: Bool

        var testDescription: String {
            "\(layout.testDescription), \(form.testDescription), "
                + (isTraining ? "training" : "inference")
        }

        static let all = [
            Layout([5, 3]), Layout([3, 3, 4]), Layout([2, 3, 3, 2]), Layout([2, 2, 2, 2, 3]),
            Layout([2, 2, 3, 3], axis: -1),
        ].flatMap { layout in
            AffineForm.all.flatMap { form in
                [true, false].map { Problem(layout: layout, form: form, isTraining: $0) }
            }
        }
    }

    /// A layer, x and g for a problem.
    private struct Example {
        var layer: any TestedLayer
        let x: [Double]
        let g: [Double]
        let problem: Problem

        init(_ problem: Problem, _ engine: Engine) throws {
            self.problem = problem
            var generator = SplitMix64(seed: 9)
            let geometry = try problem.layout.geometry
            x = generator.values(geometry.count, mean: 0.5)
            g = generator.values(geometry.count)
            let (gamma, beta) = problem.form.parameters(
                channels: geometry.channels, using: &generator)
            layer = try Subject(engine: engine, element: .double).layer(
                channels: geometry.channels, gamma: gamma, beta: beta, epsilon: 1e-3,
                running: RunningStatistics(
                    mean: generator.values(geometry.channels),
                    variance: generator.values(geometry.channels, mean: 2)))
        }

        func statistics(_ x: [Double]) throws -> NormalizingStatistics {
            guard problem.isTraining else { return .running }
            return .batch(
                try layer.forward(
                    doubles: x, shape: problem.layout.shape, channelAxis: problem.layout.axis
                ).statistics)
        }

        func gradients(_ wanted: GradientSelection = .all) throws -> GradientsInDouble {
            try layer.backward(
                doubles: g, input: x, normalizedBy: statistics(x), shape: problem.layout.shape,
                channelAxis: problem.layout.axis, wanting: wanted)
        }

        func loss(_ x: [Double], _ layer: any TestedLayer) throws -> Double {
            let (shape, axis) = (problem.layout.shape, problem.layout.axis)
            let y =
                problem.isTraining
                ? try layer.forward(doubles: x, shape: shape, channelAxis: axis).output
                : try layer.inference(doubles: x, shape: shape, channelAxis: axis)
            return zip(y, g).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }

    @Test(
        "∂x, ∂γ and ∂β are the central differences of the loss, to 10⁻⁶",
        arguments: Engine.allCases, Problem.all)
    func gradientsAreCentralDifferences(_ engine: Engine, problem: Problem) throws {
        let example = try Example(problem, engine)
        let gradients = try example.gradients()
        #expect((gradients.gamma == nil) == (problem.form.gamma == .absent))
        #expect((gradients.beta == nil) == (problem.form.beta == .absent))
        try expectClose(
            try #require(gradients.input),
            differences(at: example.x) { try example.loss($0, example.layer) })
        var layer = example.layer
        if let gamma = gradients.gamma {
            let numeric = try differences(at: layer.gammaInDouble.values) {
                layer.gammaInDouble =
                    problem.form.gamma == .shared ? .shared($0[0]) : .perChannel($0)
                return try example.loss(example.x, layer)
            }
            expectClose(gamma, numeric)
        }
        layer = example.layer
        if let beta = gradients.beta {
            let numeric = try differences(at: layer.betaInDouble.values) {
                layer.betaInDouble = problem.form.beta == .shared ? .shared($0[0]) : .perChannel($0)
                return try example.loss(example.x, layer)
            }
            expectClose(beta, numeric)
        }
    }

    @Test(
        "any subset of the gradients has the bits of the full call",
        arguments: Engine.allCases, Problem.all)
    func anySubsetEqualsTheFullCall(_ engine: Engine, problem: Problem) throws {
        let example = try Example(problem, engine)
        let full = try example.gradients()
        for bits in UInt8(0)..<8 {
            let wanted = GradientSelection(rawValue: bits)
            let some = try example.gradients(wanted)
            #expect(some.input == (wanted.contains(.input) ? full.input : nil), "\(wanted)")
            #expect(some.gamma == (wanted.contains(.gamma) ? full.gamma : nil), "\(wanted)")
            #expect(some.beta == (wanted.contains(.beta) ? full.beta : nil), "\(wanted)")
        }
    }

    @Test(
        "the three named layers have 2C, C + 1 and 2 trainable numbers, and as many gradients",
        arguments: Subject.all)
    func namedLayersHaveTheirGradients(_ subject: Subject) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let x = [1, 2, 3, 4, 6, 8].map { Scalar($0) }
            for (named, count) in try [
                (BatchNorm<Scalar>.standard(channels: 3), 6), (.weightShared(channels: 3), 4),
                (.parameterShared(channels: 3), 2),
            ] {
                var layer = named
                layer.engine = subject.engine
                #expect(layer.gamma.count + layer.beta.count == count)
                let (_, statistics) = try layer.forwardAndCommit(x, shape: [2, 3])
                let gradients = try layer.backward(
                    x, input: x, normalizedBy: .batch(statistics), shape: [2, 3])
                #expect((gradients.gamma ?? []).count == layer.gamma.count)
                #expect((gradients.beta ?? []).count == layer.beta.count)
            }
        }
        try check(subject.element.scalar)
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
        _ analytic: [Double], _ numeric: [Double],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
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

import Normalization
import SeededRandom
import Testing

/// Batch renormalization: its numbers and its gradients.
@Suite struct RenormTests {
    static let layouts = [
        Layout([3, 4, 5]), Layout([2, 6, 3, 3]), Layout([5, 12]), Layout([2, 32, 7, 7]),
        Layout([3, 4, 4, 12], axis: -1), Layout([2, 5, 6, 3], axis: 2), Layout([3, 2, 130, 33]),
        Layout([900, 61]), Layout([2, 3, 40_001]),
    ]

    @Test(
        "every engine computes Keras's formulas, within the limits and at them", arguments: layouts,
        [0.5, 8.0])
    func everyEngineComputesTheFormulas(_ layout: Layout, distance: Double) throws {
        let example = try RenormExample(layout, distance: distance)
        for element in ElementType.allCases {
            let (expected, bounds) = example.plain(element)
            for engine in Engine.allCases {
                let found = try example.answer(Subject(engine: engine, element: element))
                let difference = found.difference(expected, within: bounds)
                #expect(difference == nil, "\(engine), \(element), \(layout.testDescription)")
            }
        }
    }

    @Test("random problems are the formulas, too", arguments: 0..<40)
    func randomProblemsAreTheFormulas(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let shape = [
            random.logarithmic(2...20), random.logarithmic(1...40), random.logarithmic(1...200),
        ]
        let example = try RenormExample(
            Layout(shape, axis: random.next() % 3 == 0 ? -1 : 1), seed: random.next(),
            rMax: 1 + abs(random.unit()), dMax: abs(random.unit()), distance: 1 + random.unit() / 2)
        for element in ElementType.allCases {
            let (expected, bounds) = example.plain(element)
            for engine in Engine.allCases {
                let found = try example.answer(Subject(engine: engine, element: element))
                let difference = found.difference(expected, within: bounds)
                #expect(difference == nil, "seed \(seed), \(engine), \(element)")
            }
        }
    }

    @Test("r = 1 and d = 0 give the bits of forward and backward", arguments: Subject.all, layouts)
    func withoutLimitsItIsBatchNormalization(_ subject: Subject, layout: Layout) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            var example = try RenormExample(layout, rMax: 1, dMax: 0)
            example.beta[0] = -0.0
            let layer = try example.layer(Scalar.self, subject.engine)
            let (x, g) = (
                converted(example.x, to: Scalar.self), converted(example.g, to: Scalar.self)
            )
            let (shape, axis) = (layout.shape, layout.axis)
            let plain = try layer.forward(
                x, adding: g, then: .relu, shape: shape, channelAxis: axis)
            // No update so far: the paper's schedule begins with these limits.
            for limits in [nil, example.limits] {
                let found = try layer.forwardRenormalized(
                    x, adding: g, then: .relu, shape: shape, channelAxis: axis, limits: limits)
                #expect(
                    sameBits(
                        converted(found.output, to: Double.self),
                        converted(plain.output, to: Double.self)))
                #expect(found.statistics.batch == plain.statistics)
                #expect(found.statistics.r == Array(repeating: 1, count: layer.channels))
                #expect(
                    sameBits(found.statistics.d, Array(repeating: 0, count: layer.channels)))
                #expect(
                    try layer.backward(
                        g, input: x, adding: g, through: .relu,
                        normalizedBy: .renormalized(found.statistics), shape: shape,
                        channelAxis: axis, wanting: [.all, .residual])
                        == layer.backward(
                            g, input: x, adding: g, through: .relu,
                            normalizedBy: .batch(plain.statistics), shape: shape,
                            channelAxis: axis, wanting: [.all, .residual]))
            }
        }
        try check(subject.element.scalar)
    }

    @Test(
        "∂x, ∂γ and ∂β are the central differences of the loss where r and d are at their limits",
        arguments: Engine.allCases,
        [Layout([5, 3]), Layout([3, 3, 4]), Layout([2, 2, 3, 3], axis: -1)])
    func gradientsAreCentralDifferences(_ engine: Engine, layout: Layout) throws {
        // Running statistics so far away that r = 1/1.5 and d = ±0.25 do not move with x.
        let example = try RenormExample(layout, rMax: 1.5, dMax: 0.25, distance: 32)
        let answer = try example.answer(Double.self, engine)
        #expect(answer.r.allSatisfy { $0 == 1 / 1.5 })
        #expect(answer.d.allSatisfy { abs($0) == 0.25 })
        func loss(_ example: RenormExample) throws -> Double {
            zip(try example.answer(Double.self, engine).y, example.g).reduce(0) { $0 + $1.0 * $1.1 }
        }
        for (analytic, part) in [
            (answer.dx, \RenormExample.x), (answer.dGamma, \.gamma), (answer.dBeta, \.beta),
        ] {
            for index in analytic.indices {
                var moved = example
                moved[keyPath: part][index] += 1e-5
                let above = try loss(moved)
                moved[keyPath: part][index] -= 2e-5
                let numeric = (above - (try loss(moved))) / 2e-5
                #expect(abs(analytic[index] - numeric) <= 1e-6, "\(index)")
            }
        }
    }

    @Test(
        "shared γ and β have the sums over the channels, and absent ones nothing",
        arguments: Engine.allCases)
    func sharedGradientsAreSums(_ engine: Engine) throws {
        let example = try RenormExample(Layout([3, 4, 5]))
        var layer = try example.layer(Double.self, engine)
        (layer.gamma, layer.beta) = (.shared(1.5), .shared(-0.5))
        func gradients() throws -> Gradients<Double> {
            let statistics = try layer.forwardRenormalized(
                example.x, shape: [3, 4, 5], limits: example.limits
            ).statistics
            return try layer.backward(
                example.g, input: example.x, normalizedBy: .renormalized(statistics),
                shape: [3, 4, 5])
        }
        // Neither sum depends on γ and β.
        let perChannel = try example.answer(Double.self, engine)
        let shared = try gradients()
        #expect(shared.gamma == [perChannel.dGamma.reduce(0, +)])
        #expect(shared.beta == [perChannel.dBeta.reduce(0, +)])
        (layer.gamma, layer.beta) = (.absent, .absent)
        let none = try gradients()
        #expect(none.gamma == nil && none.beta == nil && none.input != nil)
    }

    @Test("within the limits y is what inference gives", arguments: Subject.all, layouts)
    func withinTheLimitsItIsInference(_ subject: Subject, layout: Layout) throws {
        let example = try RenormExample(layout, rMax: 100, dMax: 100)
        let bounds = example.plain(subject.element).bounds
        let y = try example.answer(subject).y
        let layer: any TestedLayer =
            subject.element == .float
            ? try example.layer(Float.self, subject.engine)
            : try example.layer(Double.self, subject.engine)
        let inferred = try layer.inference(
            doubles: example.x, shape: layout.shape, channelAxis: layout.axis)
        for i in y.indices where abs(y[i] - inferred[i]) > 2 * bounds.y[i] {
            Issue.record("y[\(i)] is \(y[i]), inference \(inferred[i])")
            break
        }
    }

    @Test(
        "results have the same bits for 1 to 8 threads", arguments: Subject.all,
        [Layout([5, 12, 61, 37]), Layout([1, 2, 70_003]), Layout([9, 20, 40, 12], axis: -1)])
    func threadCountChangesNoBit(_ subject: Subject, layout: Layout) throws {
        let example = try RenormExample(layout)
        let expected = try example.answer(subject, threadLimit: 1)
        for threads in 2...8 {
            #expect(try example.answer(subject, threadLimit: threads) == expected)
        }
    }

    @Test("the inverse gives x back", arguments: Subject.all)
    func inverseGivesTheInputBack(_ subject: Subject) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let example = try RenormExample(Layout([3, 4, 5]))
            let layer = try example.layer(Scalar.self, subject.engine)
            let x = converted(example.x, to: Scalar.self)
            let (y, statistics) = try layer.forwardRenormalized(
                x, shape: [3, 4, 5], limits: example.limits)
            let back = try layer.inverse(
                y, normalizedBy: .renormalized(statistics), shape: [3, 4, 5])
            // y is within 64 u · 10 of exact, and comes back by √(σ² + ε)/(γ · r) < 1/0.5/0.3.
            let bound = Scalar(1e4 * subject.element.unitRoundoff)
            #expect(zip(x, back).allSatisfy { abs($0 - $1) <= bound })
        }
        try check(subject.element.scalar)
    }
}

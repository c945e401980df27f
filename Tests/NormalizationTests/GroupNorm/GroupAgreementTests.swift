import Normalization
import SeededRandom
import Testing

/// Group and instance normalization of every engine against the definition, within derived bounds; and
/// against itself with other numbers of threads, another layout, and other ways to say the same.
@Suite struct GroupAgreementTests {
    @Test(
        "every engine computes the definition, whatever the shape, the groups and the affine map",
        arguments: GroupAffine.all, GroupProblem.shapes)
    func everyEngineComputesTheDefinition(
        _ affine: GroupAffine, shape: (layout: Layout, groups: Int)
    ) throws {
        for ratio in [0.0, 100] {
            try expectAgreement(
                GroupProblem(
                    layout: shape.layout, groups: shape.groups, affine: affine, ratio: ratio))
        }
    }

    @Test(
        "every engine computes the definition on random shapes, groups, forms and ratios",
        arguments: 0..<UInt64(100))
    func everyEngineComputesRandomProblems(_ seed: UInt64) throws {
        try expectAgreement(.random(seed: seed, elements: 3000))
    }

    /// For every way of cutting a tensor: whole groups and parts of lanes, rows, whole samples, parts of
    /// samples.
    static let large: [(layout: Layout, groups: Int)] = [
        (Layout([2, 4, 40_001]), 2), (Layout([3, 64, 31, 31]), 32), (Layout([100, 24, 7, 7]), 24),
        (Layout([5, 20, 40, 36], axis: -1), 6), (Layout([1, 700, 250], axis: -1), 10),
        (Layout([1000, 96]), 4), (Layout([300, 3, 100], axis: -1), 100),
        (Layout([2, 700, 3, 52], axis: -1), 4),
        // Samples enough for several runs.
        (Layout([1500, 24, 3]), 8), (Layout([700, 2, 50], axis: -1), 10),
    ]

    @Test("every engine computes the definition on large shapes", arguments: large)
    func everyEngineComputesLargeShapes(_ shape: (layout: Layout, groups: Int)) throws {
        try expectAgreement(
            GroupProblem(layout: shape.layout, groups: shape.groups, ratio: 1))
    }

    @Test(
        "results have the same bits for 1 to 8 threads", arguments: Engine.allCases,
        [
            GroupProblem(layout: Layout([3, 8, 61, 53]), groups: 4),
            GroupProblem(layout: Layout([1, 2, 70_003]), groups: 2),
            GroupProblem(
                layout: Layout([9, 20, 40, 12], axis: -1), groups: 3,
                affine: .perSample(scaleOffset: 1)),
            GroupProblem(layout: Layout([50, 40, 7, 7]), groups: 40),
        ])
    func threadCountChangesNoBit(_ engine: Engine, problem: GroupProblem) throws {
        for element in ElementType.allCases {
            let subject = Subject(engine: engine, element: element)
            let data = try GroupData(problem, element)
            let expected = try GroupAnswer(data, subject, threadLimit: 1)
            for threads in 2...8 {
                // Every number is finite, so equal is equal to the bit but for the sign of zero.
                #expect(
                    try GroupAnswer(data, subject, threadLimit: threads) == expected,
                    "\(problem.testDescription), \(threads) threads")
            }
        }
    }

    @Test(
        "one group a channel is instance normalization, to the bit", arguments: Subject.all)
    func groupOfOneChannelIsInstance(_ subject: Subject) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let data = try GroupData(
                GroupProblem(layout: Layout([3, 5, 6, 7]), groups: 5), subject.element)
            var instance = try GroupNorm<Scalar>.instance(channels: 5)
            (instance.gamma, instance.beta) = (data.gamma.converted(), data.beta.converted())
            instance.engine = subject.engine
            #expect(instance.groups == 5)
            #expect(try GroupAnswer(data, instance) == GroupAnswer(data, subject))
        }
        try check(subject.element.scalar)
    }

    @Test(
        "γ and β per sample that are equal in all samples give the layer's numbers",
        arguments: Subject.all, GroupProblem.shapes)
    func equalRowsAreTheLayersParameters(
        _ subject: Subject, shape: (layout: Layout, groups: Int)
    ) throws {
        let ofLayer = try GroupData(
            GroupProblem(layout: shape.layout, groups: shape.groups), subject.element)
        let samples = ofLayer.geometry.shape[0]
        let problem = GroupProblem(
            layout: shape.layout, groups: shape.groups, affine: .perSample(scaleOffset: 0))
        var perSample = try GroupData(problem, subject.element)
        (perSample.x, perSample.gradient) = (ofLayer.x, ofLayer.gradient)
        perSample.gammas = (0..<samples).flatMap { _ in ofLayer.gamma.values }
        perSample.betas = (0..<samples).flatMap { _ in ofLayer.beta.values }
        let expected = try GroupAnswer(ofLayer, subject)
        let answer = try GroupAnswer(perSample, subject)
        #expect(answer.output == expected.output && answer.inference == expected.inference)
        #expect(answer.statistics == expected.statistics)
        #expect(answer.gradients.input == expected.gradients.input)
        let channels = ofLayer.geometry.channels
        for (found, sums) in [
            (expected.gradients.gamma, answer.gradients.gamma),
            (expected.gradients.beta, answer.gradients.beta),
        ] {
            let (found, sums) = (try #require(found), try #require(sums))
            #expect(sums.count == samples * channels)
            for channel in 0..<channels {
                let terms = (0..<samples).map { sums[$0 * channels + channel] }
                let size = terms.reduce(0) { $0 + abs($1) }
                #expect(
                    abs(terms.reduce(0, +) - found[channel])
                        <= 2 * subject.element.unitRoundoff * size)
            }
        }
    }

    @Test(
        "statistics that are not given are made again: the same bits", arguments: Subject.all,
        GroupProblem.shapes)
    func statisticsAreMadeAgain(
        _ subject: Subject, shape: (layout: Layout, groups: Int)
    ) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let data = try GroupData(
                GroupProblem(layout: shape.layout, groups: shape.groups), subject.element)
            let layer = try data.layer(subject.engine, as: Scalar.self)
            let x = converted(data.x, to: Scalar.self)
            let g = converted(data.gradient, to: Scalar.self)
            let (list, axis) = (shape.layout.shape, shape.layout.axis)
            let (_, statistics) = try layer.forward(x, shape: list, channelAxis: axis)
            #expect(try layer.statistics(of: x.span, geometry: data.geometry) == statistics)
            #expect(
                try layer.backward(g, input: x, shape: list, channelAxis: axis)
                    == layer.backward(
                        g, input: x, normalizedBy: statistics, shape: list, channelAxis: axis))
        }
        try check(subject.element.scalar)
    }

    private func expectAgreement(
        _ problem: GroupProblem, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for element in ElementType.allCases {
            let data = try GroupData(problem, element)
            let plain = PlainGroupNorm(data, element)
            for engine in Engine.allCases {
                let subject = Subject(engine: engine, element: element)
                let answer = try GroupAnswer(data, subject, given: plain.statistics)
                #expect(
                    plain.difference(answer, element) == nil,
                    "\(subject.testDescription), \(problem.testDescription)",
                    sourceLocation: sourceLocation)
            }
        }
    }
}

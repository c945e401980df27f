import Normalization
import SeededRandom
import Testing

/// The edge cases of group and instance normalization, each with what it must give.
@Suite struct GroupEdgeCaseTests {
    /// Calls `body` with a layer of each subject's element type.
    private func withLayer(
        _ subject: Subject, channels: Int, groups: Int, gamma: AffineParameter<Double> = .absent,
        beta: AffineParameter<Double> = .absent, epsilon: Double = 1e-5,
        _ body: (any TestedGroupLayer) throws -> Void
    ) throws {
        func call<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            try body(
                GroupNorm<Scalar>(
                    channels: channels, groups: groups, gamma: gamma.converted(),
                    beta: beta.converted(), epsilon: epsilon, engine: subject.engine))
        }
        try call(subject.element.scalar)
    }

    @Test(
        "one value per group is refused, in forward, inference and backward",
        arguments: Subject.all,
        [
            (Layout([4, 6]), 6), (Layout([1, 6, 1, 1]), 6), (Layout([2, 1, 6], axis: -1), 6),
        ])
    func singleValueIsRefused(_ subject: Subject, shape: (layout: Layout, groups: Int)) throws {
        let (list, axis) = (shape.layout.shape, shape.layout.axis)
        let x = [Double](repeating: 1, count: list.reduce(1, *))
        let expected = NormalizationError.tooFewValuesPerGroup(shape: list, groups: shape.groups)
        #expect(
            expected.description == "expected more than one value per sample and group, "
                + "got shape \(list) in \(shape.groups) groups")
        try withLayer(subject, channels: 6, groups: shape.groups) { layer in
            #expect(throws: expected) {
                _ = try layer.forward(doubles: x, shape: list, channelAxis: axis)
            }
            #expect(throws: expected) {
                _ = try layer.inference(doubles: x, shape: list, channelAxis: axis)
            }
            #expect(throws: expected) {
                _ = try layer.backward(doubles: x, input: x, shape: list, channelAxis: axis)
            }
        }
    }

    @Test("a constant group gives exactly β, and ∂x of centered γ · g / √ε", arguments: Subject.all)
    func constantGroupGivesBeta(_ subject: Subject) throws {
        let constants: [Double] = [0, 0.1, -3.7, 1e7, 1e-30, 3e38]
        // ε whose root is exact.
        let epsilon = 0x1p-16
        for layout in [Layout([2, 4, 7]), Layout([3, 5, 5, 4], axis: -1), Layout([2, 4, 1301])] {
            let geometry = try layout.geometry
            for constant in constants {
                let value = subject.element == .float ? Double(Float(constant)) : constant
                let x = [Double](repeating: value, count: geometry.count)
                var generator = SplitMix64(seed: 3)
                let g = generator.values(geometry.count)
                let problem = GroupProblem(layout: layout, groups: 2)
                try withLayer(
                    subject, channels: 4, groups: 2, gamma: .perChannel([1, -2.5, 0, 4]),
                    beta: .perChannel([0, 0.5, -1e10, 3]), epsilon: epsilon
                ) { layer in
                    let (y, statistics) = try layer.forward(
                        doubles: x, shape: layout.shape, channelAxis: layout.axis)
                    #expect(statistics.mean.allSatisfy { $0 == value })
                    #expect(statistics.sumOfSquaredDeviations.allSatisfy { $0 == 0 })
                    let dx = try #require(
                        try layer.backward(
                            doubles: g, input: x, shape: layout.shape, channelAxis: layout.axis
                        ).input)
                    let gammas = [1, -2.5, 0, 4.0]
                    var means = [Double](repeating: 0, count: 2 * layout.shape[0])
                    for index in g.indices {
                        let lane = problem.lane(of: index, geometry)
                        means[lane / 2] += gammas[lane % 4] * g[index] / Double(statistics.count)
                    }
                    for index in g.indices {
                        let lane = problem.lane(of: index, geometry)
                        #expect(y[index] == [0, 0.5, -1e10, 3][lane % 4])
                        let exact =
                            (gammas[lane % 4] * g[index] - means[lane / 2]) * 0x1p8
                        #expect(
                            abs(dx[index] - exact)
                                <= 8 * subject.element.unitRoundoff * 0x1p8 * 8, "\(index)")
                    }
                }
            }
        }
    }

    @Test("a large mean costs no accuracy: 2000 ± 1 in either type", arguments: Engine.allCases)
    func largeMeanCostsNoAccuracy(_ engine: Engine) throws {
        for element in ElementType.allCases {
            for layout in [Layout([2, 6, 14]), Layout([2, 7, 7, 6], axis: -1)] {
                for groups in [1, 3, 6] {
                    let problem = GroupProblem(
                        layout: layout, groups: groups, epsilon: 1e-12, ratio: 2000)
                    let data = try GroupData(problem, element)
                    let plain = PlainGroupNorm(data, element)
                    let answer = try GroupAnswer(
                        data, Subject(engine: engine, element: element), given: plain.statistics)
                    #expect(plain.difference(answer, element) == nil, "\(problem.testDescription)")
                }
            }
        }
    }

    static let emptyLayouts = [
        Layout([0, 4]), Layout([0, 4, 7]), Layout([2, 4, 0]), Layout([3, 0, 4], axis: -1),
        Layout([0, .max, .max, 4], axis: -1), Layout([.max, 4, 0, .max]),
    ]

    @Test("an empty tensor has an empty y and zero ∂γ and ∂β", arguments: Subject.all, emptyLayouts)
    func emptyTensorIsEmpty(_ subject: Subject, empty: Layout) throws {
        for form in AffineForm.all {
            var generator = SplitMix64(seed: 1)
            let (gamma, beta) = form.parameters(channels: 4, using: &generator)
            try withLayer(subject, channels: 4, groups: 2, gamma: gamma, beta: beta) { layer in
                let (y, statistics) = try layer.forward(
                    doubles: [], shape: empty.shape, channelAxis: empty.axis)
                #expect(y == [] && statistics.count == 0 && statistics.samples == 0)
                #expect(
                    try layer.inference(doubles: [], shape: empty.shape, channelAxis: empty.axis)
                        == [])
                for given in [nil, statistics] {
                    let gradients = try layer.backward(
                        doubles: [], input: [], normalizedBy: given, shape: empty.shape,
                        channelAxis: empty.axis)
                    #expect(gradients.input == [])
                    #expect(gradients.gamma == (form.gamma == .absent ? nil : zeros(gamma)))
                    #expect(gradients.beta == (form.beta == .absent ? nil : zeros(beta)))
                }
            }
        }
    }

    private func zeros(_ parameter: AffineParameter<Double>) -> [Double] {
        Array(repeating: 0, count: parameter.count)
    }

    @Test(
        "what is not finite stays in its group, with the class that the formula gives",
        arguments: Subject.all, [Double.nan, .infinity, -.infinity])
    func nonFiniteStaysInItsGroup(_ subject: Subject, value: Double) throws {
        for (layout, groups) in GroupProblem.shapes where groups > 1 {
            let problem = GroupProblem(layout: layout, groups: groups)
            var data = try GroupData(problem, subject.element)
            let place = data.x.count / 3
            let group = problem.group(of: place, data.geometry)
            let clean = try GroupAnswer(data, subject)
            data.x[place] = value
            let answer = try GroupAnswer(data, subject)
            let size = data.geometry.channels / groups
            for index in data.x.indices {
                let isInside = problem.group(of: index, data.geometry) == group
                #expect(answer.output[index].isNaN == isInside)
                #expect(answer.gradients.input?[index].isNaN == isInside)
                // The BLAS engine's calls are on other rows where the reference takes some.
                let slack = subject.engine == .blas ? 64 * subject.element.unitRoundoff : 0
                let size = slack * (1 + abs(clean.output[index]))
                if !isInside { #expect(abs(answer.output[index] - clean.output[index]) <= size) }
            }
            #expect(
                value.isNaN
                    ? answer.statistics.mean[group].isNaN : answer.statistics.mean[group] == value,
                "\(problem.testDescription)")
            #expect(answer.statistics.sumOfSquaredDeviations[group].isNaN)
            // ∂γ sums over the samples, so the group's channels have none.
            let channels = group % groups * size..<(group % groups + 1) * size
            for channel in 0..<data.geometry.channels {
                #expect(
                    answer.gradients.gamma?[channel].isNaN == channels.contains(channel),
                    "\(problem.testDescription)")
                #expect(answer.gradients.beta?[channel].isFinite == true)
            }
        }
    }

    @Test("γ of zero gives β, and ∂x of what the rest of the group brings", arguments: Subject.all)
    func zeroGammaHasGradients(_ subject: Subject) throws {
        var data = try GroupData(
            GroupProblem(layout: Layout([2, 4, 9]), groups: 2), subject.element)
        data.gamma = .perChannel([0, 2, 0, 0])
        data.beta = .perChannel([1, 2, 3, 4])
        let plain = PlainGroupNorm(data, subject.element)
        let answer = try GroupAnswer(data, subject, given: plain.statistics)
        #expect(plain.difference(answer, subject.element) == nil)
        for index in data.x.indices {
            let channel = data.problem.lane(of: index, data.geometry) % 4
            if channel != 1 { #expect(answer.output[index] == Double(channel + 1)) }
            // Through the statistics that it shares with channel 1.
            #expect((answer.gradients.input?[index] != 0) == (channel < 2))
        }
    }
}

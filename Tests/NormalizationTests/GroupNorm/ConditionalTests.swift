import Normalization
import SeededRandom
import Testing

/// Conditional batch normalization: γ and β per sample, statistics of the batch or running ones.
@Suite struct ConditionalTests {
    /// Every way of cutting a tensor, and of cutting its samples.
    static let layouts = [
        Layout([3, 4, 5]), Layout([2, 6, 3, 3]), Layout([5, 12]), Layout([3, 7, 1, 16]),
        Layout([2, 32, 7, 7]), Layout([3, 4, 4, 12], axis: -1), Layout([2, 5, 6, 3], axis: 2),
        Layout([4, 1, 6, 11], axis: 2), Layout([2, 70, 65], axis: -1), Layout([3, 2, 130, 33]),
        Layout([1, 3, 9]),
    ]
    static let large = [
        Layout([5, 24, 31, 37]), Layout([2, 3, 40_001]), Layout([900, 61]),
        Layout([6, 40, 30, 24], axis: -1),
    ]

    private func problem(_ layout: Layout, scaleOffset: Double, ratio: Double = 0) -> GroupProblem {
        GroupProblem(
            layout: layout, groups: 1, affine: .perSample(scaleOffset: scaleOffset),
            isOfBatch: true, ratio: ratio)
    }

    @Test(
        "every engine computes the definition with batch statistics", arguments: layouts + large,
        [0.0, 1])
    func everyEngineComputesTheDefinition(_ layout: Layout, scaleOffset: Double) throws {
        for element in ElementType.allCases {
            let data = try GroupData(
                problem(layout, scaleOffset: scaleOffset, ratio: scaleOffset * 100), element)
            let plain = PlainGroupNorm(data, element)
            for engine in Engine.allCases {
                let subject = Subject(engine: engine, element: element)
                let answer = try GroupAnswer(data, subject, given: plain.statistics)
                #expect(
                    plain.difference(answer, element) == nil,
                    "\(subject.testDescription), \(data.problem.testDescription)")
            }
        }
    }

    @Test(
        "results have the same bits for 1 to 8 threads", arguments: Engine.allCases,
        [Layout([5, 12, 61, 37]), Layout([1, 2, 70_003]), Layout([9, 20, 40, 12], axis: -1)])
    func threadCountChangesNoBit(_ engine: Engine, layout: Layout) throws {
        for element in ElementType.allCases {
            let subject = Subject(engine: engine, element: element)
            let data = try GroupData(problem(layout, scaleOffset: 1), element)
            let expected = try GroupAnswer(data, subject, threadLimit: 1)
            for threads in 2...8 {
                #expect(try GroupAnswer(data, subject, threadLimit: threads) == expected)
            }
        }
    }

    @Test(
        "rows of γ and β that are equal in all samples give the bits of γ and β per channel",
        arguments: Subject.all, layouts + large)
    func equalRowsAreTheLayersParameters(_ subject: Subject, layout: Layout) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let geometry = try layout.geometry
            var generator = SplitMix64(seed: 31)
            let (samples, channels) = (geometry.shape[0], geometry.channels)
            let x: [Scalar] = converted(generator.values(geometry.count, mean: 2), to: Scalar.self)
            let gamma: [Scalar] = converted(generator.values(channels), to: Scalar.self)
            let beta: [Scalar] = converted(generator.values(channels), to: Scalar.self)
            let gammas = (0..<samples).flatMap { _ in gamma }
            let betas = (0..<samples).flatMap { _ in beta }
            let running = try RunningStatistics(
                mean: generator.values(channels), variance: generator.values(channels, mean: 2))
            let bare = try BatchNorm<Scalar>(
                channels: channels, gamma: .absent, beta: .absent, runningStatistics: running,
                engine: subject.engine)
            var layer = bare
            (layer.gamma, layer.beta) = (.perChannel(gamma), .perChannel(beta))
            let (shape, axis) = (layout.shape, layout.axis)

            let expected = try layer.forward(x, shape: shape, channelAxis: axis)
            let found = try bare.forward(
                x, scaledBy: gammas, shiftedBy: betas, shape: shape, channelAxis: axis)
            #expect(found.statistics == expected.statistics)
            expectSame(found.output, expected.output, subject)
            expectSame(
                try bare.inference(
                    x, scaledBy: gammas, shiftedBy: betas, shape: shape, channelAxis: axis),
                try layer.inference(x, shape: shape, channelAxis: axis), subject)
        }
        try check(subject.element.scalar)
    }

    @Test(
        "with running statistics each sample has what a layer with its γ and β gives it alone",
        arguments: Subject.all, layouts)
    func samplesAreIndependentOfEachOther(_ subject: Subject, layout: Layout) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            var data = try GroupData(problem(layout, scaleOffset: 1), subject.element)
            let (geometry, axis) = (data.geometry, layout.axis)
            var generator = SplitMix64(seed: 32)
            let channels = geometry.channels
            // 1 + γ is exact, and x near the running mean.
            data.gammas = data.gammas.map { ($0 * 0x1p12).rounded() * 0x1p-12 }
            data.x = generator.values(geometry.count)
            var layer = try BatchNorm<Scalar>(
                channels: channels, gamma: .absent, beta: .absent,
                runningStatistics: RunningStatistics(
                    mean: generator.values(channels),
                    variance: generator.values(channels, mean: 2)), engine: subject.engine)
            let x = converted(data.x, to: Scalar.self)
            let g = converted(data.gradient, to: Scalar.self)
            let gammas = converted(data.gammas, to: Scalar.self)
            let betas = converted(data.betas, to: Scalar.self)
            let y = try layer.inference(
                x, scaledBy: gammas, shiftedBy: betas, scaleOffset: 1, shape: layout.shape,
                channelAxis: axis)
            let back = try layer.backward(
                g, input: x, scaledBy: gammas, shiftedBy: betas, scaleOffset: 1,
                normalizedBy: .running, shape: layout.shape, channelAxis: axis)
            let (dx, dGamma, dBeta) = (
                try #require(back.input), try #require(back.gamma), try #require(back.beta)
            )
            let size = geometry.count / geometry.shape[0]
            for sample in 0..<geometry.shape[0] {
                let own = sample * size..<(sample + 1) * size
                let row = sample * channels..<(sample + 1) * channels
                layer.gamma = .perChannel(gammas[row].map { 1 + $0 })
                layer.beta = .perChannel(Array(betas[row]))
                var shape = layout.shape
                shape[0] = 1
                let alone = Array(x[own])
                expectSame(
                    try layer.inference(alone, shape: shape, channelAxis: axis), Array(y[own]),
                    subject)
                let gradients = try layer.backward(
                    Array(g[own]), input: alone, normalizedBy: .running, shape: shape,
                    channelAxis: axis)
                expectSame(try #require(gradients.input), Array(dx[own]), subject)
                expectSame(
                    try #require(gradients.gamma), Array(dGamma[row]), subject, terms: size)
                expectSame(try #require(gradients.beta), Array(dBeta[row]), subject, terms: size)
            }
        }
        try check(subject.element.scalar)
    }

    @Test("a NaN in γ of one sample is in its y, and in ∂x of the channel", arguments: Subject.all)
    func notANumberStaysInItsChannel(_ subject: Subject) throws {
        var data = try GroupData(problem(Layout([3, 4, 5]), scaleOffset: 0), subject.element)
        data.gammas[1 * 4 + 2] = .nan
        let answer = try GroupAnswer(data, subject)
        for index in data.x.indices {
            let lane = data.problem.lane(of: index, data.geometry)
            #expect(answer.output[index].isNaN == (lane == 1 * 4 + 2), "\(index)")
            #expect(answer.gradients.input?[index].isNaN == (lane % 4 == 2), "\(index)")
        }
        let finite = [answer.gradients.gamma, answer.gradients.beta].allSatisfy {
            $0?.allSatisfy { $0.isFinite } ?? false
        }
        #expect(finite)
    }

    @Test(
        "one value per channel is refused with batch statistics and legal with running ones",
        arguments: Subject.all)
    func singleValueNeedsRunningStatistics(_ subject: Subject) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            var layer = try BatchNorm<Scalar>(
                channels: 2, gamma: .absent, beta: .absent, epsilon: 0.5,
                runningStatistics: RunningStatistics(mean: [1, 2], variance: [3.5, 15.5]),
                engine: subject.engine)
            // (5 − 1) / √4 · (1 + 1) + 1 and (2 − 2) / √16 · 2 + 1
            #expect(
                try layer.inference(
                    [5, 2], scaledBy: [1, 1], shiftedBy: [1, 1], scaleOffset: 1, shape: [1, 2])
                    == [5, 1])
            layer.runningStatistics = nil
            let (one, shape): ([Scalar], [Int]) = ([1, 1], [1, 2])
            #expect(throws: NormalizationError.tooFewValuesPerChannel(shape: shape)) {
                _ = try layer.inference([5, 2], scaledBy: one, shiftedBy: one, shape: shape)
            }
            #expect(throws: NormalizationError.tooFewValuesPerChannel(shape: shape)) {
                _ = try layer.forward([5, 2], scaledBy: one, shiftedBy: one, shape: shape)
            }
        }
        try check(subject.element.scalar)
    }

    @Test("an empty batch has empty outputs and gradients, and statistics of nothing")
    func emptyBatchIsEmpty() throws {
        let layer = try BatchNorm<Float>(
            channels: 3, gamma: .absent, beta: .absent, runningStatistics: nil)
        let (y, statistics) = try layer.forward(
            [], scaledBy: [], shiftedBy: [], shape: [0, 3, 4])
        #expect(y == [] && statistics.count == 0)
        let gradients = try layer.backward(
            [], input: [], scaledBy: [], shiftedBy: [], normalizedBy: .batch(statistics),
            shape: [0, 3, 4])
        #expect(gradients.input == [] && gradients.gamma == [] && gradients.beta == [])
        // No values, but samples: their parameters have gradients of zero.
        let none = try layer.backward(
            [], input: [], scaledBy: [1, 2, 3], shiftedBy: [0, 0, 0],
            normalizedBy: .batch(statistics), shape: [1, 3, 0])
        #expect(none.input == [] && none.gamma == [0, 0, 0] && none.beta == [0, 0, 0])
    }

    /// Expects the same numbers, to the bit but for the BLAS engine: its calls are on rows of a block, and
    /// blocks of samples are others. It has up to 40 roundings of numbers up to 4 in y (`ErrorBounds`,
    /// z ≤ 4), and as many for each term of a sum.
    private func expectSame<Scalar: NormalizationScalar>(
        _ found: [Scalar], _ expected: [Scalar], _ subject: Subject, terms: Int = 1,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard subject.engine == .blas else {
            return #expect(found == expected, sourceLocation: sourceLocation)
        }
        #expect(found.count == expected.count, sourceLocation: sourceLocation)
        let bound = Scalar(Double(40 * terms) * subject.element.unitRoundoff)
        #expect(
            zip(found, expected).allSatisfy { abs($0 - $1) <= bound },
            sourceLocation: sourceLocation)
    }
}

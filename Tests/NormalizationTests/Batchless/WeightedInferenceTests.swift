import Normalization
import SeededRandom
import Testing

/// Inference in which each sample's own statistics count beside the running ones.
@Suite struct WeightedInferenceTests {
    static let layouts = [
        Layout([3, 4, 5]), Layout([2, 6, 3, 3]), Layout([5, 12]), Layout([2, 32, 7, 7]),
        Layout([3, 4, 4, 12], axis: -1), Layout([2, 5, 6, 3], axis: 2), Layout([3, 2, 130, 33]),
        Layout([2, 3, 40_001]), Layout([3, 70, 65], axis: -1),
    ]

    /// y by the formulas, with the first form of the variance: E of the mixture's squares less the square of its
    /// mean.
    private func plain(_ example: RenormExample, _ weight: Double, _ element: ElementType) -> (
        y: [Double], bounds: [Double]
    ) {
        let geometry = example.geometry
        var y = example.x
        var bounds = y
        let positions = geometry.count / geometry.shape[0] / geometry.channels
        let u = 16 * element.unitRoundoff + Double(positions) * 0x1p-52
        let perSample = geometry.outer / geometry.shape[0]
        for channel in 0..<geometry.channels {
            let all = indices(ofChannel: channel, geometry)
            for sample in 0..<geometry.shape[0] {
                let size = perSample * geometry.inner
                let places = all[sample * size..<(sample + 1) * size]
                let k = Double(size)
                let own = places.reduce(0) { $0 + example.x[$1] } / k
                let square = places.reduce(0) { $0 + example.x[$1] * example.x[$1] } / k
                let (runningMean, runningVariance) = (
                    example.running.mean[channel], example.running.variance[channel]
                )
                let mean = weight * own + (1 - weight) * runningMean
                let variance =
                    weight * square + (1 - weight) * (runningVariance + runningMean * runningMean)
                    - mean * mean
                let s = 1 / (max(0, variance) + example.epsilon).squareRoot()
                // The mean is off by u of its size, and the variance by u of the squares it is made of.
                let size2 = square + runningVariance + runningMean * runningMean + mean * mean
                for i in places {
                    let z = (example.x[i] - mean) * s
                    y[i] = example.gamma[channel] * z + example.beta[channel]
                    bounds[i] =
                        u
                        * (abs(example.gamma[channel])
                            * (abs(z) * (1 + size2 * s * s) + (abs(mean) + size2.squareRoot()) * s)
                            + abs(example.beta[channel]))
                }
            }
        }
        return (y, bounds)
    }

    private func inference(
        _ example: RenormExample, _ subject: Subject, _ weight: Double, threadLimit: Int? = nil
    ) throws -> [Double] {
        func make<Scalar: NormalizationScalar>(_: Scalar.Type) throws -> [Double] {
            let y = try example.layer(Scalar.self, subject.engine, threadLimit: threadLimit)
                .inference(
                    converted(example.x, to: Scalar.self), shape: example.layout.shape,
                    channelAxis: example.layout.axis, weighingEachSample: weight)
            return converted(y, to: Double.self)
        }
        return try make(subject.element.scalar)
    }

    @Test("every engine computes the formulas", arguments: layouts, [0.1, 0.5, 1])
    func everyEngineComputesTheFormulas(_ layout: Layout, weight: Double) throws {
        let example = try RenormExample(layout)
        for subject in Subject.all {
            let expected = plain(example, weight, subject.element)
            let y = try inference(example, subject, weight)
            let wrong = y.indices.first { abs(y[$0] - expected.y[$0]) > expected.bounds[$0] }
            #expect(wrong == nil, "\(subject.testDescription)")
        }
    }

    @Test("random problems are the formulas, too", arguments: 0..<40)
    func randomProblemsAreTheFormulas(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let shape = [
            random.logarithmic(1...20), random.logarithmic(1...40), random.logarithmic(1...200),
        ]
        let example = try RenormExample(
            Layout(shape, axis: random.next() % 3 == 0 ? -1 : 1), seed: random.next())
        let weight = abs(random.unit())
        for subject in Subject.all {
            let expected = plain(example, weight, subject.element)
            let y = try inference(example, subject, weight)
            let wrong = y.indices.first { abs(y[$0] - expected.y[$0]) > expected.bounds[$0] }
            #expect(wrong == nil, "seed \(seed), \(subject.testDescription)")
        }
    }

    @Test("weight 0 has the bits of inference", arguments: Subject.all, layouts)
    func weightZeroIsInference(_ subject: Subject, layout: Layout) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let example = try RenormExample(layout)
            let layer = try example.layer(Scalar.self, subject.engine)
            let x = converted(example.x, to: Scalar.self)
            let plain = try layer.inference(x, shape: layout.shape, channelAxis: layout.axis)
            #expect(
                try layer.inference(
                    x, shape: layout.shape, channelAxis: layout.axis, weighingEachSample: 0)
                    == plain)
        }
        try check(subject.element.scalar)
    }

    @Test("weight 1 is instance normalization with the layer's γ and β", arguments: Subject.all)
    func weightOneIsInstanceNormalization(_ subject: Subject) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let example = try RenormExample(Layout([3, 4, 5]))
            let layer = try example.layer(Scalar.self, subject.engine)
            let instance = try GroupNorm<Scalar>(
                channels: 4, groups: 4, gamma: layer.gamma, beta: layer.beta,
                epsilon: layer.epsilon, engine: subject.engine)
            let x = converted(example.x, to: Scalar.self)
            let expected = try instance.inference(x, shape: [3, 4, 5])
            let y = try layer.inference(x, shape: [3, 4, 5], weighingEachSample: 1)
            // What rounding took from the mean, in Double, and the last bit.
            let bound = 8 * Scalar.ulpOfOne
            #expect(zip(y, expected).allSatisfy { abs($0 - $1) <= bound })
        }
        try check(subject.element.scalar)
    }

    @Test("a constant channel of a sample is exactly β with weight 1", arguments: Subject.all)
    func constantChannelIsBeta(_ subject: Subject) throws {
        var example = try RenormExample(Layout([2, 3, 7]))
        for i in 7..<14 { example.x[i] = 0.7 }
        let y = try inference(example, subject, 1)
        #expect(y[7..<14].allSatisfy { $0 == example.beta[1] })
    }

    @Test("a sample has the same y in any batch, within rounding", arguments: Subject.all)
    func samplesAreIndependent(_ subject: Subject) throws {
        let example = try RenormExample(Layout([3, 4, 5]))
        let whole = try inference(example, subject, 0.3)
        for sample in 0..<3 {
            var alone = try RenormExample(Layout([1, 4, 5]))
            alone.x = Array(example.x[sample * 20..<(sample + 1) * 20])
            (alone.gamma, alone.beta, alone.running) = (
                example.gamma, example.beta, example.running
            )
            let y = try inference(alone, subject, 0.3)
            let bounds = plain(alone, 0.3, subject.element).bounds
            for i in y.indices { #expect(abs(y[i] - whole[sample * 20 + i]) <= 2 * bounds[i]) }
        }
    }

    @Test("a NaN stays in its sample's channel", arguments: Subject.all)
    func notANumberStays(_ subject: Subject) throws {
        var example = try RenormExample(Layout([3, 4, 5]))
        example.x[1 * 20 + 2 * 5 + 3] = .nan
        let y = try inference(example, subject, 0.3)
        for i in y.indices { #expect(y[i].isNaN == (i / 5 == 1 * 4 + 2), "\(i)") }
    }

    @Test(
        "results have the same bits for 1 to 8 threads", arguments: Subject.all,
        [Layout([5, 12, 61, 37]), Layout([1, 2, 70_003]), Layout([9, 20, 40, 12], axis: -1)])
    func threadCountChangesNoBit(_ subject: Subject, layout: Layout) throws {
        let example = try RenormExample(layout)
        let expected = try inference(example, subject, 0.3, threadLimit: 1)
        for threads in 2...8 {
            #expect(try inference(example, subject, 0.3, threadLimit: threads) == expected)
        }
    }

    @Test(
        "spans and in place have the bits of arrays, with an activation and a residual",
        arguments: Engine.allCases)
    func formsHaveTheSameBits(_ engine: Engine) throws {
        let example = try RenormExample(Layout([3, 4, 5]))
        let layer = try example.layer(Double.self, engine)
        let expected = try layer.inference(
            example.x, adding: example.g, then: .relu, shape: [3, 4, 5], weighingEachSample: 0.3)
        var y = example.g
        var span = y.mutableSpan
        try layer.inference(
            example.x.span, adding: example.g.span, then: .relu, into: &span,
            geometry: example.geometry, weighingEachSample: 0.3)
        #expect(y == expected && expected.contains(0))
        y = example.x
        span = y.mutableSpan
        try layer.inferenceInPlace(
            &span, adding: example.g.span, then: .relu, geometry: example.geometry,
            weighingEachSample: 0.3)
        #expect(y == expected)
    }

    @Test("a weight outside 0…1 is refused", arguments: [-0.1, 1.1, .nan, .infinity])
    func weightIsRefused(_ weight: Double) throws {
        let error = #expect(throws: NormalizationError.self) {
            _ = try inference(
                RenormExample(Layout([2, 3])), Subject(engine: .fused, element: .float), weight)
        }
        #expect(
            error?.description
                == "weighingEachSample: expected a number from 0 to 1, got \(weight)")
    }

    @Test("what it cannot do without is refused, and y is not touched")
    func refusals() throws {
        let x: [Float] = [1, 2, 3, 4]
        func refuse(
            _ running: RunningStatistics?, axis: Int = 1, _ expected: NormalizationError
        ) throws {
            let layer = try BatchNorm<Float>(
                channels: 2, gamma: .absent, beta: .absent, runningStatistics: running)
            var y: [Float] = [7, 7, 7, 7]
            #expect(throws: expected) {
                var span = y.mutableSpan
                try layer.inference(
                    x.span, into: &span, geometry: Geometry([2, 2], channelAxis: axis),
                    weighingEachSample: 0.5)
            }
            #expect(y == [7, 7, 7, 7])
        }
        let running = try RunningStatistics(channels: 2)
        try refuse(nil, .noRunningStatistics)
        try refuse(
            running, axis: 0, .invalidShape([2, 2], channelAxis: 0, .noSampleAxis))
        try refuse(
            RunningStatistics(mean: [0, 0], variance: [1, -1]),
            .invalidVariance(channel: 1, variance: -1, epsilon: 1e-5))
        try refuse(
            RunningStatistics(mean: [0, .infinity], variance: [1, 1]),
            .nonFiniteMean(channel: 1, mean: .infinity))
    }

    @Test("an empty batch is empty, and single values have no variance of their own")
    func emptyAndSingle() throws {
        let layer = try BatchNorm<Double>(
            channels: 1, gamma: .absent, beta: .absent, epsilon: 0.5,
            runningStatistics: RunningStatistics(mean: [0], variance: [5]))
        #expect(try layer.inference([], shape: [0, 1, 4], weighingEachSample: 0.5) == [])
        // σ² = 0.5 · 0 + 0.5 · 5 + 0.25 · 4² = 6.5 about a mean of 2: (4 − 2)/√7.
        let y = try layer.inference([4], shape: [1, 1], weighingEachSample: 0.5)
        #expect(abs(y[0] - 2 / 7.0.squareRoot()) <= 2 * 0x1p-53)
    }
}

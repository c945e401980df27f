import Normalization
import SeededRandom
import Testing

/// The edge cases of whitening, each with what it must give.
@Suite struct WhiteningEdgeCaseTests {
    @Test(
        "a constant channel is exactly β, and mixes with no other", arguments: Subject.whitening,
        WhiteningMethod.tested)
    func constantChannelIsBeta(_ subject: Subject, method: WhiteningMethod) throws {
        for constant in [0, 0.1, -3.7, 1e7, 1e-30, 3e38] {
            for layout in [Layout([4, 6, 41]), Layout([4, 41, 6], axis: -1)] {
                let geometry = try layout.geometry
                var generator = SplitMix64(seed: 2)
                var x = try correlated(layout, using: &generator)
                for index in indices(ofChannel: 1, geometry) { x[index] = constant }
                let betas = generator.values(6)
                let layer = try WhiteningParts(
                    channels: 6, groupSize: 3, method: method, gamma: .shared(3),
                    beta: .perChannel(betas)
                ).layer(subject)
                let (y, statistics) = try layer.forward(doubles: x, layout)
                #expect(indices(ofChannel: 1, geometry).allSatisfy { y[$0] == betas[1] })
                #expect(y.allSatisfy { $0.isFinite })
                for other in 0..<3 {
                    #expect(statistics.covariance()[3 + other] == 0)
                    #expect(statistics.covariance()[3 * other + 1] == 0)
                }
                // The others are as in a group without it.
                if constant == 0.1 {
                    for index in indices(ofChannel: 1, geometry) { x[index] = -5 }
                    #expect(try layer.forward(doubles: x, layout).output == y)
                }
            }
        }
    }

    @Test("a batch of constant channels is β", arguments: Subject.whitening, WhiteningMethod.tested)
    func constantBatchIsBeta(_ subject: Subject, method: WhiteningMethod) throws {
        let layer = try WhiteningParts(
            channels: 4, groupSize: 2, method: method, beta: .perChannel([1, 2, 3, 4])
        ).layer(subject)
        let layout = Layout([3, 4])
        let x = [0.1, 0.2, 0.3, 0.4, 0.1, 0.2, 0.3, 0.4, 0.1, 0.2, 0.3, 0.4]
        let (y, statistics) = try layer.forward(doubles: x, layout)
        #expect(y == [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])
        let gradients = try layer.backward(
            doubles: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], input: x,
            normalizedBy: .batch(statistics), layout)
        let dx = try #require(gradients.input)
        #expect(dx.allSatisfy { $0.isFinite })
    }

    @Test(
        "NaN and infinities stay in their group, in y and in ∂x", arguments: Subject.whitening,
        [Double.nan, .infinity, -.infinity])
    func nonFiniteStaysInItsGroup(_ subject: Subject, value: Double) throws {
        for method in WhiteningMethod.tested {
            for layout in [Layout([5, 6, 7]), Layout([5, 7, 6], axis: -1)] {
                let geometry = try layout.geometry
                var generator = SplitMix64(seed: 6)
                let clean = try correlated(layout, using: &generator)
                let g = generator.values(clean.count)
                var x = clean
                x[indices(ofChannel: 2, geometry)[11]] = value
                let layer = try WhiteningParts(channels: 6, groupSize: 3, method: method)
                    .layer(subject)
                let whole = try layer.forward(doubles: clean, layout)
                let (y, statistics) = try layer.forward(doubles: x, layout)
                let expected = try layer.backward(
                    doubles: g, input: clean, normalizedBy: .batch(whole.statistics), layout)
                let found = try layer.backward(
                    doubles: g, input: x, normalizedBy: .batch(statistics), layout)
                for channel in 0..<6 {
                    for index in indices(ofChannel: channel, geometry) {
                        if channel < 3 {
                            #expect(y[index].isNaN && found.input![index].isNaN)
                        } else {
                            #expect(y[index] == whole.output[index])
                            #expect(found.input![index] == expected.input![index])
                        }
                    }
                }
                // A gradient that is not finite stays in its group, too.
                var broken = g
                broken[indices(ofChannel: 2, geometry)[3]] = value
                let ofBroken = try layer.backward(
                    doubles: broken, input: clean, normalizedBy: .batch(whole.statistics), layout)
                for index in indices(ofChannel: 4, geometry) {
                    #expect(ofBroken.input![index] == expected.input![index])
                }
                #expect(indices(ofChannel: 0, geometry).allSatisfy { ofBroken.input![$0].isNaN })
            }
        }
    }

    @Test("a mean of 10⁶ deviations costs no accuracy", arguments: [Engine.reference, .blas])
    func largeMeanCostsNoAccuracy(_ engine: Engine) throws {
        let layout = Layout([8, 4, 60])
        var generator = SplitMix64(seed: 7)
        let x = try correlated(layout, mean: 0, using: &generator)
        // A sum that is exact.
        let moved = x.map { $0 + 1_048_576 }
        #expect(zip(moved, x).allSatisfy { $0 - 1_048_576 == $1 })
        for method in WhiteningMethod.tested {
            let layer: WhiteningNorm<Double> = try WhiteningParts(
                channels: 4, groupSize: 4, method: method
            ).layer(engine)
            let (a, b) = (
                try layer.forward(doubles: x, layout).output,
                try layer.forward(doubles: moved, layout).output
            )
            for (p, q) in zip(a, b) { #expect(abs(p - q) <= 1e-12) }
        }
    }

    @Test("fewer values than channels have a W, thanks to ε", arguments: Subject.whitening)
    func fewValuesAreWhitened(_ subject: Subject) throws {
        for method in WhiteningMethod.tested {
            let layout = Layout([3, 8])
            var generator = SplitMix64(seed: 1)
            let x = try correlated(layout, using: &generator)
            let layer = try WhiteningParts(channels: 8, groupSize: 8, method: method).layer(subject)
            let (y, statistics) = try layer.forward(doubles: x, layout)
            let gradients = try layer.backward(
                doubles: x, input: x, normalizedBy: .batch(statistics), layout)
            #expect(y.allSatisfy { $0.isFinite } && gradients.input!.allSatisfy(\.isFinite))
        }
    }

    @Test("an empty batch is empty, changes nothing, and has zero gradients")
    func emptyBatchIsEmpty() throws {
        for layout in [Layout([0, 4, 3]), Layout([2, 4, 0])] {
            for subject in Subject.whitening {
                let layer = try WhiteningParts(
                    channels: 4, groupSize: 2, gamma: .shared(1), beta: .perChannel([0, 0, 0, 0]),
                    running: RunningWhitening(channels: 4, groupSize: 2)
                ).layer(subject)
                let (y, statistics) = try layer.forward(doubles: [], layout)
                #expect(y.isEmpty && statistics.count == 0)
                #expect(try layer.inference(doubles: [], layout).isEmpty)
                for normalizing in [NormalizingWhitening.batch(statistics), .running] {
                    let gradients = try layer.backward(
                        doubles: [], input: [], normalizedBy: normalizing, layout)
                    #expect(gradients.gamma == [0] && gradients.beta == [0, 0, 0, 0])
                }
                var committed = try WhiteningNorm<Float>(channels: 4, groupSize: 2)
                let before = committed.runningStatistics
                try committed.commit(statistics)
                #expect(committed.runningStatistics == before)
            }
        }
    }

    @Test("features so large that ε is lost break cholesky with the group's number, and not zca")
    func hugeFeaturesAreReported() throws {
        let layout = Layout([4, 4])
        // Channels 2 and 3 are one: their covariance, 12.25 · 10¹⁸ four times, has rank one, and ε is nothing beside it.
        let x = (0..<4).flatMap { (row: Int) -> [Double] in
            let large = Double(row * row + 2) * 1e9
            return [Double(row), Double(row * row), large, large]
        }
        for engine in [Engine.reference, .blas] {
            let cholesky: WhiteningNorm<Double> = try WhiteningParts(
                channels: 4, groupSize: 2, method: .cholesky, epsilon: 1e-5
            ).layer(engine)
            #expect(throws: NormalizationError.notConverged(group: 1)) {
                _ = try cholesky.forward(x, shape: layout.shape)
            }
            var output = [Double](repeating: 9, count: 16)
            var span = output.mutableSpan
            #expect(throws: NormalizationError.notConverged(group: 1)) {
                _ = try cholesky.forward(x.span, into: &span, geometry: layout.geometry)
            }
            #expect(output.allSatisfy { $0 == 9 })
            for method in [WhiteningMethod.zca, .newton(iterations: 5)] {
                let layer: WhiteningNorm<Double> = try WhiteningParts(
                    channels: 4, groupSize: 2, method: method, epsilon: 1e-5
                ).layer(engine)
                #expect(try layer.forward(x, shape: layout.shape).output.allSatisfy { $0.isFinite })
            }
        }
    }

    @Test("Newton's iteration amplifies no direction by more than 1.5 each time")
    func newtonAmplifiesWithinItsBound() throws {
        for engine in [Engine.reference, .blas] {
            let layer = try WhiteningNorm<Double>(
                channels: 2, groupSize: 2, method: .newton(iterations: 5), gamma: .absent,
                beta: .absent,
                runningStatistics: RunningWhitening(
                    mean: [0, 0], covariance: [1e4, 0, 0, 1e-8], groupSize: 2), engine: engine)
            let matrices = try layer.prepared().matrices
            #expect(matrices[1] == 0 && matrices[2] == 0)
            #expect(abs(matrices[0] - 0.01) <= 1e-8)
            #expect(abs(matrices[3] - 7.59375 / 100) <= 1e-6)
        }
    }
}

import Normalization
import SeededRandom
import Testing

/// NaN and infinity stay in their channel, and the running statistics are what the policy says.
@Suite struct NonFiniteTests {
    static let nonFinite = [Double.nan, .infinity, -.infinity]
    /// Short and long planes, single values, channels first and last, one block and several.
    static let layouts: [Layout] = [
        Layout([6, 3]), Layout([40, 3]), Layout([3, 3, 2]), Layout([2, 3, 5, 7]),
        Layout([2, 3, 1500]), Layout([4, 5, 3], axis: -1), Layout([30, 20, 3], axis: -1),
    ]

    @Test(
        "training makes the channel of a NaN or an infinity NaN, and leaves the others' bits",
        arguments: Subject.all, layouts)
    func trainingKeepsItInItsChannel(_ subject: Subject, layout: Layout) throws {
        let geometry = try layout.geometry
        let layer = try makeLayer(subject)
        let clean = values(geometry)
        let expected = try layer.forward(
            doubles: clean, shape: layout.shape, channelAxis: layout.axis)
        let channel = indices(ofChannel: 1, geometry)
        for value in Self.nonFinite {
            for index in [channel[0], channel[channel.count / 2], channel[channel.count - 1]] {
                var x = clean
                x[index] = value
                let (y, statistics) = try layer.forward(
                    doubles: x, shape: layout.shape, channelAxis: layout.axis)
                #expect(channel.allSatisfy { y[$0].isNaN }, "\(value) at \(index)")
                #expect(areSame(y, expected.output, butAt: channel), "\(value) at \(index)")
                for other in [0, 2] {
                    #expect(statistics.mean[other] == expected.statistics.mean[other])
                    #expect(
                        statistics.sumOfSquaredDeviations[other]
                            == expected.statistics.sumOfSquaredDeviations[other])
                }
                #expect(!statistics.sumOfSquaredDeviations[1].isFinite)
            }
        }
    }

    @Test(
        "inference keeps NaN and infinity in their place, whatever γ is",
        arguments: Subject.all, layouts)
    func inferenceKeepsItInItsPlace(_ subject: Subject, layout: Layout) throws {
        let geometry = try layout.geometry
        for gamma in [2.0, -1, 0] {
            var layer = try makeLayer(subject)
            layer.gammaInDouble = .shared(gamma)
            layer.betaInDouble = .shared(3)
            let clean = values(geometry)
            let expected = try layer.inference(
                doubles: clean, shape: layout.shape, channelAxis: layout.axis)
            let index = indices(ofChannel: 1, geometry)[geometry.valuesPerChannel / 2]
            for value in Self.nonFinite {
                var x = clean
                x[index] = value
                let y = try layer.inference(
                    doubles: x, shape: layout.shape, channelAxis: layout.axis)
                // (x − μ) · s · γ + β in IEEE arithmetic: ±∞ keeps or turns its sign, ∞ · 0 is NaN.
                #expect(sameBits([y[index]], [value * gamma]), "γ \(gamma), x \(value)")
                #expect(areSame(y, expected, butAt: [index]), "γ \(gamma), x \(value)")
            }
        }
    }

    @Test(
        "a NaN gradient stays in its channel of ∂x, ∂γ and ∂β",
        arguments: Subject.all, layouts)
    func backwardKeepsItInItsChannel(_ subject: Subject, layout: Layout) throws {
        let geometry = try layout.geometry
        let layer = try makeLayer(subject)
        let x = values(geometry)
        let statistics = try subject.statistics(x, geometry)
        let channel = indices(ofChannel: 1, geometry)
        for normalizing in [NormalizingStatistics.batch(statistics), .running] {
            func backward(_ g: [Double]) throws -> GradientsInDouble {
                try layer.backward(
                    doubles: g, input: x, normalizedBy: normalizing, shape: layout.shape,
                    channelAxis: layout.axis, wanting: .all)
            }
            var g = x
            let expected = try backward(g)
            g[channel[0]] = .nan
            let actual = try backward(g)
            let dx = try #require(actual.input)
            #expect(dx[channel[0]].isNaN)
            #expect(areSame(dx, try #require(expected.input), butAt: channel))
            for (one, other) in [
                (actual.gamma, expected.gamma), (actual.beta, expected.beta),
            ] {
                let (sums, clean) = (try #require(one), try #require(other))
                #expect(sums[1].isNaN)
                #expect(sums[0] == clean[0] && sums[2] == clean[2])
            }
        }
    }

    @Test(
        "by default committing throws, names the first channel and changes nothing",
        arguments: Subject.all, nonFinite)
    func committingThrowsByDefault(_ subject: Subject, value: Double) throws {
        var x = values(try Geometry([4, 3]))
        (x[2], x[7]) = (value, value)
        expectRefusal(
            "x: expected finite batch statistics, got a NaN or an infinity in channel 1",
            of: try makeLayer(subject)
        ) {
            _ = try $0.forwardAndCommit(doubles: x, shape: [4, 3], channelAxis: 1)
        }
    }

    @Test(
        "skip leaves the channel's running statistics and updates the others'",
        arguments: Subject.all, nonFinite)
    func skipLeavesTheChannel(_ subject: Subject, value: Double) throws {
        var expected = try makeLayer(subject)
        let clean = values(try Geometry([4, 3]))
        _ = try expected.forwardAndCommit(doubles: clean, shape: [4, 3], channelAxis: 1)

        var layer = try makeLayer(subject)
        layer.runningStatistics?.nonFinite = .skip
        let before = try #require(layer.runningStatistics)
        var x = clean
        x[7] = value
        _ = try layer.forwardAndCommit(doubles: x, shape: [4, 3], channelAxis: 1)
        let after = try #require(layer.runningStatistics)
        let other = try #require(expected.runningStatistics)
        #expect(after.mean == [other.mean[0], before.mean[1], other.mean[2]])
        #expect(after.variance == [other.variance[0], before.variance[1], other.variance[2]])
        #expect(after.updateCount == before.updateCount + 1)
    }

    @Test(
        "propagate lets NaN into the channel's running statistics, and into no other's",
        arguments: Subject.all, nonFinite)
    func propagateLetsItIn(_ subject: Subject, value: Double) throws {
        var layer = try makeLayer(subject)
        layer.runningStatistics?.nonFinite = .propagate
        var x = values(try Geometry([4, 3]))
        x[7] = value
        _ = try layer.forwardAndCommit(doubles: x, shape: [4, 3], channelAxis: 1)
        let after = try #require(layer.runningStatistics)
        #expect(!after.mean[1].isFinite && after.variance[1].isNaN)
        #expect([0, 2].allSatisfy { after.mean[$0].isFinite && after.variance[$0].isFinite })
        // From then on inference refuses the channel.
        let error = #expect(throws: NormalizationError.self) {
            _ = try layer.inference(doubles: x, shape: [4, 3], channelAxis: 1)
        }
        #expect(
            error?.description
                == "running variance: expected variance + epsilon above zero in every channel, "
                + "got \(after.variance[1]) + 1e-05 in channel 1")
    }

    @Test("forward alone takes what is not finite, and commits nothing", arguments: Subject.all)
    func forwardAloneTakesIt(_ subject: Subject) throws {
        var layer = try makeLayer(subject)
        let before = layer.parts
        let x = [Double.nan, 1, 2, 3, .infinity, 2, 1, 5, 7]
        let statistics = try layer.forward(doubles: x, shape: [3, 3], channelAxis: 1).statistics
        #expect(layer.parts == before)
        #expect(throws: NormalizationError.nonFiniteStatistics(channel: 0)) {
            try layer.commit(statistics)
        }
        #expect(layer.parts == before)
    }

    // MARK: Helpers

    private func makeLayer(_ subject: Subject) throws -> any TestedLayer {
        try subject.layer(
            channels: 3, gamma: .perChannel([1, -2, 0.5]), beta: .perChannel([0, 3, -1]),
            running: RunningStatistics(mean: [1, 2, 3], variance: [4, 5, 6], updateCount: 7))
    }

    private func values(_ geometry: Geometry) -> [Double] {
        var generator = SplitMix64(seed: 3)
        return generator.values(geometry.count, mean: 0.25)
    }

    private func areSame(_ a: [Double], _ b: [Double], butAt exceptions: [Int]) -> Bool {
        var (a, b) = (a, b)
        for index in exceptions { (a[index], b[index]) = (0, 0) }
        return sameBits(a, b)
    }
}

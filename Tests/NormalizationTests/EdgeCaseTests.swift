import Normalization
import SeededRandom
import Testing

/// The edge cases of training, of inference and of layers without running statistics; those of
/// arguments are in RefusalTests, of NaN and infinity in NonFiniteTests, of memory in BufferTests.
@Suite struct EdgeCaseTests {
    // MARK: m = 1

    @Test(
        "one value per channel is refused in training, with the shape",
        arguments: Subject.all, [[1, 3], [1, 3, 1], [1, 3, 1, 1], [1, 3, 1, 1, 1]])
    func singleValueIsRefusedInTraining(_ subject: Subject, shape: [Int]) throws {
        let message = "expected more than one value per channel when training, got shape \(shape)"
        let layer = try subject.layer(channels: 3, running: RunningStatistics(channels: 3))
        let x = [1.0, 2, 3]
        let statistics = try subject.statistics(x, Geometry(shape))
        expectRefusal(message, of: layer) {
            _ = try $0.forward(doubles: x, shape: shape, channelAxis: 1)
        }
        expectRefusal(message, of: layer) {
            _ = try $0.forwardAndCommit(doubles: x, shape: shape, channelAxis: 1)
        }
        expectRefusal(message, of: layer) {
            _ = try $0.backward(
                doubles: x, input: x, normalizedBy: .batch(statistics), shape: shape,
                channelAxis: 1, wanting: .all)
        }
        let withoutRunning = try subject.layer(channels: 3)
        expectRefusal(message, of: withoutRunning) {
            _ = try $0.inference(doubles: x, shape: shape, channelAxis: 1)
        }
    }

    @Test(
        "one value per channel has statistics, which merge but are not committed",
        arguments: Subject.all)
    func singleValueHasStatistics(_ subject: Subject) throws {
        let geometry = try Geometry([1, 2])
        let one = try subject.statistics([3, -1], geometry)
        #expect(one.count == 1 && one.mean == [3, -1] && one.sumOfSquaredDeviations == [0, 0])
        let two = try one.merging(subject.statistics([5, -1], geometry))
        #expect(two.count == 2 && two.mean == [4, -1] && two.sumOfSquaredDeviations == [2, 0])
        let layer = try subject.layer(channels: 2, running: RunningStatistics(channels: 2))
        expectRefusal(
            "expected batch statistics of more than one value per channel, got 1", of: layer
        ) {
            try $0.commit(one)
        }
    }

    @Test(
        "one value per channel is normalized with running statistics, and has gradients",
        arguments: Subject.all)
    func singleValueIsNormalizedInInference(_ subject: Subject) throws {
        let layer = try subject.layer(
            channels: 2, gamma: .shared(2), beta: .shared(1), epsilon: 0.5,
            running: RunningStatistics(mean: [1, 2], variance: [3.5, 15.5]))
        // (5 − 1) / √4 · 2 + 1 and (2 − 2) / √16 · 2 + 1
        let y = try layer.inference(doubles: [5, 2], shape: [1, 2], channelAxis: 1)
        #expect(y == [5, 1])
        let gradients = try layer.backward(
            doubles: [1, -2], input: [5, 2], normalizedBy: .running, shape: [1, 2],
            channelAxis: 1, wanting: .all)
        #expect(gradients == GradientsInDouble(input: [1, -1], gamma: [2], beta: [-1]))
    }

    // MARK: Empty batches

    static let emptyLayouts = [
        Layout([0, 3]), Layout([2, 3, 0]), Layout([0, 3, 4, 4]), Layout([2, 3, 0, 5]),
        Layout([0, 2, 0, 3], axis: -1), Layout([2, 0, 4, 3], axis: -1),
        Layout([0, 3, .max, .max]), Layout([.max, 3, 0, .max]),
    ]

    @Test(
        "an empty batch gives an empty y and leaves the running statistics alone",
        arguments: Subject.all, emptyLayouts)
    func emptyBatchChangesNothing(_ subject: Subject, empty: Layout) throws {
        var layer = try subject.layer(
            channels: 3, gamma: .perChannel([1, 2, 3]), beta: .shared(1),
            running: RunningStatistics(mean: [1, 2, 3], variance: [4, 5, 6], updateCount: 7))
        let before = layer.parts
        let (y, statistics) = try layer.forwardAndCommit(
            doubles: [], shape: empty.shape, channelAxis: empty.axis)
        #expect(y == [] && statistics.count == 0 && statistics.channels == 3)
        #expect(layer.parts == before)
        #expect(try layer.inference(doubles: [], shape: empty.shape, channelAxis: empty.axis) == [])
        #expect(layer.parts == before)
    }

    @Test(
        "an empty batch has an empty ∂x and zero ∂γ and ∂β, in their shapes",
        arguments: Subject.all, emptyLayouts)
    func emptyBatchHasZeroGradients(_ subject: Subject, empty: Layout) throws {
        for form in AffineForm.all {
            var generator = SplitMix64(seed: 1)
            let (gamma, beta) = form.parameters(channels: 3, using: &generator)
            let layer = try subject.layer(
                channels: 3, gamma: gamma, beta: beta, running: RunningStatistics(channels: 3))
            let (_, statistics) = try layer.forward(
                doubles: [], shape: empty.shape, channelAxis: empty.axis)
            for normalizing in [NormalizingStatistics.batch(statistics), .running] {
                let gradients = try layer.backward(
                    doubles: [], input: [], normalizedBy: normalizing, shape: empty.shape,
                    channelAxis: empty.axis, wanting: .all)
                #expect(gradients.input == [])
                #expect(gradients.gamma == gamma.zeros, "\(form.testDescription)")
                #expect(gradients.beta == beta.zeros, "\(form.testDescription)")
            }
        }
    }

    @Test("an empty batch merges as nothing", arguments: Subject.all)
    func emptyBatchMergesAsNothing(_ subject: Subject) throws {
        let empty = try subject.statistics([], Geometry([0, 2]))
        let some = try subject.statistics([1, 2, 3, 5], Geometry([2, 2]))
        #expect(try empty.merging(some) == some)
        #expect(try some.merging(empty) == some)
        #expect(try empty.merging(empty) == empty)
    }

    // MARK: Layers without running statistics

    @Test(
        "a layer without running statistics normalizes with the batch's in inference",
        arguments: Subject.all)
    func inferenceWithoutRunningStatisticsUsesTheBatch(_ subject: Subject) throws {
        var generator = SplitMix64(seed: 2)
        let x = generator.values(24, mean: 3)
        let layer = try subject.layer(channels: 3, gamma: .shared(2), beta: .shared(-1))
        let training = try layer.forward(doubles: x, shape: [2, 3, 4], channelAxis: 1).output
        #expect(try layer.inference(doubles: x, shape: [2, 3, 4], channelAxis: 1) == training)
    }

    @Test(
        "a layer without running statistics commits nothing, and has no backward through them",
        arguments: Subject.all)
    func commitWithoutRunningStatisticsIsNothing(_ subject: Subject) throws {
        var layer = try subject.layer(channels: 2)
        let before = layer.parts
        let x = [1.0, 2, 3, 5]
        _ = try layer.forwardAndCommit(doubles: x, shape: [2, 2], channelAxis: 1)
        #expect(layer.parts == before)
        expectRefusal(
            "running statistics: the call needs them, and the layer has none", of: layer
        ) {
            _ = try $0.backward(
                doubles: x, input: x, normalizedBy: .running, shape: [2, 2], channelAxis: 1,
                wanting: .all)
        }
    }

    // MARK: ε and the running variance

    @Test(
        "ε that is not finite is refused everywhere, ε not above zero in training",
        arguments: Subject.all, [0, -1e-5, .nan, .infinity, -.infinity] as [Double])
    func epsilonOutOfRangeIsRefused(_ subject: Subject, epsilon: Double) throws {
        let message = "epsilon: expected a finite number above zero, got \(epsilon)"
        let x = [1.0, 2, 3, 5]
        let sound = try subject.layer(channels: 2, running: RunningStatistics(channels: 2))
        let statistics = try sound.forward(doubles: x, shape: [2, 2], channelAxis: 1).statistics
        func expectRefusal(_ call: @escaping (inout any TestedLayer) throws -> Void) {
            NormalizationTests.expectRefusal(message, of: sound) { layer in
                layer.epsilon = epsilon
                defer { layer.epsilon = sound.epsilon }
                try call(&layer)
            }
        }
        expectRefusal { _ = try $0.forward(doubles: x, shape: [2, 2], channelAxis: 1) }
        expectRefusal { _ = try $0.forwardAndCommit(doubles: x, shape: [2, 2], channelAxis: 1) }
        expectRefusal {
            _ = try $0.backward(
                doubles: x, input: x, normalizedBy: .batch(statistics), shape: [2, 2],
                channelAxis: 1, wanting: .all)
        }
        guard !epsilon.isFinite else { return }
        expectRefusal { _ = try $0.inference(doubles: x, shape: [2, 2], channelAxis: 1) }
        expectRefusal { _ in _ = try subject.layer(channels: 2, epsilon: epsilon) }
    }

    @Test(
        "inference takes any finite ε that leaves the running variance a root",
        arguments: Subject.all)
    func inferenceTakesEpsilonBelowZero(_ subject: Subject) throws {
        var layer = try subject.layer(
            channels: 1, running: RunningStatistics(mean: [1], variance: [4]))
        layer.epsilon = 0
        #expect(try layer.inference(doubles: [5], shape: [1, 1], channelAxis: 1) == [2])
        layer.epsilon = -3
        #expect(try layer.inference(doubles: [5], shape: [1, 1], channelAxis: 1) == [4])
    }

    @Test(
        "inference names the first channel whose running variance + ε has no root",
        arguments: Subject.all, [-1, -0.5, .nan, -.infinity] as [Double])
    func runningVarianceWithoutRootIsRefused(_ subject: Subject, variance: Double) throws {
        let layer = try subject.layer(
            channels: 4, epsilon: 0.5,
            running: RunningStatistics(
                mean: [0, 0, 0, 0], variance: [1, 0, variance, variance]))
        let message =
            "running variance: expected variance + epsilon above zero in every channel, "
            + "got \(variance) + 0.5 in channel 2"
        let x = [1.0, 2, 3, 4]
        var thrown: [String] = []
        for call in [
            { _ = try layer.inference(doubles: x, shape: [1, 4], channelAxis: 1) },
            {
                _ = try layer.backward(
                    doubles: x, input: x, normalizedBy: .running, shape: [1, 4], channelAxis: 1,
                    wanting: .all)
            },
        ] as [() throws -> Void] {
            do { try call() } catch { thrown.append("\(error)") }
        }
        #expect(thrown == [message, message])
        let after = try #require(layer.runningStatistics)
        #expect(
            after.mean == [0, 0, 0, 0] && sameBits(after.variance, [1, 0, variance, variance]))
    }
}

extension AffineParameter<Double> {
    /// The gradient of this parameter where there is nothing to sum.
    fileprivate var zeros: [Double]? {
        switch self {
        case .absent: nil
        case .shared: [0]
        case .perChannel(let values): values.map { _ in 0 }
        }
    }
}

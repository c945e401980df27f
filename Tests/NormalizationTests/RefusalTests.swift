import Normalization
import Testing

/// Arguments that do not fit, each refused with the name of the argument, what was expected and
/// what came, and with the layer as it was.
@Suite struct RefusalTests {
    static let x = [Double](repeating: 1, count: 24)

    struct BadShape: CustomTestStringConvertible, Sendable {
        var shape: [Int]
        var axis: Int
        var defect: String

        init(_ shape: [Int], _ axis: Int, _ defect: String) {
            self.shape = shape
            self.axis = axis
            self.defect = defect
        }

        var testDescription: String { "\(shape) axis \(axis)" }
    }

    static let badShapes = [
        BadShape([], 1, "expected at least two dimensions"),
        BadShape([24], 1, "expected at least two dimensions"),
        BadShape([2, 3, 4], 3, "the axis is outside the shape"),
        BadShape([2, 3, 4], -4, "the axis is outside the shape"),
        BadShape([2, 3, 4], .min, "the axis is outside the shape"),
        BadShape([2, 3, 4], .max, "the axis is outside the shape"),
        BadShape([2, 3, -4], 1, "expected no negative dimension"),
        BadShape([.min, 3, 4], 1, "expected no negative dimension"),
        BadShape([2, 0, 4], 1, "expected at least one channel"),
        BadShape([0, 0], 1, "expected at least one channel"),
        BadShape([2, 3, .max], 1, "the number of elements overflows Int"),
        BadShape([1 << 32, 1 << 31], 1, "the number of elements overflows Int"),
        BadShape([0, 1 << 61], 1, "expected at most 67108864 channels"),
        BadShape([0, 1 << 40], 1, "expected at most 67108864 channels"),
        BadShape([0, 1_500_000_000], 1, "expected at most 67108864 channels"),
        BadShape([1 << 31, 1 << 32, 0], 1, "expected at most 67108864 channels"),
        BadShape([0, 5, .max], -1, "expected at most 67108864 channels"),
        BadShape([1, Geometry.mostChannels + 1], 1, "expected at most 67108864 channels"),
    ]

    @Test(
        "a shape that cannot be read is refused, with the shape and its defect",
        arguments: badShapes)
    func badShapeIsRefused(_ bad: BadShape) {
        let error = #expect(throws: NormalizationError.self) {
            _ = try Geometry(bad.shape, channelAxis: bad.axis)
        }
        #expect(
            error?.description
                == "shape \(bad.shape) with channel axis \(bad.axis): \(bad.defect)")
    }

    @Test(
        "every call on arrays refuses a shape that cannot be read",
        arguments: Subject.all, badShapes)
    func everyCallRefusesABadShape(_ subject: Subject, bad: BadShape) throws {
        try expectRefusals(
            "shape \(bad.shape) with channel axis \(bad.axis): \(bad.defect)",
            of: sound(subject), shape: bad.shape, axis: bad.axis)
    }

    @Test(
        "a tensor of another number of channels is refused, with both numbers",
        arguments: Subject.all)
    func anotherNumberOfChannelsIsRefused(_ subject: Subject) throws {
        try expectRefusals(
            "shape [2, 4, 3] has 4 channels at axis 1, expected 3", of: sound(subject),
            shape: [2, 4, 3], axis: 1)
        try expectRefusals(
            "shape [3, 2, 4] has 4 channels at axis 2, expected 3", of: sound(subject),
            shape: [3, 2, 4], axis: -1)
    }

    @Test(
        "an input of the wrong length is refused, with both lengths",
        arguments: Subject.all, [0, 23, 25])
    func wrongInputLengthIsRefused(_ subject: Subject, length: Int) throws {
        let x = [Double](repeating: 1, count: length)
        let layer = try sound(subject)
        let statistics = try layer.forward(
            doubles: Self.x, shape: [2, 3, 4], channelAxis: 1
        ).statistics
        try expectRefusals(
            "x: expected 24 elements, got \(length)", of: layer, x: x, shape: [2, 3, 4], axis: 1)
        for wanted in [GradientSelection.all, .parameters] {
            expectRefusal("dy: expected 24 elements, got \(length)", of: layer) {
                _ = try $0.backward(
                    doubles: x, input: Self.x, normalizedBy: .batch(statistics),
                    shape: [2, 3, 4], channelAxis: 1, wanting: wanted)
            }
        }
    }

    @Test(
        "γ and β of the wrong length are refused when the layer is made, and when it is used",
        arguments: Subject.all, [0, 2, 4])
    func wrongParameterLengthIsRefused(_ subject: Subject, length: Int) throws {
        let bad = AffineParameter<Double>.perChannel(Array(repeating: 1, count: length))
        let layer = try sound(subject)
        let parameter = AffineParameter<Double>.shared(1)
        for name in ["gamma", "beta"] {
            let message = "\(name): expected 3 elements, got \(length)"
            expectRefusal(message, of: layer) { _ in
                _ = try subject.layer(
                    channels: 3, gamma: name == "gamma" ? bad : parameter,
                    beta: name == "beta" ? bad : parameter)
            }
            var broken = layer
            if name == "gamma" { broken.gammaInDouble = bad } else { broken.betaInDouble = bad }
            try expectRefusals(message, of: broken, shape: [2, 3, 4], axis: 1)
        }
    }

    @Test(
        "running statistics of the wrong length are refused, with both lengths",
        arguments: Subject.all, [1, 2, 4])
    func wrongRunningLengthIsRefused(_ subject: Subject, length: Int) throws {
        let values = [Double](repeating: 1, count: length)
        let error = #expect(throws: NormalizationError.self) {
            _ = try RunningStatistics(mean: [0, 0, 0], variance: values)
        }
        // One variance too few or too many; as many as means is as it should be.
        #expect(error?.description == "running variance: expected 3 elements, got \(length)")

        let other = try RunningStatistics(mean: values, variance: values)
        let message = "running mean: expected 3 elements, got \(length)"
        let layer = try sound(subject)
        expectRefusal(message, of: layer) { _ in
            _ = try subject.layer(channels: 3, running: other)
        }
        var broken = layer
        broken.runningStatistics = other
        try expectRefusals(message, of: broken, shape: [2, 3, 4], axis: 1)
    }

    @Test(
        "batch statistics that do not fit are refused, with both numbers",
        arguments: Subject.all)
    func wrongBatchStatisticsAreRefused(_ subject: Subject) throws {
        let layer = try sound(subject)
        func backward(_ layer: any TestedLayer, _ statistics: BatchStatistics) throws {
            _ = try layer.backward(
                doubles: Self.x, input: Self.x, normalizedBy: .batch(statistics),
                shape: [2, 3, 4], channelAxis: 1, wanting: .all)
        }
        let four = try BatchStatistics(
            count: 8, mean: [0, 0, 0, 0], sumOfSquaredDeviations: [1, 1, 1, 1])
        let seven = try BatchStatistics(
            count: 7, mean: [0, 0, 0], sumOfSquaredDeviations: [1, 1, 1])
        let channels = "batch statistics: expected 3 channels, got 4"
        expectRefusal(channels, of: layer) { try backward($0, four) }
        expectRefusal(channels, of: layer) { try $0.commit(four) }
        expectRefusal(channels, of: layer) { _ in _ = try seven.merging(four) }
        expectRefusal("batch statistics: expected 8 values per channel, got 7", of: layer) {
            try backward($0, seven)
        }
        expectRefusal(
            "batch sum of squared deviations: expected 2 elements, got 1", of: layer
        ) { _ in
            _ = try BatchStatistics(count: 2, mean: [0, 0], sumOfSquaredDeviations: [1])
        }
    }

    @Test(
        "a weight outside 0…1 or NaN is refused, with the weight",
        arguments: [-0.001, 1.001, .nan, .infinity, -.infinity])
    func weightOutsideItsRangeIsRefused(_ value: Double) throws {
        for weight in [UpdateWeight.newWeight(value), .decay(value)] {
            let message = "update weight: expected a number from 0 to 1, got \(weight)"
            let preset = Preset(epsilon: 1e-5, weight: weight, estimator: .biased)
            for make in [
                { _ = try RunningStatistics(channels: 2, weight: weight) },
                { _ = try RunningStatistics(mean: [0], variance: [1], weight: weight) },
                { _ = try BatchNorm<Float>.standard(channels: 2, preset: preset) },
            ] as [() throws -> Void] {
                let error = #expect(throws: NormalizationError.self) { try make() }
                #expect(error?.description == message)
            }
        }
        for weight in [UpdateWeight.newWeight(0), .newWeight(1), .decay(0), .decay(1)] {
            #expect(try RunningStatistics(channels: 2, weight: weight).weight == weight)
        }
    }

    @Test(
        "a layer of fewer than one channel, or of more than memory holds, is refused",
        arguments: [0, -1, .min, Geometry.mostChannels + 1, 1 << 40, 1 << 61, .max])
    func layerWithoutChannelsIsRefused(_ channels: Int) {
        let message = "channels: expected 1 to 67108864, got \(channels)"
        for make in [
            { _ = try BatchNorm<Double>.standard(channels: channels) },
            { _ = try BatchNorm<Float>.weightShared(channels: channels) },
            { _ = try BatchNorm<Float>.parameterShared(channels: channels) },
            { _ = try RunningStatistics(channels: channels) },
            {
                _ = try BatchNorm<Float>(
                    channels: channels, gamma: .absent, beta: .absent, runningStatistics: nil)
            },
        ] as [() throws -> Void] {
            let error = #expect(throws: NormalizationError.self) { try make() }
            #expect(error?.description == message)
        }
    }

    @Test("a limit on threads below one is refused", arguments: Subject.all, [0, -1, .min])
    func threadLimitBelowOneIsRefused(_ subject: Subject, limit: Int) throws {
        let message = "thread limit: expected at least 1, got \(limit)"
        var broken = try sound(subject)
        broken.threadLimit = limit
        try expectRefusals(message, of: broken, shape: [2, 3, 4], axis: 1)
        expectRefusal(message, of: broken) { _ in
            _ = try subject.statistics(Self.x, Geometry([2, 3, 4]), threadLimit: limit)
        }
    }

    @Test("counts at the end of Int are refused or counted on, and stop nothing")
    func extremeCountsDoNotStopTheProgram() throws {
        #expect(throws: NormalizationError.self) {
            _ = try BatchStatistics(count: -1, mean: [0], sumOfSquaredDeviations: [0])
        }
        #expect(throws: NormalizationError.self) {
            _ = try RunningStatistics(mean: [0], variance: [1], updateCount: -1)
        }
        let most = try BatchStatistics(count: .max, mean: [0], sumOfSquaredDeviations: [1])
        #expect(throws: NormalizationError.valueCountOverflow(.max, .max)) {
            _ = try most.merging(most)
        }

        var running = try RunningStatistics(
            mean: [0], variance: [1], updateCount: .max, weight: .newWeight(0.5))
        try running.update(with: BatchStatistics(count: 2, mean: [2], sumOfSquaredDeviations: [2]))
        #expect(running.mean == [1] && running.variance == [1.5])
        #expect(running.updateCount == .max)
    }

    // MARK: Helpers

    /// A layer of three channels with nothing wrong.
    private func sound(_ subject: Subject) throws -> any TestedLayer {
        try subject.layer(
            channels: 3, gamma: .perChannel([1, 2, 3]), beta: .perChannel([4, 5, 6]),
            running: RunningStatistics(mean: [1, 2, 3], variance: [4, 5, 6], updateCount: 7))
    }

    /// Expects the same refusal of every call on arrays.
    private func expectRefusals(
        _ message: String, of layer: any TestedLayer, x: [Double] = x, shape: [Int], axis: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let calls: [(inout any TestedLayer) throws -> Void] = [
            { _ = try $0.forward(doubles: x, shape: shape, channelAxis: axis) },
            { _ = try $0.forwardAndCommit(doubles: x, shape: shape, channelAxis: axis) },
            { _ = try $0.inference(doubles: x, shape: shape, channelAxis: axis) },
            {
                _ = try $0.backward(
                    doubles: Self.x, input: x, normalizedBy: .running, shape: shape,
                    channelAxis: axis, wanting: .all)
            },
            {
                _ = try $0.backward(
                    doubles: Self.x, input: x, normalizedBy: .running, shape: shape,
                    channelAxis: axis, wanting: .parameters)
            },
        ]
        for call in calls {
            expectRefusal(message, of: layer, by: call, sourceLocation: sourceLocation)
        }
    }
}

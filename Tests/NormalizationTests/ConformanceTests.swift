import Normalization
import Testing

/// What PyTorch, Keras and ONNX compute, and what they refuse, for every engine.
///
/// Differences are counted in units of the type's machine epsilon times the size of the terms that
/// are added. No peer is further than 2.2 units from the exact result (`check_conformance.py`), and no
/// engine may be further from it than the peers are, so 4.4 from each other.
@Suite struct ConformanceTests {
    static let units = 4.4
    static let computed = ConformanceCase.all.filter { !$0.isRefused }
    static let refused = ConformanceCase.all.filter { $0.isRefused }

    @Test("all cases were read")
    func allCasesWereRead() {
        #expect(Self.computed.count == 265 && Self.refused.count == 27)
    }

    @Test(
        "y, gradients and running statistics are the peer's, step for step",
        arguments: Engine.allCases, computed)
    func numbersAreThePeers(_ engine: Engine, example: ConformanceCase) throws {
        for element in example.elements {
            var layer = try example.layer(Subject(engine: engine, element: element))
            for (index, step) in example.steps.enumerated() {
                try run(step, of: example, on: &layer, "step \(index), \(element.rawValue)")
            }
        }
    }

    @Test("what the peer refuses is refused for the same reason", arguments: Subject.all, refused)
    func refusalsAreThePeers(_ subject: Subject, example: ConformanceCase) throws {
        let error = try #require(throws: NormalizationError.self, "\(example.name)") {
            var layer = try example.layer(subject)
            let step = example.steps[0]
            let x = try #require(try example.values(step.x))
            if step.mode == .training {
                _ = try layer.forwardAndCommit(
                    doubles: x, shape: example.shape, channelAxis: example.channelAxis)
            } else {
                _ = try layer.inference(
                    doubles: x, shape: example.shape, channelAxis: example.channelAxis)
            }
        }
        let beginnings: [ConformanceCase.Reason: [String]] = [
            .singleValue: ["expected more than one value per channel"],
            // Below zero it leaves the running variance without a root.
            .epsilon: ["epsilon", "running variance: expected variance + epsilon"],
            .gamma: ["gamma"], .beta: ["beta"], .rank: ["shape"],
            .updateWeight: ["update weight"],
            // Mean and variance are checked against each other before they meet the channels.
            .runningMean: ["running mean", "running variance: expected"],
            .runningVariance: ["running variance"],
        ]
        let reason = try #require(example.reason)
        let expected = try #require(beginnings[reason])
        #expect(expected.contains { error.description.hasPrefix($0) }, "\(error)")
    }

    // MARK: One step

    /// y, and what it was normalized with.
    private func normalized(
        _ x: [Double], _ layout: Layout, _ mode: ConformanceCase.Step.Mode,
        by layer: inout any TestedLayer
    ) throws -> (y: [Double], statistics: NormalizingStatistics) {
        if mode == .training {
            let result = try layer.forwardAndCommit(
                doubles: x, shape: layout.shape, channelAxis: layout.axis)
            return (result.output, .batch(result.statistics))
        }
        let y = try layer.inference(doubles: x, shape: layout.shape, channelAxis: layout.axis)
        guard layer.runningStatistics == nil else { return (y, .running) }
        let forward = try layer.forward(
            doubles: x, shape: layout.shape, channelAxis: layout.axis)
        return (y, .batch(forward.statistics))
    }

    private func run(
        _ step: ConformanceCase.Step, of example: ConformanceCase, on layer: inout any TestedLayer,
        _ comment: String
    ) throws {
        let layout = example.layout
        let geometry = try layout.geometry
        let x = try #require(try example.values(step.x))
        let before = layer.runningStatistics
        let usesBatch = step.mode == .training || before == nil

        let (y, normalizing) = try normalized(x, layout, step.mode, by: &layer)
        var sizes = TermSizes(layer, x, geometry, running: usesBatch ? nil : before)
        func expectClose(_ name: String, _ actual: [Double]?, _ tensor: String?, _ size: [Double])
            throws
        {
            guard let expected = try example.values(tensor) else { return }
            let actual = try #require(actual, "\(name), \(comment)")
            try #require(actual.count == expected.count, "\(name), \(comment)")
            let unit = 2 * example.element.unitRoundoff
            for index in actual.indices {
                let difference = abs(actual[index] - expected[index])
                #expect(
                    difference <= Self.units * unit * size[index],
                    "\(name)[\(index)], \(comment): \(difference / (unit * size[index])) units")
            }
        }
        try expectClose("y", y, step.y, sizes.output)
        if let dy = try example.values(step.dy) {
            let gradients = try layer.backward(
                doubles: dy, input: x, normalizedBy: normalizing, shape: layout.shape,
                channelAxis: layout.axis, wanting: .all)
            sizes.setGradient(dy, isTraining: usesBatch)
            #expect((gradients.gamma == nil) == (step.dgamma == nil))
            #expect((gradients.beta == nil) == (step.dbeta == nil))
            try expectClose("∂x", gradients.input, step.dx, sizes.inputGradient)
            try expectClose("∂γ", gradients.gamma, step.dgamma, sizes.gamma)
            try expectClose("∂β", gradients.beta, step.dbeta, sizes.beta)
        }
        guard let running = layer.runningStatistics else { return }
        try expectClose(
            "running mean", running.mean, step.runningMean, running.mean.map { 1 + abs($0) })
        try expectClose(
            "running variance", running.variance, step.runningVariance,
            running.variance.map { 1 + $0 })
        // The peer's own rounding is carried from step to step, as its layer carries it.
        layer.runningStatistics = try example.running(
            step.runningMean, step.runningVariance, updates: running.updateCount)
    }
}

/// The sizes of the terms that are added for each number, as Tests/Fixtures/README.md has them.
private struct TermSizes {
    private let geometry: Geometry
    private let gammas: AffineParameter<Double>
    private let betas: AffineParameter<Double>
    private var s: [Double] = []
    /// z = (|x| + mean of |x|) · s, for each value.
    private var z: [Double]
    var output: [Double]
    var inputGradient: [Double] = []
    var gamma: [Double] = []
    var beta: [Double] = []

    init(
        _ layer: any TestedLayer, _ x: [Double], _ geometry: Geometry, running: RunningStatistics?
    ) {
        self.geometry = geometry
        (gammas, betas) = (layer.gammaInDouble, layer.betaInDouble)
        z = x
        output = x
        for channel in 0..<geometry.channels {
            let places = indices(ofChannel: channel, geometry)
            let m = Double(max(1, places.count))
            let mean = places.reduce(0) { $0 + x[$1] } / m
            let variance = places.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / m
            let center =
                running.map { abs($0.mean[channel]) }
                ?? places.reduce(0) { $0 + abs(x[$1]) } / m
            s.append(1 / ((running?.variance[channel] ?? variance) + layer.epsilon).squareRoot())
            for place in places {
                z[place] = (abs(x[place]) + center) * s[channel]
                output[place] =
                    abs(value(gammas, channel, 1)) * z[place] + abs(value(betas, channel, 0))
            }
        }
    }

    mutating func setGradient(_ g: [Double], isTraining: Bool) {
        inputGradient = g
        (gamma, beta) = ([], [])
        for channel in 0..<geometry.channels {
            let places = indices(ofChannel: channel, geometry)
            let m = Double(max(1, places.count))
            beta.append(places.reduce(0) { $0 + abs(g[$1]) })
            gamma.append(places.reduce(0) { $0 + abs(g[$1]) * z[$1] })
            let meanTerm = beta[channel] / m
            let meanProduct =
                places.reduce(0) { $0 + (abs(g[$1]) + meanTerm) * z[$1] } / m
            for place in places {
                let terms =
                    abs(g[place]) + (isTraining ? meanTerm + z[place] * meanProduct : 0)
                inputGradient[place] = abs(value(gammas, channel, 1)) * s[channel] * terms
            }
        }
        if case .shared = gammas { gamma = [gamma.reduce(0, +)] }
        if case .shared = betas { beta = [beta.reduce(0, +)] }
    }

    private func value(_ parameter: AffineParameter<Double>, _ channel: Int, _ absent: Double)
        -> Double
    {
        switch parameter {
        case .absent: absent
        case .shared(let value): value
        case .perChannel(let values): values[channel]
        }
    }
}

import Normalization
import SeededRandom
import Testing

/// Everything that a call of the library takes, made from a few numbers: what a random test runs on,
/// and what it prints when it fails.
struct Problem: CustomTestStringConvertible, Sendable {
    var layout: Layout
    var element: ElementType
    var form = AffineForm.standard
    var epsilon = 1e-5
    /// |mean| against deviation, of x.
    var ratio = 0.0
    /// Of the data.
    var seed: UInt64

    var testDescription: String {
        "\(layout.testDescription) \(element.rawValue), \(form.testDescription), ε \(epsilon), "
            + "|mean|/deviation \(ratio), seed \(seed)"
    }

    /// A problem of 1 to `elements` elements, any rank from 2 to 5 and any channel axis.
    static func random(seed: UInt64, elements: Int) -> Problem {
        var generator = SplitMix64(seed: seed)
        let primes = [1, 2, 3, 5, 7, 11, 13, 17, 31, 61, 127, 251, 509]
        var room = generator.logarithmic(1...elements)
        var shape: [Int] = []
        for _ in 0..<Int.random(in: 2...5, using: &generator) {
            let prime = primes.filter { $0 <= room }.randomElement(using: &generator) ?? 1
            let any = generator.logarithmic(1...room)
            shape.append(Bool.random(using: &generator) ? prime : any)
            room /= shape[shape.count - 1]
        }
        shape.shuffle(using: &generator)
        let axes = [1, 1, -1, Int.random(in: 0..<shape.count, using: &generator)]
        return Problem(
            layout: Layout(shape, axis: axes.randomElement(using: &generator) ?? 1),
            element: ElementType.allCases.randomElement(using: &generator) ?? .float,
            form: AffineForm.all.randomElement(using: &generator) ?? .standard,
            epsilon: [1e-3, 1e-5, 1e-12].randomElement(using: &generator) ?? 1e-5,
            ratio: [0, 1, 3, 30, 1e3, 1e5, 1e7].randomElement(using: &generator) ?? 0,
            seed: seed)
    }
}

/// The numbers of a problem, all of its element type though held in Double.
struct ProblemData {
    var problem: Problem
    private(set) var geometry: Geometry
    var x: [Double]
    var gradient: [Double]
    var gamma: AffineParameter<Double>
    var beta: AffineParameter<Double>
    private(set) var running: RunningStatistics

    init(_ problem: Problem) throws {
        self.problem = problem
        geometry = try problem.layout.geometry
        let channels = geometry.channels
        var generator = SplitMix64(seed: problem.seed)
        (gamma, beta) = problem.form.parameters(channels: channels, using: &generator)
        // Deviations from 2⁻⁷ to 2⁷, means to the ratio asked for, running ones in between.
        let deviations = (0..<channels).map { _ in
            Double(sign: .plus, exponent: Int.random(in: -7...7, using: &generator), significand: 1)
        }
        let means = deviations.map { problem.ratio * $0 * (1 + generator.unit() / 4) }
        running = try RunningStatistics(
            mean: zip(means, deviations).map { $0 + $1 * generator.unit() },
            variance: deviations.map { $0 * $0 * (1 + generator.unit() / 2) })
        let isFloat = problem.element == .float
        x = []
        x.reserveCapacity(geometry.count)
        for _ in 0..<geometry.outer {
            for channel in 0..<channels {
                let (mean, deviation) = (means[channel], 2 * deviations[channel])
                for _ in 0..<geometry.inner {
                    let value = mean + deviation * generator.unit()
                    x.append(isFloat ? Double(Float(value)) : value)
                }
            }
        }
        gradient = generator.values(geometry.count)
    }

    init(
        _ problem: Problem, x: [Double], gradient: [Double], gamma: AffineParameter<Double>,
        beta: AffineParameter<Double>, running: RunningStatistics
    ) throws {
        self.problem = problem
        geometry = try problem.layout.geometry
        (self.x, self.gradient) = (x, gradient)
        (self.gamma, self.beta, self.running) = (gamma, beta, running)
    }

    func layer(_ engine: Engine, threadLimit: Int? = nil) throws -> any TestedLayer {
        try Subject(engine: engine, element: problem.element).layer(
            channels: geometry.channels, gamma: gamma, beta: beta, epsilon: problem.epsilon,
            running: running, threadLimit: threadLimit)
    }

    mutating func replaceRunning(mean: [Double], variance: [Double]) {
        // As many as there were.
        running = (try? RunningStatistics(mean: mean, variance: variance)) ?? running
    }

    /// γ or β of a channel.
    func value(_ parameter: AffineParameter<Double>, _ channel: Int, absent: Double) -> Double {
        switch parameter {
        case .absent: absent
        case .shared(let value): value
        case .perChannel(let values): values[channel]
        }
    }
}

/// What a layer answers to a problem: y and statistics of training where there is more than one value
/// per channel, y of inference, gradients in both modes.
struct Answer: Equatable {
    var training: [Double] = []
    var statistics: BatchStatistics?
    var inference: [Double]
    var backward: GradientsInDouble?
    var inferenceBackward: GradientsInDouble

    /// - Parameter given: the batch statistics that backward takes; its own where there are none.
    init(
        _ layer: any TestedLayer, _ data: ProblemData, given: BatchStatistics? = nil
    ) throws {
        let (shape, axis) = (data.problem.layout.shape, data.problem.layout.axis)
        inference = try layer.inference(doubles: data.x, shape: shape, channelAxis: axis)
        inferenceBackward = try layer.backward(
            doubles: data.gradient, input: data.x, normalizedBy: .running, shape: shape,
            channelAxis: axis, wanting: .all)
        guard data.geometry.valuesPerChannel > 1 else { return }
        let (output, own) = try layer.forward(doubles: data.x, shape: shape, channelAxis: axis)
        training = output
        statistics = own
        backward = try layer.backward(
            doubles: data.gradient, input: data.x, normalizedBy: .batch(given ?? own),
            shape: shape, channelAxis: axis, wanting: .all)
    }
}

extension ProblemData {
    /// Brings the channels from where they are to the last axis.
    mutating func transpose() throws {
        x = channelsLast(x, geometry)
        gradient = channelsLast(gradient, geometry)
        problem.layout = Layout(
            [geometry.outer, geometry.inner, geometry.channels], axis: -1)
        geometry = try problem.layout.geometry
    }
}

extension Answer {
    /// The answer with the channels of y and ∂x last.
    func transposed(_ geometry: Geometry) -> Answer {
        var result = self
        result.inference = channelsLast(inference, geometry)
        result.inferenceBackward.input = inferenceBackward.input.map {
            channelsLast($0, geometry)
        }
        guard statistics != nil else { return result }
        result.training = channelsLast(training, geometry)
        result.backward?.input = backward?.input.map { channelsLast($0, geometry) }
        return result
    }
}

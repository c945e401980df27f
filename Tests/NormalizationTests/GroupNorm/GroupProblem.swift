import Normalization
import SeededRandom
import Testing

/// γ and β of a group normalization: the layer's in one of nine forms, or per sample.
enum GroupAffine: CustomTestStringConvertible, Sendable {
    case ofLayer(AffineForm)
    case perSample(scaleOffset: Double)

    static let all =
        AffineForm.all.map { GroupAffine.ofLayer($0) } + [
            .perSample(scaleOffset: 0), .perSample(scaleOffset: 1),
        ]

    var testDescription: String {
        switch self {
        case .ofLayer(let form): form.testDescription
        case .perSample(let scaleOffset): "per sample, \(scaleOffset) + γ"
        }
    }
}

/// A tensor, its groups, and how γ and β are given.
struct GroupProblem: CustomTestStringConvertible, Sendable {
    var layout: Layout
    var groups: Int
    var affine = GroupAffine.ofLayer(.standard)
    var epsilon = 1e-5
    /// Whether statistics are the batch's, one group a channel over all samples: conditional batch norm.
    var isOfBatch = false
    /// |mean| against deviation, of x.
    var ratio = 0.0
    var seed: UInt64 = 21

    var testDescription: String {
        "\(layout.testDescription), \(groups) groups\(isOfBatch ? " of the batch" : ""), \(affine.testDescription), ε \(epsilon), "
            + "|mean|/deviation \(ratio), seed \(seed)"
    }

    /// Shapes that take every way of cutting a tensor, channels first, last and between.
    static let shapes: [(layout: Layout, groups: Int)] = [
        (Layout([3, 4, 5]), 2), (Layout([2, 6, 3, 3]), 6), (Layout([2, 6, 3, 3]), 1),
        (Layout([5, 12]), 3), (Layout([1, 8, 49]), 4), (Layout([3, 7, 1, 16]), 7),
        (Layout([2, 32, 7, 7]), 8), (Layout([3, 4, 4, 12], axis: -1), 4),
        (Layout([2, 5, 6, 3], axis: 2), 3), (Layout([4, 1, 6, 11], axis: 2), 2),
        (Layout([2, 3, 2, 9], axis: -1), 9), (Layout([2, 40, 61]), 8),
        (Layout([2, 70, 65], axis: -1), 13), (Layout([3, 2, 130, 33]), 2),
    ]

    /// A problem of 2 to `elements` elements, any rank from 2 to 5, any channel axis but 0, any groups.
    static func random(seed: UInt64, elements: Int) -> GroupProblem {
        var generator = SplitMix64(seed: seed)
        var layout: Layout
        var groups: Int
        repeat {
            let shape = Problem.random(seed: generator.next(), elements: elements).layout.shape
            let axis = Int.random(in: 1..<shape.count, using: &generator)
            layout = Layout(shape, axis: axis)
            let divisors = (1...shape[axis]).filter { shape[axis] % $0 == 0 }
            groups = divisors.randomElement(using: &generator) ?? 1
        } while layout.shape[1...].reduce(1, *) == groups
        return GroupProblem(
            layout: layout, groups: groups,
            affine: GroupAffine.all.randomElement(using: &generator) ?? .perSample(scaleOffset: 0),
            epsilon: [1e-3, 1e-5, 1e-12].randomElement(using: &generator) ?? 1e-5,
            ratio: [0, 1, 3, 30, 1e3, 1e5, 1e7].randomElement(using: &generator) ?? 0, seed: seed)
    }
}

/// The numbers of a problem, all of its element type though held in Double.
struct GroupData {
    let problem: GroupProblem
    let geometry: Geometry
    var x: [Double]
    var gradient: [Double]
    /// Of the layer; absent where they are given per sample.
    var gamma = AffineParameter<Double>.absent
    var beta = AffineParameter<Double>.absent
    /// Per sample; empty where they are the layer's.
    var gammas: [Double] = []
    var betas: [Double] = []

    init(_ problem: GroupProblem, _ element: ElementType) throws {
        self.problem = problem
        geometry = try problem.layout.geometry
        var generator = SplitMix64(seed: problem.seed)
        let (samples, channels) = (geometry.shape[0], geometry.channels)
        // Each group of each sample has a deviation of its own.
        let deviations = (0..<problem.groupCount(geometry)).map { _ in
            Double(sign: .plus, exponent: Int.random(in: -7...7, using: &generator), significand: 1)
        }
        x = []
        x.reserveCapacity(geometry.count)
        for index in 0..<geometry.count {
            let deviation = deviations[problem.group(of: index, geometry)]
            let value = deviation * (problem.ratio + 2 * generator.unit())
            x.append(element == .float ? Double(Float(value)) : value)
        }
        gradient = generator.values(geometry.count)
        switch problem.affine {
        case .ofLayer(let form):
            (gamma, beta) = form.parameters(channels: channels, using: &generator)
        case .perSample:
            gammas = generator.values(samples * channels, mean: 0.25)
            betas = generator.values(samples * channels, spread: 2)
        }
    }

    init(
        _ problem: GroupProblem, x: [Double], gradient: [Double], gamma: AffineParameter<Double>,
        beta: AffineParameter<Double>, gammas: [Double], betas: [Double]
    ) throws {
        self.problem = problem
        geometry = try problem.layout.geometry
        (self.x, self.gradient) = (x, gradient)
        (self.gamma, self.beta, self.gammas, self.betas) = (gamma, beta, gammas, betas)
    }

    var scaleOffset: Double {
        if case .perSample(let scaleOffset) = problem.affine { scaleOffset } else { 0 }
    }

    /// What scales and shifts a lane: sample · C + channel.
    func affine(ofLane lane: Int) -> (scale: Double, shift: Double) {
        if !gammas.isEmpty { return (scaleOffset + gammas[lane], betas[lane]) }
        let channel = lane % geometry.channels
        func number(_ parameter: AffineParameter<Double>, _ absent: Double) -> Double {
            switch parameter {
            case .absent: absent
            case .shared(let value): value
            case .perChannel(let values): values[channel]
            }
        }
        return (number(gamma, 1), number(beta, 0))
    }

    func layer<Scalar: NormalizationScalar>(
        _ engine: Engine, threadLimit: Int? = nil, as: Scalar.Type = Scalar.self
    ) throws -> GroupNorm<Scalar> {
        try GroupNorm<Scalar>(
            channels: geometry.channels, groups: problem.groups, gamma: gamma.converted(),
            beta: beta.converted(), epsilon: problem.epsilon, engine: engine,
            threadLimit: threadLimit)
    }
}

extension GroupProblem {
    /// The lane of an element, from the definition: sample · C + channel.
    func lane(of index: Int, _ geometry: Geometry) -> Int {
        let channel = index / geometry.inner % geometry.channels
        return index / (geometry.count / geometry.shape[0]) * geometry.channels + channel
    }

    /// The groups of all samples.
    func groupCount(_ geometry: Geometry) -> Int {
        isOfBatch ? geometry.channels : geometry.shape[0] * groups
    }

    /// The group of a lane: sample · groups + group.
    func group(ofLane lane: Int, _ geometry: Geometry) -> Int {
        isOfBatch ? lane % geometry.channels : lane / (geometry.channels / groups)
    }

    func group(of index: Int, _ geometry: Geometry) -> Int {
        group(ofLane: lane(of: index, geometry), geometry)
    }
}

/// What a layer answers to a problem, in Double.
struct GroupAnswer: Equatable {
    var output: [Double]
    var statistics: GroupStatistics
    var inference: [Double]
    var gradients: GradientsInDouble

    /// - Parameter given: the statistics that backward takes; its own where there are none.
    init(
        _ data: GroupData, _ subject: Subject, threadLimit: Int? = nil,
        given: GroupStatistics? = nil, wanting wanted: GradientSelection = .all
    ) throws {
        func answer<Scalar: NormalizationScalar>(_: Scalar.Type) throws -> GroupAnswer {
            if data.problem.isOfBatch {
                return try GroupAnswer(
                    ofBatch: data, subject, as: Scalar.self, threadLimit: threadLimit,
                    given: given, wanting: wanted)
            }
            let layer = try data.layer(
                subject.engine, threadLimit: threadLimit, as: Scalar.self)
            return try GroupAnswer(data, layer, given: given, wanting: wanted)
        }
        self = try answer(subject.element.scalar)
    }

    init<Scalar: NormalizationScalar>(
        _ data: GroupData, _ layer: GroupNorm<Scalar>, given: GroupStatistics? = nil,
        wanting wanted: GradientSelection = .all
    ) throws {
        let (shape, axis) = (data.problem.layout.shape, data.problem.layout.axis)
        let x = converted(data.x, to: Scalar.self)
        let g = converted(data.gradient, to: Scalar.self)
        let found: (output: [Scalar], statistics: GroupStatistics)
        let (inferred, back): ([Scalar], Gradients<Scalar>)
        if data.gammas.isEmpty {
            found = try layer.forward(x, shape: shape, channelAxis: axis)
            inferred = try layer.inference(x, shape: shape, channelAxis: axis)
            back = try layer.backward(
                g, input: x, normalizedBy: given ?? found.statistics, shape: shape,
                channelAxis: axis, wanting: wanted)
        } else {
            let gammas = converted(data.gammas, to: Scalar.self)
            let betas = converted(data.betas, to: Scalar.self)
            found = try layer.forward(
                x, scaledBy: gammas, shiftedBy: betas, scaleOffset: data.scaleOffset,
                shape: shape, channelAxis: axis)
            inferred = try layer.inference(
                x, scaledBy: gammas, shiftedBy: betas, scaleOffset: data.scaleOffset,
                shape: shape, channelAxis: axis)
            back = try layer.backward(
                g, input: x, scaledBy: gammas, shiftedBy: betas, scaleOffset: data.scaleOffset,
                normalizedBy: given ?? found.statistics, shape: shape, channelAxis: axis,
                wanting: wanted)
        }
        (output, statistics) = (found.output.map { Double($0) }, found.statistics)
        inference = inferred.map { Double($0) }
        gradients = GradientsInDouble(
            input: back.input.map { $0.map { Double($0) } },
            gamma: back.gamma.map { $0.map { Double($0) } },
            beta: back.beta.map { $0.map { Double($0) } })
    }

    /// Of conditional batch normalization.
    private init<Scalar: NormalizationScalar>(
        ofBatch data: GroupData, _ subject: Subject, as: Scalar.Type, threadLimit: Int?,
        given: GroupStatistics?, wanting wanted: GradientSelection
    ) throws {
        let (shape, axis) = (data.problem.layout.shape, data.problem.layout.axis)
        let x = converted(data.x, to: Scalar.self)
        let g = converted(data.gradient, to: Scalar.self)
        let gammas = converted(data.gammas, to: Scalar.self)
        let betas = converted(data.betas, to: Scalar.self)
        let layer = try BatchNorm<Scalar>(
            channels: data.geometry.channels, gamma: .absent, beta: .absent,
            epsilon: data.problem.epsilon, runningStatistics: nil, engine: subject.engine,
            threadLimit: threadLimit)
        let found = try layer.forward(
            x, scaledBy: gammas, shiftedBy: betas, scaleOffset: data.scaleOffset, shape: shape,
            channelAxis: axis)
        let batch =
            try given.map {
                try BatchStatistics(
                    count: $0.count, mean: $0.mean,
                    sumOfSquaredDeviations: $0.sumOfSquaredDeviations)
            } ?? found.statistics
        let back = try layer.backward(
            g, input: x, scaledBy: gammas, shiftedBy: betas, scaleOffset: data.scaleOffset,
            normalizedBy: .batch(batch), shape: shape, channelAxis: axis, wanting: wanted)
        output = found.output.map { Double($0) }
        statistics = try GroupStatistics(
            groups: data.geometry.channels, count: found.statistics.count,
            mean: found.statistics.mean,
            sumOfSquaredDeviations: found.statistics.sumOfSquaredDeviations)
        // Without running statistics it is the batch's.
        inference = try layer.inference(
            x, scaledBy: gammas, shiftedBy: betas, scaleOffset: data.scaleOffset, shape: shape,
            channelAxis: axis
        ).map { Double($0) }
        gradients = GradientsInDouble(
            input: back.input.map { $0.map { Double($0) } },
            gamma: back.gamma.map { $0.map { Double($0) } },
            beta: back.beta.map { $0.map { Double($0) } })
    }
}

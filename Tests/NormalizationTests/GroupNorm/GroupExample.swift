import Normalization
import SeededRandom

/// A problem in Double with what follows the normalization, as a loss and its gradients.
struct GroupExample {
    var data: GroupData
    let tail: GroupGradientTests.Tail
    let engine: Engine
    let residual: [Double]

    init(_ problem: GroupProblem, _ tail: GroupGradientTests.Tail, _ engine: Engine) throws {
        data = try GroupData(problem, .double)
        (self.tail, self.engine) = (tail, engine)
        // Deviations near 1, so that differences are as exact as they can be; no z at a corner.
        var generator = SplitMix64(seed: 17)
        data.x = generator.values(data.x.count, mean: 0.5)
        residual = generator.values(data.x.count)
    }

    private var shape: [Int] { data.problem.layout.shape }
    private var axis: Int { data.problem.layout.axis }
    private var addend: [Double]? { tail.hasResidual ? residual : nil }

    var gammaValues: [Double] {
        get { data.gammas.isEmpty ? data.gamma.values : data.gammas }
        set {
            if !data.gammas.isEmpty { data.gammas = newValue } else { data.gamma.set(newValue) }
        }
    }

    var betaValues: [Double] {
        get { data.betas.isEmpty ? data.beta.values : data.betas }
        set { if !data.betas.isEmpty { data.betas = newValue } else { data.beta.set(newValue) } }
    }

    private var batchLayer: BatchNorm<Double> {
        get throws {
            try BatchNorm(
                channels: data.geometry.channels, gamma: .absent, beta: .absent,
                epsilon: data.problem.epsilon, runningStatistics: nil, engine: engine)
        }
    }

    func loss(x: [Double]? = nil, residual: [Double]? = nil) throws -> Double {
        let x = x ?? data.x
        let added = residual ?? addend
        let y: [Double]
        if data.problem.isOfBatch {
            y = try batchLayer.forward(
                x, scaledBy: data.gammas, shiftedBy: data.betas, scaleOffset: data.scaleOffset,
                adding: added, then: tail.activation, shape: shape, channelAxis: axis
            ).output
        } else if data.gammas.isEmpty {
            y = try data.layer(engine, as: Double.self).forward(
                x, adding: added, then: tail.activation, shape: shape, channelAxis: axis
            ).output
        } else {
            y = try data.layer(engine, as: Double.self).forward(
                x, scaledBy: data.gammas, shiftedBy: data.betas, scaleOffset: data.scaleOffset,
                adding: added, then: tail.activation, shape: shape, channelAxis: axis
            ).output
        }
        return zip(y, data.gradient).reduce(0) { $0 + $1.0 * $1.1 }
    }

    func gradients(
        _ wanted: GradientSelection = [.all, .residual]
    ) throws -> Gradients<Double> {
        if data.problem.isOfBatch {
            let statistics = try batchLayer.forward(data.x, shape: shape, channelAxis: axis)
                .statistics
            return try batchLayer.backward(
                data.gradient, input: data.x, scaledBy: data.gammas, shiftedBy: data.betas,
                scaleOffset: data.scaleOffset, adding: addend, through: tail.activation,
                normalizedBy: .batch(statistics), shape: shape, channelAxis: axis, wanting: wanted)
        }
        let layer = try data.layer(engine, as: Double.self)
        guard !data.gammas.isEmpty else {
            return try layer.backward(
                data.gradient, input: data.x, adding: addend, through: tail.activation,
                shape: shape, channelAxis: axis, wanting: wanted)
        }
        return try layer.backward(
            data.gradient, input: data.x, scaledBy: data.gammas, shiftedBy: data.betas,
            scaleOffset: data.scaleOffset, adding: addend, through: tail.activation, shape: shape,
            channelAxis: axis, wanting: wanted)
    }
}

extension AffineParameter<Double> {
    /// Other numbers in the same form.
    fileprivate mutating func set(_ values: [Double]) {
        switch self {
        case .absent: break
        case .shared: self = .shared(values[0])
        case .perChannel: self = .perChannel(values)
        }
    }
}

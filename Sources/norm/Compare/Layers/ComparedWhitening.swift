import Normalization

/// Whitening, in groups of up to 16 channels.
struct ComparedWhitening<Scalar: NormalizationScalar>: ComparedCalls {
    private let tensor: ComparedTensor<Scalar>
    private let statistics: WhiteningStatistics
    private var layer: WhiteningNorm<Scalar>
    /// Large: of few values a covariance has no full rank, and rounding would be seen through 1/ε.
    private static var epsilon: Double { 0.1 }
    var contender: Contender {
        get { Contender(engine: layer.engine, threads: layer.threadLimit ?? 1) }
        set { (layer.engine, layer.threadLimit) = (newValue.engine, newValue.threads) }
    }

    init(_ tensor: ComparedTensor<Scalar>) throws(NormalizationError) {
        let (geometry, reference) = (tensor.geometry, Contender.reference)
        guard geometry.valuesPerChannel > 1 else {
            throw .tooFewValuesPerChannel(shape: geometry.shape)
        }
        self.tensor = tensor
        let size = (1...16).last { geometry.channels.isMultiple(of: $0) } ?? 1
        statistics = try WhiteningStatistics(
            of: tensor.x.span, geometry: geometry, groupSize: size, engine: reference.engine,
            threadLimit: reference.threads)
        var running = try RunningWhitening(
            channels: geometry.channels, groupSize: size, weight: .newWeight(1))
        try running.update(with: statistics)
        layer = try WhiteningNorm(
            channels: geometry.channels, groupSize: size, gamma: tensor.gamma(.whitening),
            beta: tensor.beta(.whitening), epsilon: Self.epsilon, runningStatistics: running,
            engine: reference.engine, threadLimit: reference.threads)
    }

    func run(_ operation: Engine.Operation, into output: inout MutableSpan<Scalar>) throws {
        let (x, geometry) = (tensor.x.span, tensor.geometry)
        switch operation {
        case .training: _ = try layer.forward(x, into: &output, geometry: geometry)
        case .inference: try layer.inference(x, into: &output, geometry: geometry)
        case .backward:
            _ = try layer.backward(
                tensor.gradient.span, input: x, normalizedBy: .batch(statistics), into: &output,
                geometry: geometry)
        }
    }
}

import Normalization

/// Batch renormalization toward running statistics that are off by a quarter of a deviation, with the
/// limits that the paper ends with.
struct ComparedRenorm<Scalar: NormalizationScalar>: ComparedCalls {
    private let tensor: ComparedTensor<Scalar>
    private let limits: RenormLimits
    private let statistics: RenormStatistics
    private var layer: BatchNorm<Scalar>
    var contender: Contender {
        get { layer.contender }
        set { layer.contender = newValue }
    }

    init(_ tensor: ComparedTensor<Scalar>) throws(NormalizationError) {
        self.tensor = tensor
        limits = .paper(atUpdate: 40_000)
        var layer = try BatchNorm(
            tensor, gamma: tensor.gamma(.renormalized), beta: tensor.beta(.renormalized))
        let (mean, variance) = (tensor.statistics.mean, tensor.statistics.variance())
        layer.runningStatistics = try RunningStatistics(
            mean: zip(mean, variance).map { $0 + $1.squareRoot() / 4 },
            variance: variance.map { $0 * 1.5 })
        self.layer = layer
        statistics = try layer.forwardRenormalized(
            tensor.x, shape: tensor.geometry.shape, channelAxis: tensor.geometry.channelAxis,
            limits: limits
        ).statistics
    }

    func run(_ operation: Engine.Operation, into output: inout MutableSpan<Scalar>) throws {
        let (x, geometry) = (tensor.x.span, tensor.geometry)
        switch operation {
        case .training:
            _ = try layer.forwardRenormalized(
                x, into: &output, geometry: geometry, limits: limits)
        case .inference: try layer.inference(x, into: &output, geometry: geometry)
        case .backward:
            _ = try layer.backward(
                tensor.gradient.span, input: x, normalizedBy: .renormalized(statistics),
                into: &output, geometry: geometry)
        }
    }
}

/// Ghost batches of half the samples.
struct ComparedGhost<Scalar: NormalizationScalar>: ComparedCalls {
    private let tensor: ComparedTensor<Scalar>
    private let size: Int
    private let parts: [BatchStatistics]
    private var layer: BatchNorm<Scalar>
    var contender: Contender {
        get { layer.contender }
        set { layer.contender = newValue }
    }

    init(_ tensor: ComparedTensor<Scalar>) throws(NormalizationError) {
        let geometry = tensor.geometry
        self.tensor = tensor
        size = (geometry.shape[0] + 1) / 2
        layer = try BatchNorm(tensor, gamma: tensor.gamma(.ghost), beta: tensor.beta(.ghost))
        parts = try layer.forward(
            tensor.x, ghostSize: size, shape: geometry.shape, channelAxis: geometry.channelAxis
        ).parts
    }

    func run(_ operation: Engine.Operation, into output: inout MutableSpan<Scalar>) throws {
        let (x, geometry) = (tensor.x.span, tensor.geometry)
        switch operation {
        case .training:
            _ = try layer.forward(x, ghostSize: size, into: &output, geometry: geometry)
        case .inference: try layer.inference(x, into: &output, geometry: geometry)
        case .backward:
            _ = try layer.backward(
                tensor.gradient.span, input: x, normalizedBy: parts, into: &output,
                geometry: geometry)
        }
    }
}

/// Batch normalization of the valid positions of a mask; y is 0 at the others.
struct ComparedMask<Scalar: NormalizationScalar>: ComparedCalls {
    private let tensor: ComparedTensor<Scalar>
    private let mask: PositionMask
    private let statistics: BatchStatistics
    private var layer: BatchNorm<Scalar>
    var contender: Contender {
        get { layer.contender }
        set { layer.contender = newValue }
    }

    init(_ tensor: ComparedTensor<Scalar>) throws(NormalizationError) {
        self.tensor = tensor
        mask = try tensor.mask()
        layer = try BatchNorm(tensor, gamma: tensor.gamma(.masked), beta: tensor.beta(.masked))
        statistics = try layer.forward(
            tensor.x, shape: tensor.geometry.shape, channelAxis: tensor.geometry.channelAxis,
            mask: mask
        ).statistics
    }

    func run(_ operation: Engine.Operation, into output: inout MutableSpan<Scalar>) throws {
        let (x, geometry) = (tensor.x.span, tensor.geometry)
        switch operation {
        case .training:
            _ = try layer.forward(x, into: &output, geometry: geometry, mask: mask)
        case .inference:
            try layer.inference(x, into: &output, geometry: geometry, mask: mask)
        case .backward:
            _ = try layer.backward(
                tensor.gradient.span, input: x, normalizedBy: .batch(statistics), into: &output,
                geometry: geometry, mask: mask)
        }
    }
}

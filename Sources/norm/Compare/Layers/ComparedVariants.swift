import Normalization

/// Batch renormalization toward running statistics that are off by a quarter of a deviation, with the
/// limits that the paper ends with.
struct ComparedRenorm<Element: ComparedElement>: ComparedCalls {
    private let tensor: ComparedTensor<Element>
    private let limits: RenormLimits
    private let statistics: RenormStatistics
    private var layer: BatchNorm<Element.Arithmetic>
    var contender: Contender {
        get { layer.contender }
        set { layer.contender = newValue }
    }

    init(_ tensor: ComparedTensor<Element>) throws(NormalizationError) {
        self.tensor = tensor
        limits = .paper(atUpdate: 40_000)
        var layer = try BatchNorm(
            tensor, gamma: tensor.gamma(.renormalized), beta: tensor.beta(.renormalized))
        let (mean, variance) = (tensor.statistics.mean, tensor.statistics.variance())
        layer.runningStatistics = try RunningStatistics(
            mean: zip(mean, variance).map { $0 + $1.squareRoot() / 4 },
            variance: variance.map { $0 * 1.5 })
        self.layer = layer
        var y = tensor.x
        var output = y.mutableSpan
        statistics = try layer.forwardRenormalized(
            tensor.x.span, into: &output, geometry: tensor.geometry, limits: limits)
    }

    func run(_ operation: Engine.Operation, into output: inout MutableSpan<Element>) throws {
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
struct ComparedGhost<Element: ComparedElement>: ComparedCalls {
    private let tensor: ComparedTensor<Element>
    private let size: Int
    private let parts: [BatchStatistics]
    private var layer: BatchNorm<Element.Arithmetic>
    var contender: Contender {
        get { layer.contender }
        set { layer.contender = newValue }
    }

    init(_ tensor: ComparedTensor<Element>) throws(NormalizationError) {
        let geometry = tensor.geometry
        self.tensor = tensor
        size = (geometry.shape[0] + 1) / 2
        layer = try BatchNorm(tensor, gamma: tensor.gamma(.ghost), beta: tensor.beta(.ghost))
        var y = tensor.x
        var output = y.mutableSpan
        parts = try layer.forward(
            tensor.x.span, ghostSize: size, into: &output, geometry: geometry)
    }

    func run(_ operation: Engine.Operation, into output: inout MutableSpan<Element>) throws {
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
struct ComparedMask<Element: ComparedElement>: ComparedCalls {
    private let tensor: ComparedTensor<Element>
    private let mask: PositionMask
    private let statistics: BatchStatistics
    private var layer: BatchNorm<Element.Arithmetic>
    var contender: Contender {
        get { layer.contender }
        set { layer.contender = newValue }
    }

    init(_ tensor: ComparedTensor<Element>) throws(NormalizationError) {
        self.tensor = tensor
        mask = try tensor.mask()
        layer = try BatchNorm(tensor, gamma: tensor.gamma(.masked), beta: tensor.beta(.masked))
        var y = tensor.x
        var output = y.mutableSpan
        statistics = try layer.forward(
            tensor.x.span, into: &output, geometry: tensor.geometry, mask: mask)
    }

    func run(_ operation: Engine.Operation, into output: inout MutableSpan<Element>) throws {
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

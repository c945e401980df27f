import Normalization

extension BatchNorm {
    /// The contender that the layer is to be called by.
    var contender: Contender {
        get { Contender(engine: engine, threads: threadLimit ?? 1) }
        set { (engine, threadLimit) = (newValue.engine, newValue.threads) }
    }

    /// A layer with the statistics of the tensor as its running ones.
    init<Element: ComparedElement>(
        _ tensor: ComparedTensor<Element>, gamma: AffineParameter<Scalar>,
        beta: AffineParameter<Scalar>
    ) throws(NormalizationError) where Element.Arithmetic == Scalar {
        guard tensor.geometry.valuesPerChannel > 1 else {
            throw .tooFewValuesPerChannel(shape: tensor.geometry.shape)
        }
        let (statistics, reference) = (tensor.statistics, Contender.reference)
        try self.init(
            channels: tensor.geometry.channels, gamma: gamma, beta: beta,
            runningStatistics: RunningStatistics(
                mean: statistics.mean, variance: statistics.variance()),
            engine: reference.engine, threadLimit: reference.threads)
    }
}

/// Batch normalization.
struct ComparedBatch<Element: ComparedElement>: ComparedCalls {
    private let tensor: ComparedTensor<Element>
    private var layer: BatchNorm<Element.Arithmetic>
    var contender: Contender {
        get { layer.contender }
        set { layer.contender = newValue }
    }

    init(
        _ tensor: ComparedTensor<Element>, gamma: AffineParameter<Element.Arithmetic>,
        beta: AffineParameter<Element.Arithmetic>
    ) throws(NormalizationError) {
        self.tensor = tensor
        layer = try BatchNorm(tensor, gamma: gamma, beta: beta)
    }

    func run(_ operation: Engine.Operation, into output: inout MutableSpan<Element>) throws {
        let (x, geometry) = (tensor.x.span, tensor.geometry)
        switch operation {
        case .training: _ = try layer.forward(x, into: &output, geometry: geometry)
        case .inference: try layer.inference(x, into: &output, geometry: geometry)
        case .backward:
            _ = try layer.backward(
                tensor.gradient.span, input: x, normalizedBy: .batch(tensor.statistics),
                into: &output, geometry: geometry)
        }
    }
}

/// Batch normalization with γ and β for each channel of each sample.
struct ComparedPerSample<Element: ComparedElement>: ComparedCalls {
    private let tensor: ComparedTensor<Element>
    private let gammas: [Element.Arithmetic]
    private let betas: [Element.Arithmetic]
    private var layer: BatchNorm<Element.Arithmetic>
    var contender: Contender {
        get { layer.contender }
        set { layer.contender = newValue }
    }

    init(_ tensor: ComparedTensor<Element>) throws(NormalizationError) {
        guard tensor.geometry.channelAxis > 0 else {
            throw .invalidShape(
                tensor.geometry.shape, channelAxis: tensor.geometry.channelAxis, .noSampleAxis)
        }
        self.tensor = tensor
        (gammas, betas) = tensor.perSample
        layer = try BatchNorm(tensor, gamma: .absent, beta: .absent)
    }

    func run(_ operation: Engine.Operation, into output: inout MutableSpan<Element>) throws {
        let (x, geometry) = (tensor.x.span, tensor.geometry)
        switch operation {
        case .training:
            _ = try layer.forward(
                x, scaledBy: gammas.span, shiftedBy: betas.span, into: &output,
                geometry: geometry)
        case .inference:
            try layer.inference(
                x, scaledBy: gammas.span, shiftedBy: betas.span, into: &output,
                geometry: geometry)
        case .backward:
            _ = try layer.backward(
                tensor.gradient.span, input: x, scaledBy: gammas.span, shiftedBy: betas.span,
                normalizedBy: .batch(tensor.statistics), into: &output, geometry: geometry)
        }
    }
}

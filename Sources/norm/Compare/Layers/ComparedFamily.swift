import Normalization

/// Group and instance normalization.
struct ComparedGroup<Element: ComparedElement>: ComparedCalls {
    private let tensor: ComparedTensor<Element>
    private let statistics: GroupStatistics
    private var layer: GroupNorm<Element.Arithmetic>
    var contender: Contender {
        get { Contender(engine: layer.engine, threads: layer.threadLimit ?? 1) }
        set { (layer.engine, layer.threadLimit) = (newValue.engine, newValue.threads) }
    }

    init(_ tensor: ComparedTensor<Element>, groups: Int) throws(NormalizationError) {
        self.tensor = tensor
        layer = try GroupNorm(
            channels: tensor.geometry.channels, groups: groups, gamma: tensor.gamma(.group),
            beta: tensor.beta(.group), engine: Contender.reference.engine,
            threadLimit: Contender.reference.threads)
        statistics = try layer.statistics(of: tensor.x.span, geometry: tensor.geometry)
    }

    func run(_ operation: Engine.Operation, into output: inout MutableSpan<Element>) throws {
        let (x, geometry) = (tensor.x.span, tensor.geometry)
        switch operation {
        case .training: _ = try layer.forward(x, into: &output, geometry: geometry)
        case .inference: try layer.inference(x, into: &output, geometry: geometry)
        case .backward:
            _ = try layer.backward(
                tensor.gradient.span, input: x, normalizedBy: statistics, into: &output,
                geometry: geometry)
        }
    }
}

/// A layer of rows whose engine can be chosen.
protocol ComparedRowLayer<Scalar>: RowNormalization {
    var engine: Engine { get set }
    var threadLimit: Int? { get set }
}

extension LayerNorm: ComparedRowLayer {}
extension RMSNorm: ComparedRowLayer {}

/// Layer and RMS normalization of the channels at each position.
struct ComparedRows<Layer: ComparedRowLayer, Element: ComparedElement>: ComparedCalls
where Element.Arithmetic == Layer.Scalar {
    private let tensor: ComparedTensor<Element>
    private let geometry: RowGeometry
    private let statistics: RowStatistics
    private var layer: Layer
    var contender: Contender {
        get { Contender(engine: layer.engine, threads: layer.threadLimit ?? 1) }
        set { (layer.engine, layer.threadLimit) = (newValue.engine, newValue.threads) }
    }

    init(
        _ tensor: ComparedTensor<Element>, _ make: (Int) throws(NormalizationError) -> Layer
    ) throws(NormalizationError) {
        let axis = tensor.geometry.channelAxis
        self.tensor = tensor
        geometry = try RowGeometry(tensor.geometry.shape, normalizing: axis...axis)
        layer = try make(geometry.width)
        layer.engine = Contender.reference.engine
        layer.threadLimit = Contender.reference.threads
        var y = tensor.x
        var output = y.mutableSpan
        statistics = try layer.forward(tensor.x.span, into: &output, geometry: geometry)
    }

    func run(_ operation: Engine.Operation, into output: inout MutableSpan<Element>) throws {
        let x = tensor.x.span
        switch operation {
        case .training: _ = try layer.forward(x, into: &output, geometry: geometry)
        case .inference: try layer.inference(x, into: &output, geometry: geometry)
        case .backward:
            _ = try layer.backward(
                tensor.gradient.span, input: x, normalizedBy: statistics, into: &output,
                geometry: geometry)
        }
    }
}

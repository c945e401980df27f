import Normalization
import NormalizationFiles

/// One batch normalization to be folded into one layer with weights.
struct LayerFold {
    /// The names, for errors.
    let name: String
    let linear: LinearTensors
    let norm: FoundLayer
    /// The weights as the layer that they are scaled like.
    let layer: LinearLayer
    let epsilon: Double
    /// Who says the epsilon.
    let epsilonSource: String

    private let model: SafetensorsModel

    /// Checks that the two fit together.
    ///
    /// - Throws: ``Failure`` naming the layer that does not.
    init(
        _ linear: LinearTensors, _ norm: FoundLayer, _ pair: PairOption, epsilon: Double?,
        in model: SafetensorsModel
    ) throws(Failure) {
        let name = "--pair \(linear.prefix):\(norm.prefix)"
        self.name = name
        self.linear = linear
        self.norm = norm
        self.model = model
        let entry = linear.weights.entry
        func refuse(_ text: String) -> Failure { .data("\(name): \(text)") }
        for tensor in [linear.weights, linear.bias].compactMap(\.self)
        where !tensor.entry.type.isFoldable {
            throw refuse(
                "\"\(tensor.name)\": expected elements of type F16, BF16, F32 or F64, "
                    + "found \(tensor.entry.type.rawValue)")
        }
        guard !pair.isTransposed || linear.mayBeTransposed else {
            throw refuse(
                "\"\(linear.weights.name)\": expected weights of a transposed convolution, "
                    + "found shape \(entry.shape)")
        }
        let channels = norm.tensors[.mean]?.entry.count ?? 0
        let outputs = linear.outputs(isTransposed: pair.isTransposed, groups: pair.groups)
        guard outputs == channels else {
            let isOther =
                !pair.isTransposed && linear.mayBeTransposed
                && linear.outputs(isTransposed: true) == channels
            throw refuse(
                "\"\(linear.weights.name)\": expected \(channels) outputs, as the normalization has "
                    + "channels, found \(outputs) in shape \(entry.shape)"
                    + (isOther ? "; of a transposed convolution, say ,transposed" : ""))
        }
        if let bias = linear.bias?.entry, bias.count != outputs {
            throw refuse(
                "\"\(linear.bias?.name ?? "")\": expected \(outputs) numbers, found shape \(bias.shape)"
            )
        }
        do throws(FoldingError) {
            layer = try linear.layer(isTransposed: pair.isTransposed, groups: pair.groups)
        } catch { throw refuse("\(error)") }
        let settings: LayerSettings
        do throws(FileError) { settings = try model.settings(of: norm.prefix) } catch {
            throw refuse("\(error)")
        }
        switch (settings.epsilon, pair.epsilon ?? epsilon) {
        case (let found?, let said?) where found != said:
            throw refuse("expected an epsilon of \(found), as the file says, got \(said)")
        case (let found?, _): (self.epsilon, epsilonSource) = (found, "of the file")
        case (nil, let said?): (self.epsilon, epsilonSource) = (said, "as said")
        case (nil, nil):
            self.epsilon = norm.names.preset.epsilon
            epsilonSource =
                "of \(norm.names.preset == .keras ? "Keras" : "PyTorch"), as the file says none"
        }
    }

    /// The tensors that are gone once folded.
    var removed: [NamedTensor] { Array(norm.tensors.values) }

    /// The type of the bias: that which it has, or else that of the weights.
    var biasType: SafetensorsType { (linear.bias ?? linear.weights).entry.type }

    /// Writes the folded weights.
    ///
    /// - Throws: ``Failure`` naming the layer where a weight is beyond its type, `FileError` where the file
    ///   refuses.
    func writeWeights(to file: inout AtomicFile) throws {
        if linear.weights.entry.type == .float64 {
            try writeWeights(Double.self, to: &file)
        } else {
            try writeWeights(Float.self, to: &file)
        }
    }

    private func writeWeights<Scalar: NormalizationScalar>(
        _: Scalar.Type, to file: inout AtomicFile
    ) throws {
        let tensor = linear.weights
        var weights: [Scalar] = try values(tensor)
        let batchNorm = try batchNorm(Scalar.self)
        do throws(FoldingError) {
            var bias = [Scalar](repeating: 0, count: layer.outputs)
            var weightSpan = weights.mutableSpan
            var biasSpan = bias.mutableSpan
            try batchNorm.fold(after: layer, weights: &weightSpan, bias: &biasSpan)
        } catch { throw Failure.data("\(name): \(error)") }
        try file.write(
            EncodedNumbers(weights, as: tensor.entry.type, "\(name): \"\(tensor.name)\""))
    }

    /// The folded bias, in the type that it has in the file.
    func bias() throws -> EncodedNumbers {
        biasType == .float64 ? try bias(Double.self) : try bias(Float.self)
    }

    private func bias<Scalar: NormalizationScalar>(_: Scalar.Type) throws -> EncodedNumbers {
        let count = layer.outputs
        let zeros = [Scalar](repeating: 0, count: count)
        let old: [Scalar] = try linear.bias.map { try values($0) } ?? zeros
        let batchNorm = try batchNorm(Scalar.self)
        let new: [Scalar]
        do throws(FoldingError) {
            // What becomes of the bias does not depend on the weights.
            let folded = try batchNorm.folded(
                after: .convolution([count, 1, 1]), weights: zeros, bias: old)
            new = folded.bias
        } catch { throw Failure.data("\(name): \(error)") }
        return try EncodedNumbers(new, as: biasType, "\(name): bias")
    }

    private func batchNorm<Scalar: NormalizationScalar>(_: Scalar.Type) throws -> BatchNorm<Scalar>
    {
        do {
            var layer = try model.batchNorm(norm.prefix, as: Scalar.self)
            layer.epsilon = epsilon
            return layer
        } catch { throw Failure.data("\(name): \(error)") }
    }

    private func values<Scalar: NormalizationScalar>(_ tensor: NamedTensor) throws -> [Scalar] {
        do {
            return try model.files[tensor.file].values(of: tensor.entry.name)
        } catch { throw Failure.data("\(error)") }
    }
}

extension SafetensorsType {
    /// Whether a fold can read and write it.
    fileprivate var isFoldable: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }
}

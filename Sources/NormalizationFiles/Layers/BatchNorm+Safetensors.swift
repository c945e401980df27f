public import Normalization

extension BatchNorm {
    /// The layer as tensors for ``SafetensorsFile/write(_:metadata:to:)``, under a framework's names.
    ///
    /// ```swift
    /// let tensors = try layers.flatMap { try $0.layer.tensors(prefix: $0.name) }
    /// let metadata = layers.reduce(into: [:]) { $0.merge($1.layer.metadata(prefix: $1.name)) { $1 } }
    /// try SafetensorsFile.write(tensors, metadata: metadata, to: "model.safetensors")
    /// ```
    ///
    /// γ and β are F32 or F64 as the layer's elements are, of shape (C), or () where they are shared;
    /// absent ones are left out. Running statistics are F64, so that a layer read back is the layer
    /// that was written, to the bit; PyTorch rounds them when it loads them into a model of another
    /// type. Their count of updates is an I64 under PyTorch's names, and lost under others. ε, update
    /// weight and variance estimator, and that γ and β are absent, are in `metadata(prefix:channelAxis:)`.
    ///
    /// - Parameters:
    ///   - prefix: the layer's name in the model; empty for a file that is one layer.
    ///   - names: whose names the tensors get.
    /// - Throws: ``FileError/invalidShape(shape:count:)`` where a per-channel parameter has been given
    ///   another length than the layer has channels.
    public func tensors(
        prefix: String, names: ParameterNames = .pyTorch
    ) throws(FileError) -> [SafetensorsTensor] {
        var tensors = try affineTensors(
            (gamma, beta), shape: [channels], of: .batch, prefix: prefix, names: names)
        guard let runningStatistics else { return tensors }
        for (values, kind) in [
            (runningStatistics.mean, LayerParameter.mean), (runningStatistics.variance, .variance),
        ] {
            guard let part = names.name(of: kind) else { continue }
            tensors.append(
                try SafetensorsTensor(
                    name: tensorName(prefix, part, separator: names == .kerasVariables ? "/" : "."),
                    shape: [channels], values: values))
        }
        if let part = names.name(of: .updateCount) {
            tensors.append(
                try SafetensorsTensor(
                    name: tensorName(prefix, part, separator: names == .kerasVariables ? "/" : "."),
                    shape: [],
                    integers: [Int64(runningStatistics.updateCount)]))
        }
        return tensors
    }

    /// What no tensor says of the layer, for ``SafetensorsFile/write(_:metadata:to:)``: ε, update weight
    /// and variance estimator, and which of γ and β there are.
    ///
    /// - Parameters:
    ///   - prefix: the layer's name in the model.
    ///   - channelAxis: the axis of its channels, where that is to be kept as well.
    public func metadata(prefix: String, channelAxis: Int? = nil) -> [String: String] {
        var settings = LayerSettings()
        settings.epsilon = epsilon
        settings.weight = runningStatistics?.weight
        settings.estimator = runningStatistics?.estimator
        settings.channelAxis = channelAxis
        settings.affine = (gamma != .absent, beta != .absent)
        return [LayerSettings.key(prefix): settings.text]
    }
}

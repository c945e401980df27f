public import Normalization

extension BatchNorm {
    /// The layer as tensors for ``SafetensorsFile/write(_:metadata:to:)``, under a framework's names.
    ///
    /// ```swift
    /// let tensors = try layers.flatMap { try $0.layer.tensors(prefix: $0.name) }
    /// try SafetensorsFile.write(tensors, to: "model.safetensors")
    /// ```
    ///
    /// γ and β are F32 or F64 as the layer's elements are, of shape (C), or () where they are shared;
    /// absent ones are left out. Running statistics are F64, so that a layer read back is the layer
    /// that was written, to the bit; PyTorch rounds them when it loads them into a model of another
    /// type. Their count of updates is an I64 under PyTorch's names, and lost under Keras's. ε, update
    /// weight and variance estimator are in no file.
    ///
    /// - Parameters:
    ///   - prefix: the layer's name in the model; empty for a file that is one layer.
    ///   - names: whose names the tensors get.
    /// - Throws: ``FileError/invalidShape(shape:count:)`` where a per-channel parameter has been given
    ///   another length than the layer has channels.
    public func tensors(
        prefix: String, names: ParameterNames = .pyTorch
    ) throws(FileError) -> [SafetensorsTensor] {
        var tensors: [SafetensorsTensor] = []
        for (parameter, part) in [(gamma, names.gamma), (beta, names.beta)]
        where parameter != .absent {
            var shape: [Int] = []
            if case .perChannel = parameter { shape = [channels] }
            let name = tensorName(prefix, part)
            tensors.append(
                Scalar.self == Float.self
                    ? try SafetensorsTensor(
                        name: name, shape: shape, values: parameter.values.map { Float($0) })
                    : try SafetensorsTensor(
                        name: name, shape: shape, values: parameter.values.map { Double($0) }))
        }
        guard let runningStatistics else { return tensors }
        for (values, part) in [
            (runningStatistics.mean, names.mean), (runningStatistics.variance, names.variance),
        ] {
            tensors.append(
                try SafetensorsTensor(
                    name: tensorName(prefix, part), shape: [channels], values: values))
        }
        if let part = names.updateCount {
            tensors.append(
                try SafetensorsTensor(
                    name: tensorName(prefix, part), shape: [],
                    integers: [Int64(runningStatistics.updateCount)]))
        }
        return tensors
    }
}

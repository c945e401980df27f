import Normalization

extension LayerSource {
    /// Reads one batch normalization; see
    /// ``SafetensorsFile/batchNorm(_:as:names:preset:hasRunningStatistics:isAffine:)``.
    func batchNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type, names: ParameterNames?, preset: Preset?,
        hasRunningStatistics: Bool, isAffine: Bool
    ) throws(FileError) -> BatchNorm<Scalar> {
        let layer = try layer(prefix, names: names)
        let settings = try settings(of: prefix)
        try check(settings, prefix, of: .batch)
        let preset = preset ?? settings.preset(layer.names.preset)
        try checkPresence(layer, settings, hasRunningStatistics, isAffine)
        let channels = try channels(layer, hasRunningStatistics)
        let gamma: AffineParameter<Scalar> = try parameter(layer.tensors[.gamma], [channels])
        let beta: AffineParameter<Scalar> = try parameter(layer.tensors[.beta], [channels])
        var statistics: (mean: [Double], variance: [Double], updates: Int)?
        if hasRunningStatistics, let mean = layer.tensors[.mean],
            let variance = layer.tensors[.variance]
        {
            try checkShape(of: mean, [[channels]])
            try checkShape(of: variance, [[channels]])
            statistics = (
                try values(of: mean), try values(of: variance),
                try updateCount(layer.tensors[.updateCount])
            )
        }
        do throws(NormalizationError) {
            let running = try statistics.map { statistics throws(NormalizationError) in
                try RunningStatistics(
                    mean: statistics.mean, variance: statistics.variance,
                    updateCount: statistics.updates, weight: preset.weight,
                    estimator: preset.estimator)
            }
            return try BatchNorm(
                channels: channels, gamma: gamma, beta: beta, epsilon: preset.epsilon,
                runningStatistics: running)
        } catch {
            throw .invalidLayer(file: name, prefix: prefix, reason: error)
        }
    }

    /// Throws where the metadata call the layer something else.
    func check(
        _ settings: LayerSettings, _ prefix: String, of kind: LayerKind
    ) throws(FileError) {
        if let found = settings.kind, found != kind {
            throw .layerKind(file: name, prefix: prefix, expected: kind, found: found)
        }
    }

    /// Throws where a tensor is missing, or there is one beside it that the layer cannot take.
    func checkPresence(
        _ layer: FoundLayer, _ settings: LayerSettings, _ hasRunningStatistics: Bool,
        _ isAffine: Bool
    ) throws(FileError) {
        var required: [LayerParameter] = hasRunningStatistics ? [.mean, .variance] : []
        let affine = isAffine ? settings.affine : (gamma: false, beta: false)
        if let affine {
            required += (affine.gamma ? [.gamma] : []) + (affine.beta ? [.beta] : [])
        } else if layer.tensors[.gamma] == nil {
            // γ alone is legal everywhere, β alone in Keras; without either, one of them is lost.
            let betaMayBeAlone = layer.names == .keras && layer.tensors[.beta] != nil
            if !betaMayBeAlone { required.append(.gamma) }
        }
        for parameter in required where layer.tensors[parameter] == nil {
            throw .missingTensor(file: name, tensor: layer.name(of: parameter) ?? "")
        }
        let known: [LayerParameter] =
            (isAffine ? [.gamma, .beta] : [])
            + (hasRunningStatistics ? [.mean, .variance, .updateCount] : [])
        let extra =
            LayerParameter.allCases.filter { !known.contains($0) }.compactMap { layer.tensors[$0] }
            + layer.others
        if let extra = extra.first {
            throw .unexpectedTensor(
                file: name, tensor: extra.name, expected: known.compactMap { layer.name(of: $0) })
        }
    }

    /// C: the length of the first tensor that has one number a channel.
    private func channels(
        _ layer: FoundLayer, _ hasRunningStatistics: Bool
    ) throws(FileError) -> Int {
        let candidates = (hasRunningStatistics ? [.mean] : [.gamma, .beta])
            .compactMap { (parameter: LayerParameter) in layer.tensors[parameter] }
        guard
            let longest = candidates.max(by: {
                ($0.entry.count, $0.entry.shape.count) < ($1.entry.count, $1.entry.shape.count)
            })
        else {
            throw .missingTensor(file: name, tensor: layer.name(of: .gamma) ?? "")
        }
        guard longest.entry.shape.count == 1 || longest.isVector && !hasRunningStatistics else {
            throw .tensorShape(
                file: name, tensor: longest.name, expected: [[max(1, longest.entry.count)]],
                found: longest.entry.shape)
        }
        return longest.entry.count
    }

    /// γ or β: a single number is shared, unless the shape that it has otherwise is that of one.
    func parameter<Scalar: NormalizationScalar>(
        _ tensor: NamedTensor?, _ shape: [Int]
    ) throws(FileError) -> AffineParameter<Scalar> {
        guard let tensor else { return .absent }
        let found = tensor.entry.shape
        if found == shape { return .perChannel(try values(of: tensor)) }
        if found == [] || found == [1] { return .shared(try values(of: tensor)[0]) }
        // A layer of one's own may keep them as (1, C, 1, 1), to multiply with.
        guard tensor.isVector, shape.count == 1, tensor.entry.count == shape[0] else {
            throw .tensorShape(
                file: name, tensor: tensor.name, expected: [shape, []], found: found)
        }
        return .perChannel(try values(of: tensor))
    }

    /// Files of old versions of PyTorch have no count; it is 0 then.
    private func updateCount(_ tensor: NamedTensor?) throws(FileError) -> Int {
        guard let tensor else { return 0 }
        try checkShape(of: tensor, [[], [1]])
        return try wholeNumber(of: tensor)
    }

    private func checkShape(
        of tensor: NamedTensor, _ expected: [[Int]]
    ) throws(FileError) {
        guard expected.contains(tensor.entry.shape) else {
            throw .tensorShape(
                file: name, tensor: tensor.name, expected: expected, found: tensor.entry.shape)
        }
    }
}

extension NamedTensor {
    /// Whether all dimensions but one are 1.
    var isVector: Bool { entry.shape.count { $0 != 1 } <= 1 }
}

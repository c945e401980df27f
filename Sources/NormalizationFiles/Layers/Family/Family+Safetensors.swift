public import Normalization

extension RowNormalization {
    /// The layer as tensors for ``SafetensorsFile/write(_:metadata:to:)``, under a framework's names.
    ///
    /// γ and β are F32 or F64 as the layer's elements are, of shape (k) or `shape`, or () where they are
    /// shared; absent ones are left out. γ is written as the layer has it, without its offset, which is in
    /// `metadata(prefix:)` beside ε and the kind of the layer.
    ///
    /// - Parameters:
    ///   - prefix: the layer's name in the model; empty for a file that is one layer.
    ///   - names: whose names the tensors get.
    ///   - shape: the axes that are normalized together, where they are several, as PyTorch's
    ///     `normalized_shape`; `nil` is (k).
    /// - Throws: ``FileError/invalidShape(shape:count:)`` where they are not k numbers.
    public func tensors(
        prefix: String, names: ParameterNames = .pyTorch, shape: [Int]? = nil
    ) throws(FileError) -> [SafetensorsTensor] {
        try affineTensors(
            (gamma, beta), shape: shape ?? [width], of: kind, prefix: prefix, names: names)
    }

    /// What no tensor says of the layer, for ``SafetensorsFile/write(_:metadata:to:)``: its kind, k, ε,
    /// what is added to γ, and which of γ and β there are.
    ///
    /// - Parameter prefix: the layer's name in the model.
    public func metadata(prefix: String) -> [String: String] {
        var settings = LayerSettings()
        settings.kind = kind
        settings.width = width
        settings.epsilon = epsilon
        settings.scaleOffset = scaleOffset == 0 ? nil : scaleOffset
        settings.affine = (gamma != .absent, beta != .absent)
        return [LayerSettings.key(prefix): settings.text]
    }

    private var kind: LayerKind { Self.isCentered ? .layer : .rms }
}

extension GroupNorm {
    /// The layer as tensors for ``SafetensorsFile/write(_:metadata:to:)``, under a framework's names.
    ///
    /// γ and β are F32 or F64 as the layer's elements are, of shape (C), or () where they are shared;
    /// absent ones are left out. Groups and ε are in `metadata(prefix:channelAxis:)`.
    ///
    /// - Parameters:
    ///   - prefix: the layer's name in the model; empty for a file that is one layer.
    ///   - names: whose names the tensors get.
    /// - Throws: ``FileError/invalidShape(shape:count:)`` where a per-channel parameter has been given
    ///   another length than the layer has channels.
    public func tensors(
        prefix: String, names: ParameterNames = .pyTorch
    ) throws(FileError) -> [SafetensorsTensor] {
        try affineTensors(
            (gamma, beta), shape: [channels], of: .group, prefix: prefix, names: names)
    }

    /// What no tensor says of the layer, for ``SafetensorsFile/write(_:metadata:to:)``: its kind, channels,
    /// groups and ε, and which of γ and β there are.
    ///
    /// - Parameters:
    ///   - prefix: the layer's name in the model.
    ///   - channelAxis: the axis of its channels, where that is to be kept as well.
    public func metadata(prefix: String, channelAxis: Int? = nil) -> [String: String] {
        var settings = LayerSettings()
        settings.kind = .group
        settings.width = channels
        settings.groups = groups
        settings.epsilon = epsilon
        settings.channelAxis = channelAxis
        settings.affine = (gamma != .absent, beta != .absent)
        return [LayerSettings.key(prefix): settings.text]
    }
}

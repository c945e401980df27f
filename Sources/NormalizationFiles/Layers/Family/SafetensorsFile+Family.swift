public import Normalization

// The readers of layers without running statistics: a file does not say what kind of layer γ and β are of.

extension SafetensorsFile {
    /// All normalizations in the file, by prefix, with what each may be.
    ///
    /// ```swift
    /// for entry in model.normalizations { print(entry) }
    /// // model.layers.0.input_layernorm: layer or rms norm of (4096), gamma
    /// ```
    ///
    /// Batch normalizations are known by their running statistics. Of the others a file has γ and β, which
    /// look the same for all: the metadata tell where this library or its converter wrote them, then the
    /// layer's name (`norm`, `layer_norm`, `ln_1`, `rms_norm`, `group_norm`, `gn1`). Found without such a
    /// name is γ with a β of its shape; a layer that scales and shifts without normalizing looks like that,
    /// too. γ without β is found where the name says norm.
    public var normalizations: [NormalizationEntry] { layers.normalizations }

    /// What the file's metadata say of the layer `prefix`; where nothing, all is nil.
    ///
    /// - Throws: ``FileError/layerSettings(file:prefix:found:)`` where they are not understood.
    public func settings(of prefix: String) throws(FileError) -> LayerSettings {
        try layers.settings(of: prefix)
    }

    /// Reads one layer normalization out of the file of a whole model.
    ///
    /// γ and β are per value in any shape, or shared where they are a single number. β may be missing, and
    /// with Keras's names γ as well.
    ///
    /// - Parameters:
    ///   - prefix: the layer's name, without the last dot; empty where the file is one layer.
    ///   - type: the element type of the layer.
    ///   - names: whose names the tensors have; `nil` finds out.
    ///   - epsilon: ε; `nil` takes what the file says, else PyTorch's 1e-5 where the names are `weight` and
    ///     `bias`, else the default of the framework that `names` says.
    ///   - scaleOffset: what is added to γ; `nil` takes what the file says, else 0.
    /// - Throws: ``FileError/missingSetting(file:prefix:setting:)`` where none of these says ε,
    ///   ``FileError/layerKind(file:prefix:expected:found:)`` where the metadata say that it is no layer
    ///   normalization, and what ``batchNorm(_:as:names:preset:hasRunningStatistics:isAffine:)`` throws.
    public func layerNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type = Scalar.self, names: ParameterNames? = nil,
        epsilon: Double? = nil, scaleOffset: Double? = nil
    ) throws(FileError) -> LayerNorm<Scalar> {
        try layers.layerNorm(
            prefix, as: type, names: names, epsilon: epsilon, scaleOffset: scaleOffset)
    }

    /// Reads one RMS normalization out of the file of a whole model.
    ///
    /// ```swift
    /// let norm = try model.rmsNorm("model.norm", as: Float.self, epsilon: 1e-5)
    /// ```
    ///
    /// - Parameters:
    ///   - prefix: the layer's name, without the last dot; empty where the file is one layer.
    ///   - type: the element type of the layer.
    ///   - names: whose names the tensors have; `nil` finds out.
    ///   - epsilon: ε, such as `rms_norm_eps` of a model's configuration; `nil` takes what the file says,
    ///     else 1e-6 where `names` says Keras.
    ///   - scaleOffset: what is added to γ, 1 for Gemma; `nil` takes what the file says, else 0.
    /// - Throws: as ``layerNorm(_:as:names:epsilon:scaleOffset:)``.
    public func rmsNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type = Scalar.self, names: ParameterNames? = nil,
        epsilon: Double? = nil, scaleOffset: Double? = nil
    ) throws(FileError) -> RMSNorm<Scalar> {
        try layers.rmsNorm(
            prefix, as: type, names: names, epsilon: epsilon, scaleOffset: scaleOffset)
    }

    /// Reads one group normalization, or instance normalization, out of the file of a whole model.
    ///
    /// - Parameters:
    ///   - prefix: the layer's name, without the last dot; empty where the file is one layer.
    ///   - type: the element type of the layer.
    ///   - groups: the number of groups, that of the channels for instance normalization; `nil` takes what
    ///     the file says.
    ///   - names: whose names the tensors have; `nil` finds out.
    ///   - epsilon: ε, as of ``layerNorm(_:as:names:epsilon:scaleOffset:)``.
    /// - Throws: ``FileError/missingSetting(file:prefix:setting:)`` where nobody says the groups, and what
    ///   ``layerNorm(_:as:names:epsilon:scaleOffset:)`` throws.
    public func groupNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type = Scalar.self, groups: Int? = nil,
        names: ParameterNames? = nil, epsilon: Double? = nil
    ) throws(FileError) -> GroupNorm<Scalar> {
        try layers.groupNorm(
            prefix, as: type, groups: groups, names: names, epsilon: epsilon)
    }
}

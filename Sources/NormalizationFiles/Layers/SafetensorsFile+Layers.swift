public import Normalization

extension SafetensorsFile {
    /// The batch normalizations in the file that have running statistics, by prefix: those that
    /// ``batchNorm(_:as:names:preset:hasRunningStatistics:isAffine:)`` can be asked for.
    ///
    /// They are known by their running mean and variance, one number a channel each; an instance
    /// normalization that tracks statistics looks the same. Where a name is an alias of another (two
    /// layers that share their parameters, of which `safetensors.torch.save_model` writes one), both
    /// are found.
    public var batchNorms: [BatchNormEntry] { layers.batchNorms }

    /// Reads one batch normalization out of the file of a whole model.
    ///
    /// ```swift
    /// let model = try SafetensorsFile(contentsOf: "resnet.safetensors")
    /// let layer = try model.batchNorm("layer1.0.bn1", as: Float.self)
    /// ```
    ///
    /// γ and β are per channel where they have C numbers, shared where they are a single number (of
    /// shape (), or (1) where C > 1). β may be missing, and with Keras's names γ as well; where both
    /// are, they are lost, unless the file or the caller says that the layer has none. F16, BF16, F32
    /// and F64 are read; running statistics are kept in `Double`. Metadata that name ε, update weight
    /// or estimator (``LayerSettings``) are followed.
    ///
    /// - Parameters:
    ///   - prefix: the layer's name, without the last dot; empty where the file is one layer.
    ///   - type: the element type of the layer.
    ///   - names: whose names the tensors have; `nil` finds out.
    ///   - preset: ε, update weight and variance estimator; `nil` takes what the file says, and the
    ///     defaults of the framework whose names the tensors have where it says nothing.
    ///   - hasRunningStatistics: whether the layer has them; `false` for one saved with
    ///     `track_running_stats=False`.
    ///   - isAffine: whether the layer has γ or β; `false` for one saved with `affine=False`.
    /// - Throws: ``FileError/missingLayer(file:prefix:similar:)``,
    ///   ``FileError/missingTensor(file:tensor:)``,
    ///   ``FileError/unexpectedTensor(file:tensor:expected:)``,
    ///   ``FileError/tensorShape(file:tensor:expected:found:)``,
    ///   ``FileError/elementType(file:tensor:expected:found:)``,
    ///   ``FileError/overflow(file:tensor:index:value:)``,
    ///   ``FileError/ambiguousNames(file:prefix:)``,
    ///   ``FileError/layerSettings(file:prefix:found:)``,
    ///   ``FileError/invalidLayer(file:prefix:reason:)``, or what the system refuses.
    public func batchNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type = Scalar.self, names: ParameterNames? = nil,
        preset: Preset? = nil, hasRunningStatistics: Bool = true, isAffine: Bool = true
    ) throws(FileError) -> BatchNorm<Scalar> {
        try layers.batchNorm(
            prefix, as: type, names: names, preset: preset,
            hasRunningStatistics: hasRunningStatistics, isAffine: isAffine)
    }

    var layers: LayerSource {
        LayerSource(
            name: name, files: [self], index: layerIndex.value { LayerIndex([(entries, metadata)]) }
        )
    }
}

public import Normalization

extension SafetensorsModel {
    /// All normalizations, as ``SafetensorsFile/normalizations`` of one file.
    public var normalizations: [NormalizationEntry] { layers.normalizations }

    /// What the metadata say of the layer `prefix`, as ``SafetensorsFile/settings(of:)`` of one file.
    public func settings(of prefix: String) throws(FileError) -> LayerSettings {
        try layers.settings(of: prefix)
    }

    /// Reads one layer normalization, as
    /// ``SafetensorsFile/layerNorm(_:as:names:epsilon:scaleOffset:)`` of one file.
    public func layerNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type = Scalar.self, names: ParameterNames? = nil,
        epsilon: Double? = nil, scaleOffset: Double? = nil
    ) throws(FileError) -> LayerNorm<Scalar> {
        try layers.layerNorm(
            prefix, as: type, names: names, epsilon: epsilon, scaleOffset: scaleOffset)
    }

    /// Reads one RMS normalization, as ``SafetensorsFile/rmsNorm(_:as:names:epsilon:scaleOffset:)`` of one
    /// file.
    public func rmsNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type = Scalar.self, names: ParameterNames? = nil,
        epsilon: Double? = nil, scaleOffset: Double? = nil
    ) throws(FileError) -> RMSNorm<Scalar> {
        try layers.rmsNorm(
            prefix, as: type, names: names, epsilon: epsilon, scaleOffset: scaleOffset)
    }

    /// Reads one group normalization, as ``SafetensorsFile/groupNorm(_:as:groups:names:epsilon:)`` of one
    /// file.
    public func groupNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type = Scalar.self, groups: Int? = nil,
        names: ParameterNames? = nil, epsilon: Double? = nil
    ) throws(FileError) -> GroupNorm<Scalar> {
        try layers.groupNorm(
            prefix, as: type, groups: groups, names: names, epsilon: epsilon)
    }
}

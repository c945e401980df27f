/// A batch normalization found in a file.
public struct BatchNormEntry: Equatable, Sendable {
    /// The layer's name: what stands before the last dot or slash in the names of its tensors.
    public let prefix: String
    /// Whose names its tensors have.
    public let names: ParameterNames
    /// The number of channels.
    public let channels: Int
    /// Whether γ is there.
    public let hasGamma: Bool
    /// Whether β is there.
    public let hasBeta: Bool
    /// What the file says of ε, update weight, estimator and channel axis; where it says nothing,
    /// the defaults of ``ParameterNames/preset`` are taken.
    public let settings: LayerSettings
}

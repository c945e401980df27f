/// Group normalization of tensors with C channels: the channels of each sample fall into groups of
/// adjacent ones, and each group of each sample is brought to mean 0 and variance 1, then scaled by γ
/// and shifted by β.
///
///     μ = (1/k) Σ x      σ² = (1/k) Σ (x − μ)²      y = γ_c · (x − μ) / √(σ² + ε) + β_c
///
/// with sums over the k values of one group of one sample: C/groups channels at all their positions.
/// With a group for each channel it is instance normalization, ``instance(channels:preset:)``. No
/// statistics go from sample to sample, so training and inference compute the same.
///
/// ```swift
/// let groupNorm = try GroupNorm<Float>(channels: 64, groups: 32)
/// let (y, statistics) = try groupNorm.forward(features, shape: [8, 64, 14, 14])
/// let gradients = try groupNorm.backward(
///     g, input: features, normalizedBy: statistics, shape: [8, 64, 14, 14])
/// ```
///
/// Axis 0 is that of the samples; the channels lie on any other. γ and β are each absent, shared by all
/// channels, or per channel; PyTorch's `InstanceNorm2d` has none unless it is asked for. With one group
/// it has the statistics of layer normalization over all axes but the first, but γ and β per channel
/// where that has one per element.
///
/// - References: Wu and He, "Group Normalization", 2018, <https://arxiv.org/abs/1803.08494>; Ulyanov,
///   Vedaldi and Lempitsky, "Instance Normalization: The Missing Ingredient for Fast Stylization", 2016,
///   <https://arxiv.org/abs/1607.08022>.
public struct GroupNorm<Scalar: NormalizationScalar>: Sendable, Equatable {
    /// The number of channels, C.
    public let channels: Int
    /// The number of groups of channels, a divisor of C.
    public let groups: Int
    /// The scale γ.
    public var gamma: AffineParameter<Scalar>
    /// The shift β.
    public var beta: AffineParameter<Scalar>
    /// The small number ε inside the root, above zero.
    public var epsilon: Double
    /// The engine that does the work.
    public var engine: Engine
    /// The most threads one call may use, at least 1; `nil` is one for each half megabyte, at most one
    /// per processor. Small tensors use one in any case. No result depends on it.
    public var threadLimit: Int?

    /// A layer from its parts.
    ///
    /// - Parameters:
    ///   - channels: C, at least 1.
    ///   - groups: groups of C/groups adjacent channels; C for instance normalization.
    ///   - gamma: the scale; per channel, it has C numbers.
    ///   - beta: the shift; per channel, it has C numbers.
    ///   - epsilon: the small number inside the root, above zero.
    ///   - engine: the engine that does the work.
    ///   - threadLimit: the most threads one call may use; `nil` goes by size and processors.
    /// - Throws: ``NormalizationError/invalidGroupCount(channels:groups:)`` unless the groups divide the
    ///   channels, and ``NormalizationError`` naming any other part that does not fit.
    public init(
        channels: Int, groups: Int, gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>,
        epsilon: Double = GroupPreset.pyTorch.epsilon, engine: Engine = .default,
        threadLimit: Int? = nil
    ) throws(NormalizationError) {
        self.channels = channels
        self.groups = groups
        self.gamma = gamma
        self.beta = beta
        self.epsilon = epsilon
        self.engine = engine
        self.threadLimit = threadLimit
        try checkParts()
    }

    /// A layer with γ (all 1) and β (all 0) per channel, 2C trainable numbers.
    ///
    /// - Parameters:
    ///   - channels: C, at least 1.
    ///   - groups: groups of C/groups adjacent channels.
    ///   - preset: ε of a framework.
    /// - Throws: ``NormalizationError/invalidChannelCount(_:)``,
    ///   ``NormalizationError/invalidGroupCount(channels:groups:)``,
    ///   ``NormalizationError/invalidEpsilon(_:)``.
    public init(
        channels: Int, groups: Int, preset: GroupPreset = .pyTorch
    ) throws(NormalizationError) {
        try self.init(
            channels: channels, groups: groups,
            gamma: .perChannel(repeating: 1, count: channels),
            beta: .perChannel(repeating: 0, count: channels), epsilon: preset.epsilon)
    }

    /// Instance normalization: each channel of each sample is a group of its own. γ (all 1) and β
    /// (all 0) per channel.
    ///
    /// - Throws: ``NormalizationError`` when `channels` is below 1 or the preset is not usable.
    public static func instance(
        channels: Int, preset: GroupPreset = .pyTorch
    ) throws(NormalizationError) -> GroupNorm {
        try GroupNorm(channels: channels, groups: channels, preset: preset)
    }
}

/// Batch normalization of tensors with C channels: each channel is brought to mean 0 and variance 1,
/// then scaled by γ and shifted by β.
///
///     μ_c = (1/m) Σ x      σ²_c = (1/m) Σ (x − μ_c)²      y = γ_c · (x − μ_c) / √(σ²_c + ε) + β_c
///
/// In training μ and σ² are the batch's, in inference the running ones. γ and β are each absent,
/// shared by all channels, or per channel; three combinations have names:
///
/// | layer | γ | β | trainable numbers |
/// | --- | --- | --- | --- |
/// | ``standard(channels:preset:)`` | per channel | per channel | 2C |
/// | ``weightShared(channels:preset:)`` | shared | per channel | C + 1 |
/// | ``parameterShared(channels:preset:)`` | shared | shared | 2 |
///
/// ```swift
/// var layer = try BatchNorm<Float>.standard(channels: 3)
/// let (y, _) = try layer.forwardAndCommit(x, shape: [32, 3, 56, 56])   // training
/// let z = try layer.inference(x, shape: [32, 3, 56, 56])
/// ```
///
/// The layer is a value: copies are independent, inference changes nothing, and so any number of
/// threads may share one layer for it.
///
/// - References: Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by
///   Reducing Internal Covariate Shift", 2015, <https://arxiv.org/abs/1502.03167>.
public struct BatchNorm<Scalar: NormalizationScalar>: Sendable, Equatable {
    /// The number of channels, C.
    public let channels: Int
    /// The scale γ.
    public var gamma: AffineParameter<Scalar>
    /// The shift β.
    public var beta: AffineParameter<Scalar>
    /// The small number ε inside the root; above zero in training.
    public var epsilon: Double
    /// The moving averages that inference normalizes with. A layer without them normalizes with the
    /// batch's statistics in inference too.
    public var runningStatistics: RunningStatistics?
    /// The engine that does the work.
    public var engine: Engine
    /// The most threads one call may use, at least 1; `nil` is one for each half megabyte, at most one
    /// per processor. Small tensors use one in any case. No result depends on it.
    public var threadLimit: Int?

    /// A layer from its parts.
    ///
    /// - Parameters:
    ///   - channels: C, at least 1.
    ///   - gamma: the scale; per channel, it has C numbers.
    ///   - beta: the shift; per channel, it has C numbers.
    ///   - epsilon: the small number inside the root.
    ///   - runningStatistics: moving averages of C channels, or `nil` for a layer without.
    ///   - engine: the engine that does the work.
    ///   - threadLimit: the most threads one call may use; `nil` goes by size and processors.
    /// - Throws: ``NormalizationError`` naming the part that does not fit.
    public init(
        channels: Int, gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>,
        epsilon: Double = Preset.pyTorch.epsilon, runningStatistics: RunningStatistics?,
        engine: Engine = .default, threadLimit: Int? = nil
    ) throws(NormalizationError) {
        self.channels = channels
        self.gamma = gamma
        self.beta = beta
        self.epsilon = epsilon
        self.runningStatistics = runningStatistics
        self.engine = engine
        self.threadLimit = threadLimit
        try checkParts()
    }

    /// The standard layer: γ (all 1) and β (all 0) per channel, 2C trainable numbers.
    ///
    /// - Throws: ``NormalizationError`` when `channels` is below 1 or the preset is not usable.
    public static func standard(channels: Int, preset: Preset = .pyTorch)
        throws(NormalizationError) -> BatchNorm
    {
        try named(
            channels, preset, gamma: .perChannel(repeating: 1, count: channels),
            beta: .perChannel(repeating: 0, count: channels))
    }

    /// The weight-shared layer: one γ (1) for all channels, β (all 0) per channel, C + 1 trainable
    /// numbers.
    ///
    /// - Throws: ``NormalizationError`` when `channels` is below 1 or the preset is not usable.
    public static func weightShared(channels: Int, preset: Preset = .pyTorch)
        throws(NormalizationError) -> BatchNorm
    {
        try named(
            channels, preset, gamma: .shared(1),
            beta: .perChannel(repeating: 0, count: channels))
    }

    /// The parameter-shared layer: one γ (1) and one β (0) for all channels, 2 trainable numbers.
    ///
    /// - Throws: ``NormalizationError`` when `channels` is below 1 or the preset is not usable.
    public static func parameterShared(channels: Int, preset: Preset = .pyTorch)
        throws(NormalizationError) -> BatchNorm
    {
        try named(channels, preset, gamma: .shared(1), beta: .shared(0))
    }

    private static func named(
        _ channels: Int, _ preset: Preset, gamma: AffineParameter<Scalar>,
        beta: AffineParameter<Scalar>
    ) throws(NormalizationError) -> BatchNorm {
        try BatchNorm(
            channels: channels, gamma: gamma, beta: beta, epsilon: preset.epsilon,
            runningStatistics: RunningStatistics(
                channels: channels, weight: preset.weight, estimator: preset.estimator))
    }

    /// Takes the statistics of a batch into the running ones: the moving average's step of its own.
    ///
    /// A layer without running statistics, and statistics of an empty batch, change nothing.
    ///
    /// - Throws: what ``RunningStatistics/update(with:)`` throws; nothing has changed then.
    public mutating func commit(_ statistics: BatchStatistics) throws(NormalizationError) {
        try runningStatistics?.update(with: statistics)
    }
}

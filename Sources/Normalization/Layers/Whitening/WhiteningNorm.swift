/// Whitening of tensors with C channels, decorrelated batch normalization: each group of D adjacent channels is
/// brought to mean 0 and to the identity as its covariance, then each channel is scaled by γ and shifted by β.
///
///     Σ = (1/m) Σ (x − μ) · (x − μ)ᵀ + ε · I      x̂ = W · (x − μ)  with  W · Σ · Wᵀ = I      y = γ_c · x̂_c + β_c
///
/// where x is the D channels of a group at one position, and m the number of positions. Batch normalization makes
/// each channel's variance 1 and leaves how channels go together; with D = 1 they are the same. In training μ
/// and Σ are the batch's, in inference the running ones. How W is made is the ``WhiteningMethod``.
///
/// ```swift
/// var whitening = try WhiteningNorm<Float>(channels: 64, groupSize: 16)
/// let (y, statistics) = try whitening.forwardAndCommit(features, shape: [8, 64, 14, 14])
/// let gradients = try whitening.backward(
///     g, input: features, normalizedBy: .batch(statistics), shape: [8, 64, 14, 14])
/// let inference = try whitening.prepared()
/// let z = try inference(features, shape: [8, 64, 14, 14])
/// ```
///
/// The statistics are D numbers a channel, of m values: where m is not some times D they are mostly noise, though ε
/// lets them be decomposed. Products of matrices cost 1.5 · D multiplications an element forward and 3 · D
/// backward, where batch normalization has a few.
///
/// The layer is a value: copies are independent, inference changes nothing.
///
/// - References: Huang, Yang, Lang and Deng, "Decorrelated Batch Normalization", 2018,
///   <https://arxiv.org/abs/1804.08450>; Huang, Zhou, Zhu, Liu and Shao, "Iterative Normalization: Beyond
///   Standardization towards Efficient Whitening", 2019, <https://arxiv.org/abs/1904.03441>.
public struct WhiteningNorm<Scalar: NormalizationScalar>: Sendable {
    /// The number of channels, C.
    public let channels: Int
    /// D, the channels of a group, a divisor of C.
    public let groupSize: Int
    /// How W is made.
    public var method: WhiteningMethod
    /// The scale γ.
    public var gamma: AffineParameter<Scalar>
    /// The shift β.
    public var beta: AffineParameter<Scalar>
    /// The small number ε on the diagonal of Σ, above zero.
    public var epsilon: Double
    /// The moving averages that inference normalizes with; `nil` for a layer without.
    public var runningStatistics: RunningWhitening?
    /// The engine that does the work: ``Engine/chosenForWhitening``.
    public var engine: Engine
    /// The most threads one call may use, at least 1; `nil` is one for each half megabyte, at most one
    /// per processor. Small tensors use one in any case. No result depends on it.
    public var threadLimit: Int?

    /// A layer from its parts.
    ///
    /// - Parameters:
    ///   - channels: C, at least 1.
    ///   - groupSize: D, a divisor of C, at most 256; 16 is the paper's.
    ///   - method: how W is made.
    ///   - gamma: the scale; per channel, it has C numbers.
    ///   - beta: the shift; per channel, it has C numbers.
    ///   - epsilon: the small number on the diagonal, above zero; `nil` is the method's.
    ///   - runningStatistics: moving averages of C channels in groups of D, or `nil` for a layer without.
    ///   - engine: the engine that does the work.
    ///   - threadLimit: the most threads one call may use; `nil` goes by size and processors.
    /// - Throws: ``NormalizationError/invalidGroupSize(channels:groupSize:)``,
    ///   ``NormalizationError/invalidIterationCount(_:)``, and ``NormalizationError`` naming any other part
    ///   that does not fit.
    public init(
        channels: Int, groupSize: Int, method: WhiteningMethod = .zca,
        gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>, epsilon: Double? = nil,
        runningStatistics: RunningWhitening?, engine: Engine = .default, threadLimit: Int? = nil
    ) throws(NormalizationError) {
        self.channels = channels
        self.groupSize = groupSize
        self.method = method
        self.gamma = gamma
        self.beta = beta
        self.epsilon = epsilon ?? method.defaultEpsilon
        self.runningStatistics = runningStatistics
        self.engine = engine
        self.threadLimit = threadLimit
        try checkParts()
    }

    /// A layer with γ (all 1) and β (all 0) per channel, and running statistics at their start.
    ///
    /// - Parameters:
    ///   - channels: C, at least 1.
    ///   - groupSize: D, a divisor of C, at most 256.
    ///   - method: how W is made.
    ///   - epsilon: the small number on the diagonal, above zero; `nil` is the method's.
    /// - Throws: ``NormalizationError`` naming the part that does not fit.
    public init(
        channels: Int, groupSize: Int = 16, method: WhiteningMethod = .zca, epsilon: Double? = nil
    ) throws(NormalizationError) {
        try self.init(
            channels: channels, groupSize: groupSize, method: method,
            gamma: .perChannel(repeating: 1, count: channels),
            beta: .perChannel(repeating: 0, count: channels), epsilon: epsilon,
            runningStatistics: RunningWhitening(channels: channels, groupSize: groupSize))
    }

    /// The number of groups.
    public var groups: Int { channels / groupSize }

    /// Takes the statistics of a batch into the running ones: the moving average's step of its own.
    ///
    /// A layer without running statistics, and statistics of an empty batch, change nothing.
    ///
    /// - Throws: what ``RunningWhitening/update(with:)`` throws; nothing has changed then.
    public mutating func commit(_ statistics: WhiteningStatistics) throws(NormalizationError) {
        try runningStatistics?.update(with: statistics)
    }
}

/// The statistics that W was made of in the forward pass that is differentiated.
///
/// More cases may come before 1.0.
public enum NormalizingWhitening: Sendable, Equatable {
    /// Those of the batch, as training forward returned them: ∂x accounts for their dependence on x.
    case batch(WhiteningStatistics)
    /// The layer's running ones, as in inference: constants.
    case running
}

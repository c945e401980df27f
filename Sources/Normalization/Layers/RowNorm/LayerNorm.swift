/// Layer normalization: each row of k values is brought to mean 0 and variance 1, then scaled by γ and
/// shifted by β, which have a number for each value of a row.
///
///     μ = (1/k) Σ x      σ² = (1/k) Σ (x − μ)²      y_j = (u + γ_j) · (x_j − μ) / √(σ² + ε) + β_j
///
/// ```swift
/// let layer = try LayerNorm<Float>(width: 768)
/// let (y, statistics) = try layer.forward(x, shape: [8, 512, 768])
/// ```
///
/// The layer is a value, and no call changes it: any number of threads may share one.
///
/// - References: Ba, Kiros and Hinton, "Layer Normalization", 2016, <https://arxiv.org/abs/1607.06450>.
public struct LayerNorm<Scalar: NormalizationScalar>: RowNormalization, Equatable {
    /// Rows are centered at their mean.
    public static var isCentered: Bool { true }

    /// The number of values normalized together, k.
    public let width: Int
    /// The scale γ; ``AffineParameter/perChannel(_:)`` is one number for each value of a row.
    public var gamma: AffineParameter<Scalar>
    /// The shift β; ``AffineParameter/perChannel(_:)`` is one number for each value of a row.
    public var beta: AffineParameter<Scalar>
    /// The small number ε inside the root, above zero.
    public var epsilon: Double
    /// u, what is added to γ, in `Double`: 0, or 1 where γ is stored as its distance from 1.
    public var scaleOffset: Double
    /// The engine that does the work.
    public var engine: Engine
    /// The most threads one call may use, at least 1; `nil` is one for each half megabyte, at most one
    /// per processor. Small tensors use one in any case. No result depends on it.
    public var threadLimit: Int?

    /// A layer from its parts.
    ///
    /// - Parameters:
    ///   - width: k, zero or more; rows of a single value have no variance, and are refused when they come.
    ///   - gamma: the scale; per value, it has k numbers.
    ///   - beta: the shift; per value, it has k numbers.
    ///   - epsilon: the small number inside the root, above zero.
    ///   - scaleOffset: what is added to γ.
    ///   - engine: the engine that does the work.
    ///   - threadLimit: the most threads one call may use; `nil` goes by size and processors.
    /// - Throws: ``NormalizationError`` naming the part that does not fit.
    public init(
        width: Int, gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>,
        epsilon: Double = RowPreset.pyTorch.layerNormEpsilon, scaleOffset: Double = 0,
        engine: Engine = .default, threadLimit: Int? = nil
    ) throws(NormalizationError) {
        self.width = width
        self.gamma = gamma
        self.beta = beta
        self.epsilon = epsilon
        self.scaleOffset = scaleOffset
        self.engine = engine
        self.threadLimit = threadLimit
        try checkParts()
    }

    /// A layer at its start: a scale of 1 for each value of a row, and a shift of 0.
    ///
    /// - Parameters:
    ///   - width: k, zero or more.
    ///   - preset: whose ε and offset.
    ///   - bias: whether there is a β.
    /// - Throws: ``NormalizationError`` when the width or the preset is not usable.
    public init(width: Int, preset: RowPreset = .pyTorch, bias: Bool = true)
        throws(NormalizationError)
    {
        try self.init(
            width: width, gamma: .perValue(repeating: 1 - preset.scaleOffset, count: width),
            beta: bias ? .perValue(repeating: 0, count: width) : .absent,
            epsilon: preset.layerNormEpsilon, scaleOffset: preset.scaleOffset)
    }
}

/// RMS normalization: each row of k values is divided by the root of its mean square, then scaled by γ,
/// which has a number for each value of a row.
///
///     q = (1/k) Σ x²      y_j = (u + γ_j) · x_j / √(q + ε) + β_j
///
/// β is absent by default: the frameworks have none.
///
/// ```swift
/// let norm = try RMSNorm<Float>(width: 4096, preset: .llama)
/// let y = try norm.inference(x, shape: [128, 4096])
/// let gemma = try RMSNorm<Float>(width: 2304, preset: .gemma)   // y = x̂ · (1 + γ)
/// ```
///
/// The layer is a value, and no call changes it: any number of threads may share one.
///
/// - References: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019,
///   <https://arxiv.org/abs/1910.07467>.
public struct RMSNorm<Scalar: NormalizationScalar>: RowNormalization, Equatable {
    /// Rows stay where they are.
    public static var isCentered: Bool { false }

    /// The number of values normalized together, k.
    public let width: Int
    /// The scale γ; ``AffineParameter/perChannel(_:)`` is one number for each value of a row.
    public var gamma: AffineParameter<Scalar>
    /// The shift β; ``AffineParameter/perChannel(_:)`` is one number for each value of a row.
    public var beta: AffineParameter<Scalar>
    /// The small number ε inside the root, above zero.
    public var epsilon: Double
    /// u, what is added to γ, in `Double`: 0, or 1 where γ is stored as its distance from 1, as Gemma does.
    public var scaleOffset: Double
    /// The engine that does the work.
    public var engine: Engine
    /// The most threads one call may use, at least 1; `nil` is one for each half megabyte, at most one
    /// per processor. Small tensors use one in any case. No result depends on it.
    public var threadLimit: Int?

    /// A layer from its parts.
    ///
    /// - Parameters:
    ///   - width: k, zero or more.
    ///   - gamma: the scale; per value, it has k numbers.
    ///   - beta: the shift; per value, it has k numbers.
    ///   - epsilon: the small number inside the root, above zero.
    ///   - scaleOffset: what is added to γ.
    ///   - engine: the engine that does the work.
    ///   - threadLimit: the most threads one call may use; `nil` goes by size and processors.
    /// - Throws: ``NormalizationError`` naming the part that does not fit.
    public init(
        width: Int, gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar> = .absent,
        epsilon: Double, scaleOffset: Double = 0, engine: Engine = .default,
        threadLimit: Int? = nil
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

    /// A layer at its start: a scale of 1 for each value of a row, and no shift.
    ///
    /// - Parameters:
    ///   - width: k, zero or more.
    ///   - preset: whose ε and offset.
    /// - Throws: ``NormalizationError`` when the width or the preset is not usable.
    public init(width: Int, preset: RowPreset = .pyTorch) throws(NormalizationError) {
        try self.init(
            width: width, gamma: .perValue(repeating: 1 - preset.scaleOffset, count: width),
            epsilon: preset.rmsNormEpsilon ?? Double(Scalar.ulpOfOne),
            scaleOffset: preset.scaleOffset)
    }
}

/// The statistics that x̂ was made with in the forward pass that is differentiated or inverted.
///
/// More cases may come before 1.0.
public enum NormalizingStatistics: Sendable, Equatable {
    /// Those of the batch, as training forward returned them: ∂x accounts for their dependence on x.
    case batch(BatchStatistics)
    /// The layer's running ones, as in inference: constants.
    case running
    /// Those of batch renormalization, as its forward returned them: ∂x accounts for the dependence of the
    /// batch's on x, and takes r and d for constants.
    case renormalized(RenormStatistics)
}

/// Which gradients are wanted.
public struct GradientSelection: OptionSet, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// A selection from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// ∂x
    public static let input = GradientSelection(rawValue: 1)
    /// ∂γ
    public static let gamma = GradientSelection(rawValue: 2)
    /// ∂β
    public static let beta = GradientSelection(rawValue: 4)
    /// ∂residual, of calls on arrays; calls on spans take a buffer for it.
    public static let residual = GradientSelection(rawValue: 8)
    /// ∂γ and ∂β
    public static let parameters: GradientSelection = [.gamma, .beta]
    /// ∂x, ∂γ and ∂β
    public static let all: GradientSelection = [.input, .gamma, .beta]
}

/// ∂γ and ∂β of a call: `nil` where the parameter is absent or its gradient was not asked for, one
/// number where it is shared, C numbers where it is per channel.
public struct ParameterGradients<Scalar: NormalizationScalar>: Sendable, Equatable {
    /// ∂γ: Σ g · x̂, per channel or over all of them.
    public var gamma: [Scalar]?
    /// ∂β: Σ g, per channel or over all of them.
    public var beta: [Scalar]?
}

/// The gradients of a call on arrays: `nil` where not asked for.
public struct Gradients<Scalar: NormalizationScalar>: Sendable, Equatable {
    /// ∂x, in the shape of x.
    public var input: [Scalar]?
    /// ∂γ: Σ g · x̂, per channel or over all of them; `nil` where γ is absent.
    public var gamma: [Scalar]?
    /// ∂β: Σ g, per channel or over all of them; `nil` where β is absent.
    public var beta: [Scalar]?
    /// ∂residual, in the shape of x.
    public var residual: [Scalar]?
}

/// How the matrix W that whitens a group of channels is made from its covariance with ε, Σ. Each has
/// W · Σ · Wᵀ = I, or nearly so; they differ by a rotation.
///
/// More cases may come before 1.0.
public enum WhiteningMethod: Sendable, Hashable {
    /// W = D · Λ^(−1/2) · Dᵀ from Σ = D · Λ · Dᵀ: symmetric, and of all the nearest to the identity, so that a
    /// channel stays what it was as far as it can.
    case zca
    /// W = L⁻¹ from Σ = L · Lᵀ: the cheapest. A channel is freed of those before it, so it depends on their order.
    case cholesky
    /// Newton's iteration for Σ^(−1/2), stopped early: P ← (3P − P³ · Σ/τ)/2 from the identity, `iterations` times,
    /// with τ = tr Σ, and W = P/√τ. Directions of small variance stay partly unwhitened, which is
    /// why it is stable; 5 iterations amplify by 7.6/√τ at most.
    ///
    /// It is computed from the eigenvalues, which gives the same W, and never diverges.
    case newton(iterations: Int)

    /// ε where none is named: 1e-3, and 1e-5 for Newton's iteration.
    public var defaultEpsilon: Double {
        switch self {
        case .zca, .cholesky: 1e-3
        case .newton: 1e-5
        }
    }

    func check() throws(NormalizationError) {
        if case .newton(let iterations) = self { try WhiteningLimits.check(iterations: iterations) }
    }
}

package import Normalization

/// The layers the study compares.
package enum NormalizationKind: String, Sendable, CaseIterable {
    /// No normalization.
    case none
    /// γ and β per channel.
    case standard
    /// One γ for all channels, β per channel.
    case weightShared = "weight-shared"
    /// One γ and one β for all channels.
    case parameterShared = "parameter-shared"
    /// γ per channel, no β.
    case gammaOnly = "gamma-only"
    /// β per channel, no γ.
    case betaOnly = "beta-only"

    /// γ and β of this kind from a number for each channel, of which a shared one takes the first.
    package func parameters<Scalar: NormalizationScalar>(
        gamma: [Scalar], beta: [Scalar]
    ) -> (gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>) {
        switch self {
        case .none: (.absent, .absent)
        case .standard: (.perChannel(gamma), .perChannel(beta))
        case .weightShared: (.shared(gamma[0]), .perChannel(beta))
        case .parameterShared: (.shared(gamma[0]), .shared(beta[0]))
        case .gammaOnly: (.perChannel(gamma), .absent)
        case .betaOnly: (.absent, .perChannel(beta))
        }
    }

    /// The library layer of this kind, or `nil` for none; γ starts at `gammaStart`, β at 0.
    package func batchNorm<Scalar: NormalizationScalar>(
        channels: Int, gammaStart: Scalar
    ) throws(NormalizationError) -> BatchNorm<Scalar>? {
        if self == .none { return nil }
        let running = try RunningStatistics(channels: channels)
        let (gamma, beta) = parameters(
            gamma: [Scalar](repeating: gammaStart, count: channels),
            beta: [Scalar](repeating: 0, count: channels))
        return try BatchNorm(
            channels: channels, gamma: gamma, beta: beta, runningStatistics: running,
            threadLimit: 1)
    }
}

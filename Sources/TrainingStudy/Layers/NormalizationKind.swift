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

    /// The library layer of this kind, or `nil` for none; γ starts at `gammaStart`, β at 0.
    package func batchNorm<Scalar: NormalizationScalar>(
        channels: Int, gammaStart: Scalar
    ) throws(NormalizationError) -> BatchNorm<Scalar>? {
        let everyGamma = AffineParameter.perChannel(
            [Scalar](repeating: gammaStart, count: max(0, channels)))
        let everyBeta = AffineParameter.perChannel([Scalar](repeating: 0, count: max(0, channels)))
        let (gamma, beta): (AffineParameter<Scalar>, AffineParameter<Scalar>)
        switch self {
        case .none: return nil
        case .standard: (gamma, beta) = (everyGamma, everyBeta)
        case .weightShared: (gamma, beta) = (.shared(gammaStart), everyBeta)
        case .parameterShared: (gamma, beta) = (.shared(gammaStart), .shared(0))
        case .gammaOnly: (gamma, beta) = (everyGamma, .absent)
        case .betaOnly: (gamma, beta) = (.absent, everyBeta)
        }
        return try BatchNorm(
            channels: channels, gamma: gamma, beta: beta,
            runningStatistics: RunningStatistics(channels: channels), threadLimit: 1)
    }
}

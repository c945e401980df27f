package import Normalization

/// The layers the study compares.
package enum NormalizationKind: String, Sendable, CaseIterable {
    /// No normalization.
    case none
    /// Batch normalization, γ and β per channel.
    case standard
    /// Batch normalization, one γ for all channels, β per channel.
    case weightShared = "weight-shared"
    /// Batch normalization, one γ and one β for all channels.
    case parameterShared = "parameter-shared"
    /// Batch normalization, γ per channel, no β.
    case gammaOnly = "gamma-only"
    /// Batch normalization, β per channel, no γ.
    case betaOnly = "beta-only"
    /// Group normalization, four groups of channels.
    case group
    /// Instance normalization, γ and β per channel.
    case instance
    /// Layer normalization of a whole sample, or of a frame of a sequence.
    case layer
    /// RMS normalization of the same.
    case rms
    /// Batch renormalization.
    case renormalized
    /// Batch normalization of parts of a batch.
    case ghost
    /// Batch normalization of padded sequences that takes the padding for data.
    case unmasked
    /// Batch normalization with γ and β of the class that is asked for.
    case conditional

    /// The kinds of batch normalization that differ in γ and β alone.
    package static let batchKinds: [NormalizationKind] = [
        .standard, .weightShared, .parameterShared, .gammaOnly, .betaOnly,
    ]

    /// γ and β of this kind from a number for each channel, of which a shared one takes the first.
    package func parameters<Scalar: NormalizationScalar>(
        gamma: [Scalar], beta: [Scalar]
    ) -> (gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>) {
        switch self {
        case .none, .conditional: (.absent, .absent)
        case .weightShared: (.shared(gamma[0]), .perChannel(beta))
        case .parameterShared: (.shared(gamma[0]), .shared(beta[0]))
        case .gammaOnly, .rms: (.perChannel(gamma), .absent)
        case .betaOnly: (.absent, .perChannel(beta))
        case .standard, .group, .instance, .layer, .renormalized, .ghost, .unmasked:
            (.perChannel(gamma), .perChannel(beta))
        }
    }
}

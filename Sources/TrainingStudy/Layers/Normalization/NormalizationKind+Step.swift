package import Normalization

extension NormalizationKind {
    /// The most samples of a part where batches are normalized in parts.
    package static let ghostSize = 8

    /// The step of a network that this kind is, or `nil` for none; γ starts at `gammaStart`, β at 0.
    ///
    /// - Parameters:
    ///   - shape: that of one sample, or of one frame of a sequence, channels first.
    ///   - gammaStart: where γ starts.
    ///   - classes: how many γ and β there are to choose from, where the class does.
    ///   - isPadded: whether the rows are those of padded sequences, as ``FrameRows`` makes them.
    package func step<Scalar: NormalizationScalar>(
        shape: [Int], gammaStart: Scalar = 1, classes: Int = 1, isPadded: Bool = false
    ) throws(NormalizationError) -> (any Layer<Scalar>)? {
        let channels = shape[0]
        func numbers(_ count: Int) -> (AffineParameter<Scalar>, AffineParameter<Scalar>) {
            parameters(
                gamma: [Scalar](repeating: gammaStart, count: count),
                beta: [Scalar](repeating: 0, count: count))
        }
        switch self {
        case .none: return nil
        case .group, .instance:
            let (gamma, beta) = numbers(channels)
            let groups = self == .instance ? channels : channels.isMultiple(of: 4) ? 4 : 1
            return GroupNormalization(
                try GroupNorm(
                    channels: channels, groups: groups, gamma: gamma, beta: beta, threadLimit: 1))
        case .layer:
            let (gamma, beta) = numbers(shape.reduce(1, *))
            return RowNormalizing(
                try LayerNorm(
                    width: shape.reduce(1, *), gamma: gamma, beta: beta, threadLimit: 1))
        case .rms:
            let (gamma, beta) = numbers(shape.reduce(1, *))
            return RowNormalizing(
                try RMSNorm(
                    width: shape.reduce(1, *), gamma: gamma, beta: beta,
                    epsilon: RowPreset.pyTorch.layerNormEpsilon, threadLimit: 1))
        case .conditional:
            return try ConditionalBatchNormalization(channels: channels, classes: classes)
        case .standard, .weightShared, .parameterShared, .gammaOnly, .betaOnly, .renormalized,
            .ghost, .unmasked:
            let (gamma, beta) = numbers(channels)
            let layer = try BatchNorm(
                channels: channels, gamma: gamma, beta: beta,
                runningStatistics: RunningStatistics(channels: channels), threadLimit: 1)
            return BatchNormalization(layer, over: samples(isPadded))
        }
    }

    /// What a kind of batch normalization takes its statistics from.
    private func samples(_ isPadded: Bool) -> BatchSamples {
        switch self {
        case .renormalized: .renormalized
        case .ghost: .parts(size: Self.ghostSize)
        case .unmasked: .all
        default: isPadded ? .valid : .all
        }
    }
}

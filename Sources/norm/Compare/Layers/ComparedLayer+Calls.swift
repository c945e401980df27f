import Normalization

extension ComparedLayer {
    /// The layer over the channels of x, ready for calls.
    ///
    /// - Throws: `NormalizationError` where x has no statistics of the kind that it needs, such as one value
    ///   a group.
    func calls<Element: ComparedElement>(
        _ tensor: ComparedTensor<Element>
    ) throws(NormalizationError) -> any ComparedCalls<Element> {
        switch self {
        case .standard, .weightShared, .parameterShared:
            try ComparedBatch(tensor, gamma: tensor.gamma(self), beta: tensor.beta(self))
        case .perSample: try ComparedPerSample(tensor)
        case .renormalized: try ComparedRenorm(tensor)
        case .ghost: try ComparedGhost(tensor)
        case .masked: try ComparedMask(tensor)
        case .group: try ComparedGroup(tensor, groups: tensor.groups)
        case .instance: try ComparedGroup(tensor, groups: tensor.geometry.channels)
        case .layer:
            try ComparedRows(tensor) { width throws(NormalizationError) in
                try LayerNorm(
                    width: width, gamma: tensor.gamma(self), beta: tensor.beta(self))
            }
        case .rms:
            try ComparedRows(tensor) { width throws(NormalizationError) in
                try RMSNorm(width: width, gamma: tensor.gamma(self), epsilon: 1e-5)
            }
        }
    }
}

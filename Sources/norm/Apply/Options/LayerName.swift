import ArgumentParser

/// The layers that `norm apply` can call.
enum LayerName: String, CaseIterable, ExpressibleByArgument {
    case batch
    case group
    case instance
    case layer
    case rms
    case whitening

    /// Whether statistics are of the whole batch, so that there are running ones.
    var hasBatch: Bool { self == .batch || self == .whitening }

    /// Whether rows of the last axes are normalized, so that there are no channels.
    var hasRows: Bool { self == .layer || self == .rms }

    /// The frameworks and models whose numbers it can have.
    var presets: [PresetName] {
        switch self {
        case .batch, .whitening: [.pytorch, .keras, .onnx]
        case .group, .instance, .layer: [.pytorch, .keras, .onnx, .flax, .mlx]
        case .rms: PresetName.allCases
        }
    }
}

/// A layer that engines are compared on.
enum ComparedLayer: String, CaseIterable {
    case standard
    case weightShared = "weight-shared"
    case parameterShared = "parameter-shared"
    case perSample = "per-sample"
    case renormalized
    case ghost
    case masked
    case group
    case instance
    case layer
    case rms

    /// Whether its statistics are of the batch, which then has more than one value a channel.
    var hasBatch: Bool {
        switch self {
        case .standard, .weightShared, .parameterShared, .perSample, .renormalized, .ghost, .masked:
            true
        case .group, .instance, .layer, .rms: false
        }
    }
}

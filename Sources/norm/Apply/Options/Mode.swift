import ArgumentParser

/// Which call of the layer is made.
enum Mode: String, CaseIterable, ExpressibleByArgument {
    case training
    case inference
    case backward
    case inferenceBackward = "inference-backward"

    /// Whether gradients are asked for.
    var isBackward: Bool { self == .backward || self == .inferenceBackward }

    /// Whether the batch's statistics are used and taken into the running ones.
    var isTraining: Bool { self == .training || self == .backward }
}

public import ArgumentParser
public import Normalization

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

/// A preset by its name on the command line.
enum PresetName: String, CaseIterable, ExpressibleByArgument {
    case pytorch
    case keras
    case onnx

    var preset: Preset {
        switch self {
        case .pytorch: .pyTorch
        case .keras: .keras
        case .onnx: .onnx
        }
    }
}

extension Engine: ExpressibleByArgument {}
extension NonFinitePolicy: ExpressibleByArgument {}
extension VarianceEstimator: ExpressibleByArgument {}

public import ArgumentParser
public import Normalization

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

    var groupPreset: GroupPreset {
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

public import ArgumentParser
public import Normalization

/// A preset by its name on the command line.
enum PresetName: String, CaseIterable, ExpressibleByArgument {
    case pytorch
    case keras
    case onnx
    case flax
    case mlx
    case gemma
    case llama

    /// Its numbers for batch normalization; nil where it has none.
    var preset: Preset? {
        switch self {
        case .pytorch: .pyTorch
        case .keras: .keras
        case .onnx: .onnx
        case .flax, .mlx, .gemma, .llama: nil
        }
    }

    /// Its numbers for group and instance normalization; nil where it has none.
    var groupPreset: GroupPreset? {
        switch self {
        case .pytorch: .pyTorch
        case .keras: .keras
        case .onnx: .onnx
        case .flax: .flax
        case .mlx: .mlx
        case .gemma, .llama: nil
        }
    }

    /// Its numbers for layer and RMS normalization.
    var rowPreset: RowPreset {
        switch self {
        case .pytorch: .pyTorch
        case .keras: .keras
        case .onnx: .onnx
        case .flax: .flax
        case .mlx: .mlx
        case .gemma: .gemma
        case .llama: .llama
        }
    }
}

extension Engine: ExpressibleByArgument {}
extension MaskedOutput: ExpressibleByArgument {}
extension NonFinitePolicy: ExpressibleByArgument {}
extension VarianceEstimator: ExpressibleByArgument {}

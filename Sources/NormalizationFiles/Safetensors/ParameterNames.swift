public import Normalization

/// What a framework calls the tensors of a batch normalization, behind the layer's own name and a dot.
///
/// | | ``pyTorch`` | ``keras`` |
/// | --- | --- | --- |
/// | γ | `weight` | `gamma` |
/// | β | `bias` | `beta` |
/// | running mean | `running_mean` | `moving_mean` |
/// | running variance | `running_var` | `moving_variance` |
/// | number of updates | `num_batches_tracked` | – |
public enum ParameterNames: String, Sendable, CaseIterable {
    /// PyTorch's names.
    case pyTorch
    /// Keras's names, as `docs/convert_to_safetensors.py` joins them.
    case keras

    /// ε, update weight and variance estimator that the framework has by default: files hold none of
    /// them.
    public var preset: Preset { self == .pyTorch ? .pyTorch : .keras }

    var gamma: String { self == .pyTorch ? "weight" : "gamma" }
    var beta: String { self == .pyTorch ? "bias" : "beta" }
    var mean: String { self == .pyTorch ? "running_mean" : "moving_mean" }
    var variance: String { self == .pyTorch ? "running_var" : "moving_variance" }
    var updateCount: String? { self == .pyTorch ? "num_batches_tracked" : nil }

    /// All names of one layer.
    func all(of prefix: String, withRunningStatistics: Bool) -> [String] {
        let statistics =
            withRunningStatistics ? [mean, variance] + [updateCount].compactMap(\.self) : []
        return ([gamma, beta] + statistics).map { tensorName(prefix, $0) }
    }
}

/// `prefix.name`, or `name` alone for a layer that is a whole file.
func tensorName(_ prefix: String, _ name: String) -> String {
    prefix.isEmpty ? name : "\(prefix).\(name)"
}

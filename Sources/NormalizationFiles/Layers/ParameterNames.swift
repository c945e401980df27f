public import Normalization

/// What a framework calls the tensors of a normalization, behind the layer's own name and a dot or a
/// slash.
///
/// | | ``pyTorch`` | ``keras`` | ``burn`` | ``kerasVariables`` |
/// | --- | --- | --- | --- | --- |
/// | γ | `weight` | `gamma` | `gamma` | `0` |
/// | β | `bias` | `beta` | `beta` | `1` |
/// | running mean | `running_mean` | `moving_mean` | `running_mean` | `2` |
/// | running variance | `running_var` | `moving_variance` | `running_var` | `3` |
/// | number of updates | `num_batches_tracked` | – | – | – |
///
/// `running_variance` is read for `running_var`, and Keras's names also with the `:0` that files of
/// TensorFlow have behind them. Keras calls the γ of its RMS normalization `scale`.
public enum ParameterNames: String, Sendable, CaseIterable {
    /// PyTorch's names.
    case pyTorch
    /// Keras's names, as `docs/convert_to_safetensors.py` joins them.
    case keras
    /// The names of Burn.
    case burn
    /// The numbered variables of Keras's files of weights, such as `layers/batch_normalization/vars/0`;
    /// the layer's own name ends with `vars`. Only layers with all four of them can be told.
    case kerasVariables

    /// ε, update weight and variance estimator that the framework has by default: what holds where a
    /// file says nothing of them.
    public var preset: Preset {
        switch self {
        case .pyTorch, .burn: .pyTorch
        case .keras, .kerasVariables: .keras
        }
    }

    /// The names of one parameter: the first is written, all are read; none where the framework has no
    /// such parameter.
    func spellings(of parameter: LayerParameter) -> [String] {
        switch (self, parameter) {
        case (.pyTorch, .gamma): ["weight"]
        case (.pyTorch, .beta): ["bias"]
        case (.pyTorch, .updateCount): ["num_batches_tracked"]
        case (.keras, .gamma): ["gamma", "gamma:0", "scale", "scale:0"]
        case (.keras, .beta): ["beta", "beta:0"]
        case (.keras, .mean): ["moving_mean", "moving_mean:0"]
        case (.keras, .variance): ["moving_variance", "moving_variance:0"]
        case (.burn, .gamma): ["gamma"]
        case (.burn, .beta): ["beta"]
        case (.pyTorch, .mean), (.burn, .mean): ["running_mean"]
        case (.pyTorch, .variance), (.burn, .variance): ["running_var", "running_variance"]
        case (.kerasVariables, .gamma): ["0"]
        case (.kerasVariables, .beta): ["1"]
        case (.kerasVariables, .mean): ["2"]
        case (.kerasVariables, .variance): ["3"]
        case (_, .updateCount): []
        }
    }

    /// The name that is written.
    func name(of parameter: LayerParameter, in kind: LayerKind = .batch) -> String? {
        self == .keras && kind == .rms && parameter == .gamma
            ? "scale" : spellings(of: parameter).first
    }

    /// The parameter that a name behind the layer's own is of.
    package func parameter(named name: String) -> LayerParameter? {
        LayerParameter.allCases.first { spellings(of: $0).contains(name) }
    }
}

/// The tensors of a normalization, of which only batch normalizations have more than γ and β.
package enum LayerParameter: CaseIterable {
    case gamma
    case beta
    case mean
    case variance
    case updateCount
}

/// `prefix.name`, or `name` alone for a layer that is a whole file.
func tensorName(_ prefix: String, _ name: String, separator: String = ".") -> String {
    prefix.isEmpty ? name : "\(prefix)\(separator)\(name)"
}

import Normalization

/// γ and β as tensors of a framework's names, of `shape` where they are not shared; absent ones are left out.
func affineTensors<Scalar: NormalizationScalar>(
    _ parameters: (gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>), shape: [Int],
    of kind: LayerKind, prefix: String, names: ParameterNames
) throws(FileError) -> [SafetensorsTensor] {
    var tensors: [SafetensorsTensor] = []
    for (parameter, part) in [(parameters.gamma, LayerParameter.gamma), (parameters.beta, .beta)] {
        guard parameter != .absent, let part = names.name(of: part, in: kind) else { continue }
        var own: [Int] = []
        if case .perChannel = parameter { own = shape }
        let name = tensorName(prefix, part, separator: names == .kerasVariables ? "/" : ".")
        tensors.append(
            Scalar.self == Float.self
                ? try SafetensorsTensor(
                    name: name, shape: own, values: parameter.values.map { Float($0) })
                : try SafetensorsTensor(
                    name: name, shape: own, values: parameter.values.map { Double($0) }))
    }
    return tensors
}

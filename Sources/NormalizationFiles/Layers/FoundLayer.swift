/// The tensors under one name, told apart by what a framework calls them.
package struct FoundLayer {
    package let prefix: String
    package let names: ParameterNames
    package let tensors: [LayerParameter: NamedTensor]

    /// Tensors under the same name that are none of a batch normalization's by these names.
    package let others: [NamedTensor]

    /// Parameters that have two tensors, by two spellings.
    let isAmbiguous: Bool

    private let separator: String

    /// The tensors of `all` as `names` call them.
    init(_ prefix: String, _ all: [NamedTensor], names: ParameterNames) {
        self.prefix = prefix
        self.names = names
        var tensors: [LayerParameter: NamedTensor] = [:]
        var others: [NamedTensor] = []
        var isAmbiguous = false
        for tensor in all {
            guard let parameter = names.parameter(named: tensor.part) else {
                others.append(tensor)
                continue
            }
            isAmbiguous = isAmbiguous || tensors[parameter] != nil
            tensors[parameter] = tensor
        }
        self.tensors = tensors
        self.others = others
        self.isAmbiguous = isAmbiguous
        let slash = all.contains { $0.name.utf8.count > $0.part.utf8.count && $0.hasSlash }
        separator = slash ? "/" : "."
    }

    /// The tensors of `all` as the framework calls them whose names explain most of them, running
    /// statistics before all.
    package static func guessed(_ prefix: String, _ all: [NamedTensor]) -> FoundLayer {
        let found = ParameterNames.allCases.map { FoundLayer(prefix, all, names: $0) }
        func rank(_ layer: FoundLayer) -> Int {
            // Numbered variables say nothing unless all are there.
            if layer.names == .kerasVariables, layer.tensors.count < 4 { return 0 }
            let statistics = [.mean, .variance].count { layer.tensors[$0] != nil }
            return 10 * statistics + layer.tensors.count
        }
        // The first of the best: PyTorch's where two explain as much.
        return found.reduce(found[0]) { rank($1) > rank($0) ? $1 : $0 }
    }

    /// The name that a parameter's tensor has, or would have.
    func name(of parameter: LayerParameter) -> String? {
        tensors[parameter]?.name
            ?? names.name(of: parameter).map { tensorName(prefix, $0, separator: separator) }
    }

    /// Whether another framework has a name for one of the tensors that this one has none for.
    var hasNamesOfTwo: Bool {
        others.contains { other in
            ParameterNames.allCases.contains { names in
                names != .kerasVariables && names.parameter(named: other.part) != nil
            }
        }
    }

    /// The number of channels where running mean and variance are there, one number a channel each.
    var trackedChannels: Int? {
        guard let mean = tensors[.mean]?.entry, let variance = tensors[.variance]?.entry,
            mean.shape.count == 1, mean.count > 0, variance.shape == mean.shape
        else { return nil }
        if names == .kerasVariables {
            // Four vectors of one length are a batch normalization's; fewer are anything's.
            guard tensors.count == 4, tensors.values.allSatisfy({ $0.entry.shape == mean.shape })
            else {
                return nil
            }
        }
        return mean.count
    }
}

extension NamedTensor {
    /// Whether a slash stands before the part.
    fileprivate var hasSlash: Bool {
        name.utf8.dropLast(part.utf8.count).last == UInt8(ascii: "/")
    }
}

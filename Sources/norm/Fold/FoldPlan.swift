import Normalization
import NormalizationFiles

/// What `norm fold` is asked for, found in the model: checked as a whole before anything is written.
struct FoldPlan {
    let model: SafetensorsModel
    private(set) var folds: [LayerFold] = []

    /// - Throws: ``Failure`` naming the pair and the layer that is not there, is there twice, or cannot be
    ///   folded.
    init(_ pairs: [PairOption], epsilon: Double?, in model: SafetensorsModel) throws(Failure) {
        self.model = model
        let linears = model.index.prefixes.sorted(by: inNaturalOrder)
            .compactMap { LinearTensors($0, in: model.index) }
        var taken: Set<ExactText> = []
        let aliases = Self.aliases(of: model)
        for pair in pairs {
            let matched = linears.filter { !pair.linear.readings(of: $0.prefix).isEmpty }
            guard !matched.isEmpty else { throw Self.missing(pair, linears) }
            for linear in matched {
                let norm = try Self.norm(behind: linear, pair, model)
                guard taken.insert(ExactText(linear.prefix)).inserted else {
                    throw .call("--pair \(pair.text): \(linear.prefix) is in another pair, too")
                }
                let fold = try LayerFold(linear, norm, pair, epsilon: epsilon, in: model)
                for tensor in [linear.weights, linear.bias].compactMap(\.self) {
                    let others = aliases[ExactText(tensor.entry.name)] ?? []
                    if let other = (others + [tensor.entry.name]).first(where: { $0 != tensor.name }
                    ) {
                        throw .data(
                            "\(fold.name): \"\(tensor.name)\" is \"\(other)\", too: expected a "
                                + "tensor of its own, since folding changes both")
                    }
                }
                folds.append(fold)
            }
        }
    }

    /// The batch normalizations of the model that stay as they are.
    var left: [String] {
        let folded = Set(folds.map { ExactText($0.norm.prefix) })
        return model.batchNorms.map(\.prefix).filter { !folded.contains(ExactText($0)) }
    }

    /// The normalization that a layer is paired with.
    private static func norm(
        behind linear: LinearTensors, _ pair: PairOption, _ model: SafetensorsModel
    ) throws(Failure) -> FoundLayer {
        let names = pair.linear.readings(of: linear.prefix).map { pair.norm.name($0) }
        let found = names.map { model.found($0) }.first {
            $0.tensors[.mean] != nil && $0.tensors[.variance] != nil
        }
        if let found { return found }
        let near = model.batchNorms.map(\.prefix).prefix(5)
        throw .data(
            "--pair \(pair.text): \(linear.prefix): expected a batch normalization \"\(names[0])\" with "
                + "running statistics, found "
                + (near.isEmpty
                    ? "none, nor another" : "none; there is \(near.joined(separator: ", "))"))
    }

    private static func missing(_ pair: PairOption, _ linears: [LinearTensors]) -> Failure {
        let near = linears.map(\.prefix).prefix(5).joined(separator: ", ")
        return .data(
            "--pair \(pair.text): expected a convolution or dense layer \"\(pair.linear.text)\" with "
                + "\"weight\" or \"kernel\", found "
                + (near.isEmpty ? "none, nor another" : "none; there is \(near)"))
    }

    /// The other names of tensors, by the name that they have in their file.
    static func aliases(of model: SafetensorsModel) -> [ExactText: [String]] {
        var aliases: [ExactText: [String]] = [:]
        for file in model.files {
            for (alias, name) in file.metadata
            where file.entry(named: alias) == nil && file.entry(named: name) != nil {
                aliases[ExactText(name), default: []].append(alias)
            }
        }
        return aliases.mapValues { $0.sorted() }
    }
}

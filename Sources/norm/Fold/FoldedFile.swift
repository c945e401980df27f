import Normalization
import NormalizationFiles

/// One file of a model with its layers folded: its tensors in their order, and what each is made of.
struct FoldedFile {
    /// What a tensor of the new file is.
    private enum Content {
        /// The bytes of the old file.
        case copy(SafetensorsEntry)
        case weights(LayerFold)
        case bias(EncodedNumbers)
    }

    private let source: SafetensorsFile
    private let contents: [Content]
    private let layout: SafetensorsLayout
    /// The names of the tensors.
    let names: [String]
    /// How many tensors are as they were.
    let copied: Int

    /// The number of bytes of all tensors.
    var dataCount: Int { layout.dataCount }

    /// Arranges file `index` of the plan's model; biases are folded here, weights when they are written.
    init(_ index: Int, of plan: FoldPlan, named path: String) throws {
        let source = plan.model.files[index]
        self.source = source
        var changed: [ExactText: Content] = [:]
        var added: [(name: String, type: SafetensorsType, shape: [Int], content: Content)] = []
        for fold in plan.folds {
            let (weights, bias) = (fold.linear.weights, fold.linear.bias)
            if weights.file == index { changed[ExactText(weights.entry.name)] = .weights(fold) }
            if let bias, bias.file == index {
                changed[ExactText(bias.entry.name)] = try .bias(fold.bias())
            }
            if bias == nil, weights.file == index {
                added.append(
                    (
                        fold.linear.newBiasName, fold.biasType, [fold.layer.outputs],
                        .bias(try fold.bias())
                    ))
            }
        }
        let (gone, metadata) = Self.removed(plan, source)
        var tensors: [(name: String, type: SafetensorsType, shape: [Int])] = []
        var contents: [Content] = []
        for entry in source.entries where !gone.contains(ExactText(entry.name)) {
            tensors.append((entry.name, entry.type, entry.shape))
            contents.append(changed[ExactText(entry.name)] ?? .copy(entry))
        }
        for tensor in added {
            tensors.append((tensor.name, tensor.type, tensor.shape))
            contents.append(tensor.content)
        }
        let layout = try SafetensorsLayout(tensors, metadata: metadata, file: path)
        self.layout = layout
        self.contents = layout.order.map { contents[$0] }
        names = layout.order.map { tensors[$0].name }
        copied = contents.count { if case .copy = $0 { true } else { false } }
    }

    /// The tensors that are gone, and the metadata without them.
    private static func removed(
        _ plan: FoldPlan, _ source: SafetensorsFile
    ) -> (gone: Set<ExactText>, metadata: [String: String]) {
        let names = Set(plan.folds.flatMap { $0.removed.map { ExactText($0.name) } })
        var metadata = source.metadata
        for fold in plan.folds { metadata["normalization.\(fold.norm.prefix)"] = nil }
        var kept: Set<ExactText> = []
        for (alias, name) in source.metadata
        where source.entry(named: alias) == nil && source.entry(named: name) != nil {
            // A tensor that another layer has by another name stays, under the name that it has.
            if names.contains(ExactText(alias)) {
                metadata[alias] = nil
            } else {
                kept.insert(ExactText(name))
            }
        }
        return (names.subtracting(kept), metadata)
    }

    /// Writes the file.
    func write(to file: inout AtomicFile) throws {
        try file.write(layout.header)
        for content in contents {
            switch content {
            case .weights(let fold): try fold.writeWeights(to: &file)
            case .bias(let numbers): try file.write(numbers)
            case .copy(let entry):
                try source.forEachPiece(of: entry) { _, bytes in try file.write(bytes) }
            }
        }
    }
}

import Normalization

/// The layers of one file, or of several that make up a model.
struct LayerSource {
    /// What errors call the model.
    let name: String
    let files: [SafetensorsFile]
    let index: LayerIndex

    /// The batch normalizations that have running statistics, by prefix.
    var batchNorms: [BatchNormEntry] {
        index.prefixes.compactMap { prefix in
            let layer = FoundLayer.guessed(prefix, index.tensors(of: prefix))
            guard let channels = layer.trackedChannels else { return nil }
            return BatchNormEntry(
                prefix: prefix, names: layer.names, channels: channels,
                hasGamma: layer.tensors[.gamma] != nil, hasBeta: layer.tensors[.beta] != nil,
                settings: (try? settings(of: prefix)) ?? LayerSettings())
        }.sorted { inNaturalOrder($0.prefix, $1.prefix) }
    }

    /// What the metadata say of a layer.
    func settings(of prefix: String) throws(FileError) -> LayerSettings {
        for file in files {
            guard let text = file.metadata[LayerSettings.key(prefix)] else { continue }
            guard let settings = LayerSettings(text) else {
                throw .layerSettings(file: file.name, prefix: prefix, found: text)
            }
            return settings
        }
        return LayerSettings()
    }

    /// The layer `prefix`, by the names of a framework or by those that it has; those of other layers of
    /// this kind are in the error where it is not there.
    ///
    /// - Parameter mayBeBare: whether it is one, too, that has no tensors.
    func layer(
        _ prefix: String, names: ParameterNames?, of kind: LayerKind = .batch,
        mayBeBare: Bool = false
    ) throws(FileError) -> FoundLayer {
        var (prefix, tensors) = (prefix, index.tensors(of: prefix))
        if tensors.isEmpty {
            // Keras's files of weights put a layer's numbered variables below it.
            let variables = index.tensors(of: "\(prefix)/vars")
            if !variables.isEmpty { (prefix, tensors) = ("\(prefix)/vars", variables) }
        }
        let layer =
            if let names { FoundLayer(prefix, tensors, names: names) } else {
                FoundLayer.guessed(prefix, tensors)
            }
        if layer.tensors.isEmpty, !(mayBeBare && tensors.isEmpty) {
            throw .missingLayer(file: name, prefix: prefix, similar: similar(to: prefix, kind))
        }
        if layer.isAmbiguous || names == nil && layer.hasNamesOfTwo {
            throw .ambiguousNames(file: name, prefix: prefix)
        }
        return layer
    }

    /// The numbers of a tensor.
    func values<Scalar: BinaryFloatingPoint>(
        of tensor: NamedTensor, as _: Scalar.Type = Scalar.self
    ) throws(FileError) -> [Scalar] {
        try files[tensor.file].values(of: tensor.entry.name)
    }

    /// A whole number, whatever the type it is stored in.
    func wholeNumber(of tensor: NamedTensor) throws(FileError) -> Int {
        try files[tensor.file].wholeNumber(of: tensor.entry.name)
    }

    /// Layers whose names are near to one that is not there, or names that only look like a layer's:
    /// at most five.
    private func similar(to prefix: String, _ kind: LayerKind) -> [String] {
        func parts(_ name: String) -> [Substring] { name.split { $0 == "." || $0 == "/" } }
        let wanted = Set(parts(prefix).map { $0.lowercased() })
        let layers =
            kind == .batch
            ? batchNorms.map(\.prefix)
            : normalizations.filter { $0.kinds.contains(kind) }.map(\.prefix)
        let known = Set(layers.map { ExactText($0) })
        // Running statistics by names that are not known here.
        let unknown = index.prefixes.filter { name in
            kind == .batch && !known.contains(ExactText(name))
                && index.tensors(of: name).contains { tensor in
                    tensor.entry.shape.count == 1
                        && ["mean", "var"].contains { tensor.part.lowercased().contains($0) }
                }
        }.map { name in
            "\(name) (" + index.tensors(of: name).map(\.part).sorted().joined(separator: ", ") + ")"
        }
        func score(_ name: String) -> Int {
            Set(parts(name).map { $0.lowercased() }).intersection(wanted).count
        }
        let ranked = (layers + unknown.sorted()).enumerated().sorted {
            (-score($0.element), $0.offset) < (-score($1.element), $1.offset)
        }
        return ranked.prefix(5).map(\.element)
    }
}

import Normalization
import NormalizationFiles

/// A look at every normalization of a model, one after the other: no more than one layer's tensors are in
/// memory at a time.
struct Inspection {
    let model: SafetensorsModel
    private var nearMisses = NearMisses()

    init(_ model: SafetensorsModel) { self.model = model }

    /// The layers by name, with what only looks like one.
    ///
    /// - Throws: ``Failure`` where the system refuses to read.
    mutating func layers() throws(Failure) -> [InspectedLayer] {
        let entries = Dictionary(
            model.normalizations.map { (ExactText($0.prefix), $0) }, uniquingKeysWith: { a, _ in a }
        )
        let prefixes = Set(model.index.prefixes.map { ExactText($0) }).union(entries.keys)
        var layers: [InspectedLayer] = []
        for prefix in prefixes {
            let layer = try layer(model.found(prefix.text), entries[prefix])
            if let layer { layers.append(layer) }
        }
        return layers.sorted { inNaturalOrder($0.prefix, $1.prefix) }
    }

    private mutating func layer(
        _ found: FoundLayer, _ entry: NormalizationEntry?
    ) throws(Failure) -> InspectedLayer? {
        let hasStatistics = found.tensors[.mean] != nil || found.tensors[.variance] != nil
        let isNorm =
            entry != nil || hasStatistics
            || LayerKind.named(found.prefix, hasBeta: found.tensors[.beta] != nil) != nil
        var findings = found.others.compactMap { other in
            nearMisses.intended(other.part, isNorm: isNorm).map { name in
                Finding(
                    level: .wrong, check: .nearMiss,
                    message: "it has a tensor \"\(other.part)\" and none \"\(name)\"")
            }
        }
        if entry == nil, isNorm, !hasStatistics, let broken = brokenAffine(found) {
            findings.append(broken)
        }
        guard entry != nil || hasStatistics && found.names != .kerasVariables || !findings.isEmpty
        else { return nil }
        if let tied = tied(found) { findings.append(tied) }
        if entry?.kinds == [.batch], !hasStatistics {
            findings.append(
                Finding(
                    level: .warning, check: .noStatistics,
                    message: "it is called a batch normalization, and has no running statistics"))
        }
        guard findings.allSatisfy({ $0.level != .wrong }) else {
            return InspectedLayer(found, entry, nil, findings)
        }
        do throws(FileError) {
            let health =
                entry == nil || entry?.kinds == [.batch] && hasStatistics
                ? try batchNorm(found, &findings) : try affine(found, entry)
            return InspectedLayer(found, entry, health, findings)
        } catch {
            if case .system = error { throw .data("\(error)") }
            findings.append(Finding(level: .wrong, check: .unreadable, message: "\(error)"))
            return InspectedLayer(found, entry, nil, findings)
        }
    }

    private func batchNorm(
        _ found: FoundLayer, _ findings: inout [Finding]
    ) throws(FileError) -> LayerHealth {
        let said = try model.settings(of: found.prefix).affine
        let isBare = said == nil && found.tensors[.gamma] == nil && found.tensors[.beta] == nil
        if isBare {
            findings.append(
                Finding(
                    level: .warning, check: .noAffine,
                    message: "it has neither gamma nor beta: saved without, or they are lost"))
        }
        if (found.tensors[.gamma] == nil) != (found.tensors[.beta] == nil) {
            let (there, lost) =
                found.tensors[.beta] == nil ? ("gamma", "beta") : ("beta", "gamma")
            findings.append(
                Finding(
                    level: .warning, check: .noAffine, message: "it has \(there) and no \(lost)"))
        }
        let layer = try model.batchNorm(found.prefix, as: Double.self, isAffine: !isBare)
        let running = layer.runningStatistics
        return LayerHealth(
            kind: .batch, gamma: layer.gamma.numbers, beta: layer.beta.numbers,
            running: running.map { ($0.mean, $0.variance) },
            updates: found.tensors[.updateCount] == nil ? nil : running?.updateCount,
            epsilon: layer.epsilon,
            type: (found.tensors[.gamma] ?? found.tensors[.variance])?.entry.type ?? .float32)
    }

    /// A layer that has γ and β alone, of whatever kind.
    private func affine(
        _ found: FoundLayer, _ entry: NormalizationEntry?
    ) throws(FileError) -> LayerHealth {
        func values(_ parameter: LayerParameter) throws(FileError) -> [Double]? {
            guard let tensor = found.tensors[parameter] else { return nil }
            return try model.files[tensor.file].values(of: tensor.entry.name)
        }
        let kinds = entry?.kinds ?? []
        return try LayerHealth(
            // The kind about which least is sure.
            kind: kinds.contains(.rms) ? .rms : kinds.first ?? .layer, gamma: values(.gamma),
            beta: values(.beta))
    }

    /// What is wrong with γ and β of a layer that is called a normalization; nil where it may be something
    /// else.
    private func brokenAffine(_ found: FoundLayer) -> Finding? {
        guard found.names != .kerasVariables, let beta = found.tensors[.beta]?.entry,
            beta.shape.count == 1
        else { return nil }
        let gamma = found.tensors[.gamma]?.entry
        guard gamma.map({ $0.shape.count == 1 && $0.shape != beta.shape }) ?? true else {
            return nil
        }
        let what = gamma.map { "gamma of \($0.count) numbers and beta of \(beta.count)" }
        return Finding(
            level: .wrong, check: .unreadable, message: "it has \(what ?? "beta and no gamma")")
    }

    /// Says whose tensors these are, where another layer has them too.
    private func tied(_ found: FoundLayer) -> Finding? {
        let alias = found.tensors.values.filter { $0.name != $0.entry.name }
            .map(\.entry.name).min()
        return alias.map {
            Finding(
                level: .warning, check: .tied,
                message: "it shares tensors with another layer, such as \"\($0)\"")
        }
    }
}

extension AffineParameter {
    /// The numbers in `Double`; nil where there are none.
    fileprivate var numbers: [Double]? {
        self == .absent ? nil : values.map { Double($0) }
    }
}

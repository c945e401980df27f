/// A normalization found in a file, of whatever kind.
public struct NormalizationEntry: Equatable, Sendable {
    /// The layer's name: what stands before the last dot or slash in the names of its tensors.
    public let prefix: String
    /// Whose names its tensors have.
    public let names: ParameterNames
    /// What it may be. One kind where running statistics, metadata or the layer's name tell; several where
    /// they do not, since γ and β look the same in all of them.
    public let kinds: [LayerKind]
    /// The shape of γ and β: (C) where they are of channels.
    public let shape: [Int]
    /// Whether γ is there.
    public let hasGamma: Bool
    /// Whether β is there.
    public let hasBeta: Bool
    /// What the file says beside the tensors.
    public let settings: LayerSettings
}

extension NormalizationEntry: CustomStringConvertible {
    /// One line, such as `model.norm: layer or rms norm of (4096)`.
    public var description: String {
        let names = kinds.map(\.rawValue)
        let kind =
            names.count > 1
            ? names.dropLast().joined(separator: ", ") + " or \(names[names.count - 1])"
            : names.joined()
        let parts = [hasGamma ? "gamma" : "", hasBeta ? "beta" : ""].filter { !$0.isEmpty }
        let with = parts.isEmpty ? "" : ", \(parts.joined(separator: " and "))"
        return
            "\(prefix): \(kind) norm of (\(shape.map(String.init).joined(separator: ", ")))\(with)"
    }
}

extension LayerSource {
    /// All normalizations, by prefix.
    var normalizations: [NormalizationEntry] {
        (index.prefixes + barePrefixes).compactMap { entry($0) }
            .sorted { inNaturalOrder($0.prefix, $1.prefix) }
    }

    private func entry(_ prefix: String) -> NormalizationEntry? {
        let layer = FoundLayer.guessed(prefix, index.tensors(of: prefix))
        let settings = (try? settings(of: prefix)) ?? LayerSettings()
        guard let (kinds, shape) = layer.kinds(settings) else { return nil }
        return NormalizationEntry(
            prefix: prefix, names: layer.names, kinds: kinds, shape: shape,
            hasGamma: layer.tensors[.gamma] != nil, hasBeta: layer.tensors[.beta] != nil,
            settings: settings)
    }

    /// Layers without a tensor, of which the metadata know.
    private var barePrefixes: [String] {
        let start = LayerSettings.key("")
        let named = files.flatMap { $0.metadata.keys }.filter { $0.hasPrefix(start) }
            .map { String($0.dropFirst(start.count)) }
        return Set(named.map { ExactText($0) }).map(\.text).filter { index.tensors(of: $0).isEmpty }
    }
}

extension FoundLayer {
    /// What the layer may be, and the shape of γ and β; nil where it looks like no normalization.
    fileprivate func kinds(_ settings: LayerSettings) -> (kinds: [LayerKind], shape: [Int])? {
        if let channels = trackedChannels { return ([.batch], [channels]) }
        let tracked = [LayerParameter.mean, .variance, .updateCount].contains { tensors[$0] != nil }
        guard !tracked, others.isEmpty, !isAmbiguous else { return nil }
        let (gamma, beta) = (tensors[.gamma]?.entry, tensors[.beta]?.entry)
        let shape = [gamma, beta].compactMap { $0?.shape }.max { $0.count < $1.count } ?? []
        if let kind = settings.kind {
            // A number that all share has no shape.
            let width = settings.width
            return shape.isEmpty ? width.map { ([kind], [$0]) } : ([kind], shape)
        }
        guard names != .kerasVariables, let gamma, gamma.type.isReal, gamma.count > 0,
            !shape.isEmpty, beta.map({ $0.shape == gamma.shape && $0.type.isReal }) ?? true
        else { return nil }
        let named = LayerKind.named(prefix, hasBeta: beta != nil)
        // A lone vector that no name calls a normalization may be anything.
        guard named != nil || beta != nil else { return nil }
        let kinds = (named ?? [.layer, .rms, .group]).filter {
            shape.count == 1 || $0 == .layer || $0 == .rms
        }
        return kinds.isEmpty ? nil : (kinds, shape)
    }
}

extension SafetensorsType {
    /// Whether numbers can be read from it.
    fileprivate var isReal: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }
}

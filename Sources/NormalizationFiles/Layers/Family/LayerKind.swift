/// What a normalization is.
public enum LayerKind: String, Sendable, CaseIterable {
    /// `BatchNorm`.
    case batch
    /// `LayerNorm`.
    case layer
    /// `RMSNorm`.
    case rms
    /// `GroupNorm`; instance normalization is one with a group a channel.
    case group
}

extension LayerKind {
    /// What a layer of this name may be, by the words that frameworks and models use; nil where the name
    /// says nothing of a normalization.
    ///
    /// - Parameter hasBeta: whether it has a shift, without which RMS normalization is called layer
    ///   normalization, too: Llama's `input_layernorm` is one.
    package static func named(_ prefix: String, hasBeta: Bool) -> [LayerKind]? {
        let words = words(of: prefix)
        let text = words.joined()
        func has(_ word: String, _ name: String) -> Bool {
            words.contains(word) || text.contains(name)
        }
        if words.contains(where: { $0.hasPrefix("rms") }) { return [.rms] }
        if has("gn", "groupnorm") || text.contains("instancenorm") { return [.group] }
        if has("bn", "batchnorm") { return [.batch] }
        if has("ln", "layernorm") { return hasBeta ? [.layer] : [.layer, .rms] }
        return text.contains("norm") ? [.layer, .rms, .group] : nil
    }

    /// The runs of letters of the last part of a name that is no number, in lower case.
    private static func words(of prefix: String) -> [String] {
        let parts = prefix.split { $0 == "." || $0 == "/" }
        let part = parts.last { !$0.allSatisfy(\.isNumber) } ?? ""
        return part.lowercased().split { !$0.isLetter }.map(String.init)
    }
}

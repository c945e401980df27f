import Foundation
import NormalizationFiles

/// Pairs of a convolution or dense layer and the batch normalization behind it, guessed from names and shapes.
///
/// A file does not say what follows what: a proposal is for someone who knows the network to look at.
struct PairProposals {
    /// The pairs, as `norm fold --pair` takes them.
    let pairs: [String]
    /// The batch normalizations that no layer was found for.
    let alone: [String]
    /// Those whose like stands before its layer elsewhere.
    let before: [String]

    init(_ model: SafetensorsModel) {
        // The layers with weights, by the name of what they are parts of.
        var siblings: [String: [LinearTensors]] = [:]
        for prefix in model.index.prefixes {
            guard let linear = LinearTensors(prefix, in: model.index) else { continue }
            siblings[Self.parent(prefix), default: []].append(linear)
        }
        var (pairs, alone, before): ([String], [String], [String]) = ([], [], [])
        // Names such as conv1 and norm1, of which one block tells that the normalization is the first.
        let inverted = Set(
            model.batchNorms.flatMap { norm in
                (siblings[Self.parent(norm.prefix)] ?? [])
                    .filter { Self.isBehind($0, norm) }.map { Self.names($0.prefix, norm.prefix) }
            })
        for norm in model.batchNorms {
            let candidates = siblings[Self.parent(norm.prefix)] ?? []
            guard let (linear, pair) = Self.pair(norm, candidates) else {
                alone.append(norm.prefix)
                continue
            }
            if inverted.contains(Self.names(linear.prefix, norm.prefix)) {
                before.append(norm.prefix)
            } else {
                pairs.append(pair)
            }
        }
        (self.pairs, self.alone, self.before) = (pairs, alone, before)
    }

    /// Whether a layer has as many inputs as the normalization channels, and another number of outputs.
    private static func isBehind(_ linear: LinearTensors, _ norm: BatchNormEntry) -> Bool {
        stem(last(linear.prefix)) == stem(last(norm.prefix))
            && linear.outputs(isTransposed: false) != norm.channels
            && linear.outputs(isTransposed: true) == norm.channels
            && !saysTransposed(linear)
    }

    private static func saysTransposed(_ linear: LinearTensors) -> Bool {
        ["up", "deconv", "transp"].contains { linear.prefix.lowercased().contains($0) }
    }

    /// The last parts of both names.
    private static func names(_ linear: String, _ norm: String) -> String {
        "\(last(linear)):\(last(norm))"
    }

    /// The pair of a normalization, where its name points to one layer alone that has as many channels.
    private static func pair(
        _ norm: BatchNormEntry, _ candidates: [LinearTensors]
    ) -> (LinearTensors, String)? {
        let name = last(norm.prefix)
        let rules: [(String) -> Bool] = [
            // conv1 and bn1, conv and norm: the same name but for the words.
            { stem($0) == stem(name) },
            // 3 and 4: a sequence.
            { Int($0).flatMap { $0 == .max ? nil : $0 + 1 } == Int(name) && Int(name) != nil },
            // The only layer beside it, unless numbers tell that something stands between, or the order.
            { candidates.count == 1 && (Int($0) == nil || Int(name) == nil) },
        ]
        for rule in rules {
            let named = candidates.filter { rule(last($0.prefix)) && $0.prefix != norm.prefix }
            let fitting = named.compactMap { linear -> (LinearTensors, String)? in
                let pair = "\(linear.prefix):\(norm.prefix)"
                if linear.outputs(isTransposed: false) == norm.channels { return (linear, pair) }
                // A convolution behind the normalization has as many inputs.
                let isTransposed =
                    linear.mayBeTransposed && linear.outputs(isTransposed: true) == norm.channels
                    && saysTransposed(linear)
                return isTransposed ? (linear, pair + ",transposed") : nil
            }
            if fitting.count == 1 { return fitting[0] }
            if fitting.count > 1 { return nil }
        }
        return nil
    }

    /// What stands before the last part of a name.
    private static func parent(_ name: String) -> String {
        name.lastIndex { $0 == "." || $0 == "/" }.map { String(name[..<$0]) } ?? ""
    }

    private static func last(_ name: String) -> String {
        name.lastIndex { $0 == "." || $0 == "/" }.map { String(name[name.index(after: $0)...]) }
            ?? name
    }

    /// The name without the words that say what a layer is.
    private static func stem(_ name: String) -> String {
        var stem = name.lowercased()
        let words = [
            "batch_normalization", "batchnorm", "batch_norm", "normalization", "norm", "bn",
            "convolution", "conv2d", "conv", "linear", "dense", "fc",
        ]
        for word in words {
            guard let range = stem.range(of: word) else { continue }
            stem.removeSubrange(range)
            return stem
        }
        return "?" + stem
    }
}

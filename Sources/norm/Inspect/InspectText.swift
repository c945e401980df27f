import Foundation
import NormalizationFiles
import TrainingStudy

/// What `norm inspect` says to people.
struct InspectText {
    let path: String
    let layers: [InspectedLayer]
    /// Every tensor, where they were looked at.
    var scan: TensorScan?

    /// One sentence, and the table of all layers.
    var table: String {
        guard !layers.isEmpty else { return summary }
        var table = Table([
            ("layer", .left), ("kind", .left), ("shape", .right), ("type", .left), ("has", .left),
            ("updates", .right), ("gamma", .right), ("deviation", .right), ("", .left),
        ])
        for layer in layers {
            table.add([
                layer.prefix.isEmpty ? "(no name)" : layer.prefix.printable,
                layer.kinds.map(\.rawValue).joined(separator: "|"), layer.shape.crossed,
                layer.types.map(\.rawValue).joined(separator: " "),
                layer.parts.joined(separator: " "), layer.updates.map(String.init) ?? "–",
                range(layer.gamma), range(layer.deviation),
                layer.isWrong ? "wrong" : layer.hasWarning ? "warning" : "",
            ])
        }
        return ([summary] + table.lines).joined(separator: "\n")
    }

    /// How many layers there are, and how many of them are not as they should be.
    var summary: String {
        let wrong = layers.count(where: \.isWrong)
        let warned = layers.count { !$0.isWrong && $0.hasWarning }
        let found =
            wrong == 0 && warned == 0
            ? "nothing wrong" : "\(wrong) wrong, \(warned) with warnings"
        let normalizations =
            layers.count == 1 ? "1 normalization" : "\(layers.count) normalizations"
        return "\(path.printable): \(normalizations), \(found)\(ofTensors)"
    }

    private var ofTensors: String {
        guard let scan else { return "" }
        let tensors = scan.count == 1 ? "1 tensor" : "\(scan.count) tensors"
        return "; of \(tensors) \(scan.spoiled.count) with numbers that are not finite"
    }

    /// What was found, a line each, the worst first; empty where nothing was.
    var findings: String {
        let lines = [Finding.Level.wrong, .warning].flatMap { level in
            layers.flatMap { layer in
                layer.findings.filter { $0.level == level }.map {
                    "\(level.rawValue): \(layer.prefix.printable): \($0.message.printable)"
                }
            }
        }
        let spoiled = scan?.spoiled ?? []
        return (lines + spoiled.map { "wrong: \($0.entry.name.printable): \($0.message)" })
            .joined(separator: "\n")
    }

    private func range(_ numbers: Quantiles?) -> String {
        guard let numbers else { return "–" }
        let (least, largest) = (numbers.least.short, numbers.largest.short)
        return least == largest ? least : "\(least) … \(largest)"
    }
}

extension Double {
    /// Three digits.
    fileprivate var short: String { String(format: "%.3g", self) }
}

extension String {
    /// The text without what would move a terminal's cursor.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
    }
}

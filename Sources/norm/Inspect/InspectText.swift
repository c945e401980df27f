import Foundation
import NormalizationFiles
import TrainingStudy

/// What `norm inspect` says to people.
struct InspectText {
    let path: String
    let layers: [InspectedLayer]

    /// One sentence, and the table of all layers.
    var table: String {
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
        return "\(path.printable): \(normalizations), \(found)"
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
        return lines.joined(separator: "\n")
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

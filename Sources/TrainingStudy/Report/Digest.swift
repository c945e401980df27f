/// What a study comes to in the lines of one screen: a few networks of each part, with a few layers.
struct Digest {
    let introduction: String
    let parts: [PartReport]

    /// Of a part with more networks, those that say most; where none of them ran, its first and last.
    private static let networks = [
        "cnn", "depth-20", "rnn", "dense-batch-2", "dense-batch-64", "cnn-batch-2", "attention",
        "gan",
    ]

    /// Of a network with more layers, those that say most.
    private static func kinds(_ part: StudyPart) -> [NormalizationKind] {
        switch part {
        case .networks: [.none, .standard, .weightShared, .parameterShared]
        case .batchSizes: [.none, .standard, .group, .layer, .renormalized]
        case .attention: [.none, .layer, .rms, .standard]
        case .gan: [.none, .standard, .conditional]
        }
    }

    /// The lines, up to a hundred characters wide.
    var text: String {
        let rows = parts.flatMap(rows)
        let width = rows.map(\.network.count).max() ?? 0
        let lines = rows.map { row in
            "  " + row.network + String(repeating: " ", count: width - row.network.count) + "  "
                + row.cells.joined(separator: "  ")
        }
        return
            ([introduction, "Test accuracy at the best learning rate, mean of the seeds:"] + lines
            + notes).flatMap { Self.wrapped($0, 100) }.joined(separator: "\n")
    }

    private var notes: [String] {
        let cautions = Set(parts.compactMap(\.caution)).sorted()
        let marks =
            references.isEmpty
            ? nil
            : "▲ ▼: over two standard errors above or below "
                + references.joined(separator: ", ") + "."
        let claims = Claim.count(parts.flatMap(\.claims))
        return [marks].compactMap { $0 } + cautions + [claims].compactMap { $0 }
    }

    /// What the marks of each part hold against; the part is named where another has another.
    private var references: [String] {
        let pairs = parts.compactMap { part in part.reference.map { (part.part, $0) } }
        guard let first = pairs.first?.1 else { return [] }
        let others = pairs.filter { $0.1 != first }
        return [first.rawValue] + others.map { "\($0.1.rawValue) (\($0.0.rawValue))" }
    }

    private func rows(_ part: PartReport) -> [(network: String, cells: [String])] {
        let all = part.summary.networks
        let chosen = all.filter(Self.networks.contains)
        let networks =
            all.count <= 3
            ? all : chosen.isEmpty ? [all[0], all[all.count - 1]] : Array(chosen.prefix(3))
        return networks.map { network in
            let all = part.summary.kinds(of: network)
            let chosen = all.filter(Self.kinds(part.part).contains)
            let kinds = chosen.isEmpty ? Array(all.prefix(4)) : chosen
            let base = part.reference.flatMap { part.summary.best(network, $0) }
            return (
                network,
                kinds.compactMap { kind in
                    part.summary.best(network, kind).map { group in
                        let isBase = base == nil || kind == part.reference
                        let side = base.flatMap { group.accuracy.side(of: $0.accuracy) }
                        return "\(kind.rawValue) \(group.accuracy.mean.thousandths)"
                            + (isBase || side == nil ? "" : SummaryTables.mark(side))
                    }
                }
            )
        }
    }

    /// A text cut at blanks into lines of up to `width` characters; indented text stays as it is.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        guard !text.hasPrefix(" ") else { return [text] }
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

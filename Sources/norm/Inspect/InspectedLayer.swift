import Normalization
import NormalizationFiles

/// A normalization of a model: what it is, what it has, how it is.
struct InspectedLayer {
    let prefix: String
    /// What it may be; several kinds where the file does not tell.
    let kinds: [LayerKind]
    /// The shape of γ and β, or of the statistics.
    let shape: [Int]
    /// The element types of its tensors, each once.
    let types: [SafetensorsType]
    /// Which of γ, β, μ and σ² it has.
    let parts: [String]
    let updates: Int?
    let epsilon: Double?
    let gamma: Quantiles?
    let beta: Quantiles?
    let mean: Quantiles?
    /// √(running variance + ε)
    let deviation: Quantiles?
    let findings: [Finding]

    var isWrong: Bool { findings.contains { $0.level == .wrong } }
    var hasWarning: Bool { findings.contains { $0.level == .warning } }

    /// - Parameters:
    ///   - found: the tensors of the layer.
    ///   - entry: what it may be; nil where it only looks like a normalization.
    ///   - health: its numbers; nil where they cannot be read.
    ///   - findings: what was found beside the numbers.
    init(
        _ found: FoundLayer, _ entry: NormalizationEntry?, _ health: LayerHealth?,
        _ findings: [Finding]
    ) {
        let order: [(LayerParameter, String)] = [
            (.gamma, "γ"), (.beta, "β"), (.mean, "μ"), (.variance, "σ²"),
        ]
        prefix = found.prefix
        kinds = entry?.kinds ?? [.batch]
        shape =
            entry?.shape ?? order.compactMap { found.tensors[$0.0]?.entry.shape }.first ?? []
        types = order.compactMap { found.tensors[$0.0]?.entry.type }.reduce(into: []) {
            if !$0.contains($1) { $0.append($1) }
        }
        parts = order.filter { found.tensors[$0.0] != nil }.map(\.1)
        updates = health?.updates
        epsilon = health?.running == nil ? nil : health?.epsilon
        gamma = health?.gamma.flatMap { Quantiles($0) }
        beta = health?.beta.flatMap { Quantiles($0) }
        mean = health?.running.flatMap { Quantiles($0.mean) }
        deviation = health?.deviations.flatMap { Quantiles($0) }
        self.findings = findings + (health?.findings ?? [])
    }

    var json: JSON {
        .object([
            ("name", .text(prefix)), ("kinds", .list(kinds.map { .text($0.rawValue) })),
            ("shape", .list(shape.map { .integer($0) })),
            ("types", .list(types.map { .text($0.rawValue) })),
            ("gamma", gamma?.json), ("beta", beta?.json), ("mean", mean?.json),
            ("deviation", deviation?.json), ("epsilon", epsilon.map { .number($0) }),
            ("updates", updates.map { .integer($0) }),
            (
                "findings",
                .list(
                    findings.map { finding in
                        .object([
                            ("level", .text(finding.level.rawValue)),
                            ("check", .text(finding.check.rawValue)),
                            ("message", .text(finding.message)),
                            (
                                "channels",
                                finding.channels.isEmpty
                                    ? nil : .list(finding.channels.map { .integer($0) })
                            ),
                        ])
                    })
            ),
        ])
    }
}

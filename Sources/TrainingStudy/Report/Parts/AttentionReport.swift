/// The report on self-attention.
struct AttentionReport {
    let summary: Summary
    let plan: Plan

    var report: PartReport {
        let tables = SummaryTables(summary: summary, plan: plan)
        let claims = AttentionClaims(summary: summary).all
        return PartReport(
            .attention, title: "Self-attention over padded sequences", tables: tables,
            reference: .layer, claims: claims,
            introduction: [
                "A transformer's encoder tells nine speakers by utterances of 7 to 29 frames, padded "
                    + "to the longest of the batch. Attention and the mean over the frames leave the "
                    + "padding out. layer and rms normalize each frame by itself, so padding is "
                    + "nobody's business. standard is batch norm with a mask: its statistics are of "
                    + "valid frames alone. unmasked is batch norm that takes the padding for data.",
                "Adam with β₁ = 0.9 and β₂ = 0.999, no weight decay.",
            ],
            findings: [accuracies],
            sections: [
                PictureSection(
                    "Self-attention",
                    [
                        summary.curves("attention", accuracy: true),
                        summary.curves("attention", accuracy: false),
                        summary.byRate("attention"),
                    ])
            ],
            results: [tables.best, tables.against(.layer)],
            details: [tables.networks, tables.failures] + tables.rates)
    }

    private var accuracies: String? {
        let accuracies = summary.kinds(of: "attention").compactMap { kind in
            summary.best("attention", kind).map { "\(kind.rawValue) \($0.accuracy.text)" }
        }
        return "Test accuracy at the best learning rate: " + accuracies.joined(separator: ", ")
            + "."
    }
}

/// The report on batch sizes.
struct BatchSizeReport {
    let summary: Summary
    let plan: Plan

    var report: PartReport {
        let tables = SummaryTables(summary: summary, plan: plan)
        let claims = BatchSizeClaims(summary: summary).all
        return PartReport(
            .batchSizes, title: "Batch sizes", tables: tables, reference: .standard,
            claims: claims,
            introduction: [
                "Two networks in batches of 2 to 64, with layers that take their statistics from the "
                    + "batch and layers that take them from each sample. In the dense network a "
                    + "channel has one value a sample, so a batch of 2 has statistics of two values; "
                    + "in the convolutional one every pixel counts.",
                "group is group norm with four groups, layer is layer norm of the whole sample, "
                    + "instance exists for images alone. renormalized is batch renormalization with "
                    + "the paper's schedule stretched over the training, the limits widest at its "
                    + "end. ghost is batch norm of parts of at most \(NormalizationKind.ghostSize) "
                    + "samples; up to that size it is standard, and did not run. The number of epochs "
                    + "is fixed, so small batches take more steps.",
                "SGD with momentum 0.9 and weight decay 0.0001 on weights alone, weights by He's "
                    + "rule.",
            ],
            findings: ["dense", "cnn"].flatMap(ends),
            sections: [
                PictureSection(
                    "Batch size",
                    [
                        byBatchSize("dense", "dense network of 5 layers"),
                        byBatchSize("dense", "dense network of 5 layers", from: 0.9),
                        byBatchSize("cnn", "convolutional network"),
                        byBatchSize("cnn", "convolutional network", from: 0.9),
                    ])
            ],
            results: [tables.best, tables.against(.standard)],
            details: [tables.networks, tables.failures] + tables.rates)
    }

    private func sizes(_ base: String) -> [String] {
        summary.networks.filter { $0.hasPrefix("\(base)-batch-") }
    }

    /// The accuracies at the smallest and the largest batch.
    private func ends(_ base: String) -> [String?] {
        let sizes = sizes(base)
        return (sizes.count > 1 ? [sizes[0], sizes[sizes.count - 1]] : sizes).map { network in
            let accuracies = summary.kinds(of: network).compactMap { kind in
                summary.best(network, kind).map {
                    "\(kind.rawValue) \($0.accuracy.mean.thousandths)"
                }
            }
            return "\(network): " + accuracies.joined(separator: ", ") + "."
        }
    }

    /// Accuracy over the batch sizes that a network was trained with; only above `lowest`, where that is
    /// given and something is below.
    private func byBatchSize(
        _ base: String, _ title: String, from lowest: Double? = nil
    ) -> Plot? {
        let sizes = sizes(base)
        guard let kinds = sizes.last.map(summary.kinds) else { return nil }
        let lines = kinds.map { kind in
            kind.line(
                sizes.compactMap { network -> (Double, Double, Double, Double)? in
                    guard let group = summary.best(network, kind) else { return nil }
                    let accuracy = group.accuracy
                    return (
                        Double(group.results[0].experiment.batchSize), accuracy.mean,
                        accuracy.lowest, accuracy.highest
                    )
                }.sorted { $0.0 < $1.0 }, isDashed: kind == .ghost || kind == .renormalized)
        }
        if let lowest, lines.allSatisfy({ $0.points.allSatisfy { $0.2 >= lowest } }) { return nil }
        let part = lowest.map { ", from \($0.short) up" } ?? ""
        return Plot.unlessEmpty(
            Plot(
                name: "\(base)-batch" + (lowest == nil ? "" : "-close"),
                title: "\(title): accuracy by batch size" + part,
                caption:
                    "Each layer at its best learning rate of each size: mean, lowest and highest "
                    + "seed.",
                xLabel: "samples per batch", yLabel: "test accuracy", isLogarithmicX: true,
                yRange: lowest.map { "[\($0):1]" } ?? Plot.accuracyRange(lines), lines: lines))
    }
}

/// The tables that several parts of the study have.
struct SummaryTables {
    let summary: Summary
    let plan: Plan

    /// The accuracy of each network with each layer.
    var best: TableSection {
        TableSection(
            title: "Accuracy at the best learning rate",
            note: "Test accuracy after the last epoch, mean ± standard deviation over the seeds; "
                + "the learning rate it was reached at in brackets.",
            columns: ["network"] + kinds.map(\.rawValue),
            rows: summary.networks.map { network in
                [network]
                    + kinds.map { kind in
                        summary.best(network, kind).map {
                            "\($0.accuracy.text) (\($0.learningRate.short))"
                        } ?? "–"
                    }
            })
    }

    /// The differences from one layer, or from the first that there is where that did not run; nil where there
    /// is nothing to compare.
    func against(_ wanted: NormalizationKind) -> TableSection? {
        guard let reference = reference(wanted) else { return nil }
        let others = kinds.filter { $0 != reference }
        var isUncertain = false
        let rows = summary.networks.compactMap { network -> [String]? in
            guard let base = summary.best(network, reference) else { return nil }
            return [network]
                + others.map { kind in
                    guard let group = summary.best(network, kind) else { return "–" }
                    let side = group.accuracy.side(of: base.accuracy)
                    if side == nil { isUncertain = true }
                    return group.accuracy.text(minus: base.accuracy) + Self.mark(side)
                }
        }
        return TableSection(
            title: "Against \(reference.rawValue)",
            note:
                "Test accuracy minus that of \(reference.rawValue), each at its best learning rate, ± the "
                + "standard error of the difference; ▲ and ▼ where it is over two standard errors"
                + (isUncertain ? ", ? where there are fewer than three seeds to tell by." : "."),
            columns: ["network"] + others.map(\.rawValue), rows: rows)
    }

    /// The layer that others are held against: the one wanted, or the first that ran in its place; nil where
    /// one layer ran alone.
    func reference(_ wanted: NormalizationKind) -> NormalizationKind? {
        let kinds = kinds
        return kinds.count < 2 ? nil : kinds.contains(wanted) ? wanted : kinds.first
    }

    /// The sign of a difference: up or down, none where it may be chance, a question where nothing can be
    /// told.
    static func mark(_ side: Int?) -> String {
        switch side {
        case 1: " ▲"
        case -1: " ▼"
        case nil: " ?"
        default: ""
        }
    }

    /// Why nothing, or not everything, is held against anything; nil where it is.
    var caution: String? {
        if kinds.count < 2 { return "One layer ran alone: there is nothing to compare it with." }
        let isUncertain = summary.groups.contains { $0.results.count < 3 }
        return isUncertain
            ? "With fewer than three seeds no difference can be told from chance: there are no ▲ and ▼."
            : nil
    }

    /// What the names of the networks stand for.
    var networks: TableSection {
        TableSection(
            title: "The networks",
            note: "What the names in the tables stand for. Batches have 64 samples where nothing "
                + "else is said.",
            columns: ["name", "network", "data", "epochs"], isProse: true,
            rows: summary.networks.compactMap { name in
                guard let entry = plan.entries.first(where: { $0.experiment.network == name })
                else { return nil }
                let (experiment, task) = (entry.experiment, entry.task)
                let batch =
                    experiment.batchSize == 64 ? "" : ", batches of \(experiment.batchSize)"
                return [
                    name, experiment.architecture.summary + batch,
                    "\(task.name): \(task.train.count) for training, \(task.test.count) for the "
                        + "test", String(experiment.epochs),
                ]
            })
    }

    /// How many trainings came to nothing.
    var failures: TableSection {
        TableSection(
            title: "Trainings that failed",
            note: "Over all learning rates and seeds: trainings that diverged, or ended no more "
                + "accurate on the test samples than naming the most common class would be.",
            columns: ["network"] + kinds.map(\.rawValue),
            rows: summary.networks.map { network in
                let chance =
                    plan.entries.first { $0.experiment.network == network }?.task.commonestShare
                return [network]
                    + kinds.map { kind in
                        let results = summary.groups(network, kind).flatMap(\.results)
                        guard !results.isEmpty else { return "–" }
                        let failed = results.filter {
                            $0.hasDiverged || $0.finalAccuracy <= chance ?? 0
                        }
                        return "\(failed.count) of \(results.count)"
                    }
            })
    }

    /// Accuracy by learning rate, for each network that was trained with several.
    var rates: [TableSection] {
        summary.networks.compactMap { network in
            let kinds = summary.kinds(of: network)
            guard let first = kinds.first, summary.groups(network, first).count > 1 else {
                return nil
            }
            return TableSection(
                title: "\(network) by learning rate",
                note: "Mean of the final test accuracy and the lowest seed; × is the number of "
                    + "trainings that diverged, which count as 0.",
                columns: ["layer"]
                    + summary.groups(network, first).map { $0.learningRate.short },
                rows: kinds.map { kind in
                    [kind.rawValue]
                        + summary.groups(network, kind).map { group in
                            "\(group.accuracy.mean.thousandths), \(group.accuracy.lowest.thousandths)"
                                + (group.divergedCount > 0 ? " ×\(group.divergedCount)" : "")
                        }
                })
        }
    }

    /// The layers that anything was trained with.
    var kinds: [NormalizationKind] {
        NormalizationKind.allCases.filter { kind in summary.groups.contains { $0.kind == kind } }
    }
}

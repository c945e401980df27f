import Foundation
import Normalization

/// The tables of a study's report.
struct Tables {
    let summary: Summary
    let plan: Plan
    let speeds: [Probe.Speed]
    /// How often the speed was measured.
    let rounds: Int
    /// The engine that normalized.
    let engine: Engine

    /// What was found.
    var results: [TableSection] { [claims, best, againstStandard, costs] }

    /// What is behind it.
    var details: [TableSection] { [networks, failures] + [gradients].compactMap { $0 } + rates }

    private var claims: TableSection {
        TableSection(
            title: "The usual claims",
            note: "Mean ± standard deviation over the seeds, each side at its best learning rate; "
                + "after the difference, its standard error. A claim counts as seen where the "
                + "difference is over two standard errors, which one comparison in ten or so is by "
                + "chance. The best rate was chosen by the test accuracy, for every layer alike.",
            columns: ["claim", "here", "measured"], isProse: true, hasVerdicts: true,
            rows: Claims(summary: summary).all.map { [$0.claim, $0.verdict, $0.measured] })
    }

    private var best: TableSection {
        TableSection(
            title: "Accuracy at the best learning rate",
            note: "Test accuracy after the last epoch, mean ± standard deviation over the seeds; "
                + "the learning rate it was reached at in brackets.",
            columns: ["network"] + summaryKinds.map(\.rawValue),
            rows: summary.networks.map { network in
                [network]
                    + summaryKinds.map { kind in
                        summary.best(network, kind).map {
                            "\($0.accuracy.text) (\($0.learningRate.short))"
                        } ?? "–"
                    }
            })
    }

    private var againstStandard: TableSection {
        let others = summaryKinds.filter { $0 != .standard }
        return TableSection(
            title: "Against standard",
            note: "Test accuracy minus that of standard, each at its best learning rate, ± the "
                + "standard error of the difference; ▲ and ▼ where it is over two standard errors.",
            columns: ["network"] + others.map(\.rawValue),
            rows: summary.networks.compactMap { network in
                guard let standard = summary.best(network, .standard) else { return nil }
                return [network]
                    + others.map { kind in
                        guard let group = summary.best(network, kind) else { return "–" }
                        let mark =
                            switch group.accuracy.side(of: standard.accuracy) {
                            case 1: " ▲"
                            case -1: " ▼"
                            default: ""
                            }
                        return group.accuracy.text(minus: standard.accuracy) + mark
                    }
            })
    }

    private var networks: TableSection {
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

    private var failures: TableSection {
        TableSection(
            title: "Trainings that failed",
            note: "Over all learning rates and seeds: trainings that diverged, or ended no more "
                + "accurate on the test samples than naming the most common class would be.",
            columns: ["network"] + summaryKinds.map(\.rawValue),
            rows: summary.networks.map { network in
                let chance =
                    plan.entries.first { $0.experiment.network == network }?.task.commonestShare
                return [network]
                    + summaryKinds.map { kind in
                        let results = summary.groups(network, kind).flatMap(\.results)
                        guard !results.isEmpty else { return "–" }
                        let failed = results.filter {
                            $0.hasDiverged || $0.finalAccuracy <= chance ?? 0
                        }
                        return "\(failed.count) of \(results.count)"
                    }
            })
    }

    private var gradients: TableSection? {
        guard !summary.depths.isEmpty else { return nil }
        return TableSection(
            title: "Gradient norms by depth",
            note: "Norm of the gradient of the first and of the last weight matrix at the first "
                + "step, mean over the seeds.",
            columns: ["network"] + summaryKinds.map(\.rawValue),
            rows: summary.depths.map { network in
                [network]
                    + summaryKinds.map { kind in
                        let norms = (summary.groups(network, kind).first?.results ?? [])
                            .map(\.firstGradientNorms)
                        guard !norms.isEmpty else { return "–" }
                        let first = Spread(values: norms.compactMap(\.first)).mean
                        let last = Spread(values: norms.compactMap(\.last)).mean
                        return "\(first.thousandths), \(last.thousandths)"
                    }
            })
    }

    /// Accuracy by learning rate, for each network that was trained with several.
    private var rates: [TableSection] {
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

    private var costs: TableSection {
        let plain = speeds.first { $0.kind == .none }?.secondsPerStep
        return TableSection(
            title: "Parameters and time",
            note: "The cnn: trainable numbers, time of one training step of 64 samples on one "
                + "thread (the best of \(rounds) rounds, engine \(engine.rawValue)), and the "
                + "share of the layers' time spent in batch normalization (the median).",
            columns: ["layer", "parameters", "ms per step", "against none", "share"],
            rows: speeds.map { speed in
                let count = summary.groups("cnn", speed.kind).first?.results[0].parameterCount
                return [
                    speed.kind.rawValue, count.map(String.init) ?? "–",
                    String(format: "%.2f", speed.secondsPerStep * 1000),
                    plain.map { String(format: "%.2f", speed.secondsPerStep / $0) } ?? "–",
                    String(format: "%.0f %%", speed.normalizationShare * 100),
                ]
            })
    }

    private var summaryKinds: [NormalizationKind] {
        NormalizationKind.allCases.filter { kind in summary.groups.contains { $0.kind == kind } }
    }
}

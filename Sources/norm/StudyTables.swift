import Foundation
import Normalization
import TrainingStudy

/// The tables of a study's report.
struct StudyTables {
    let summary: StudySummary
    let speeds: [StudyProbe.Speed]

    var all: [StudyTable] { [claims, best] + rates + [costs] }

    private var claims: StudyTable {
        StudyTable(
            title: "The usual claims",
            note: "Mean ± standard deviation over the seeds, each side at its best learning rate. "
                + "A claim counts as seen where the difference is over two standard errors. The "
                + "best rate was chosen by the test accuracy, for every layer alike.",
            columns: ["claim", "here", "measured"], isProse: true,
            rows: StudyClaims(summary: summary).all.map { [$0.claim, $0.verdict, $0.measured] })
    }

    private var best: StudyTable {
        var table = StudyTable(
            title: "Accuracy at the best learning rate",
            note: "Test accuracy after the last epoch, mean ± standard deviation over the seeds; "
                + "the learning rate it was reached at in brackets.",
            columns: ["network"] + summaryKinds.map(\.rawValue))
        for network in summary.networks {
            table.rows.append(
                [network]
                    + summaryKinds.map { kind in
                        summary.best(network, kind).map {
                            "\(format($0.accuracy)) (\($0.learningRate.short))"
                        } ?? "–"
                    })
        }
        return table
    }

    /// Accuracy by learning rate, for each network that was trained with several.
    private var rates: [StudyTable] {
        summary.networks.compactMap { network in
            let kinds = summary.kinds(of: network)
            guard let first = kinds.first, summary.groups(network, first).count > 1 else {
                return nil
            }
            return StudyTable(
                title: "\(network) by learning rate",
                note: "Mean of the final test accuracy and the lowest seed; × is the number of "
                    + "trainings that diverged, which count as 0.",
                columns: ["layer"]
                    + summary.groups(network, first).map { $0.learningRate.short },
                rows: kinds.map { kind in
                    [kind.rawValue]
                        + summary.groups(network, kind).map { group in
                            "\(format(group.accuracy.mean)), \(format(group.accuracy.lowest))"
                                + (group.divergedCount > 0 ? " ×\(group.divergedCount)" : "")
                        }
                })
        }
    }

    private var costs: StudyTable {
        let plain = speeds.first { $0.kind == .none }?.secondsPerStep
        return StudyTable(
            title: "Parameters and time",
            note: "The cnn: trainable numbers, time of one training step of 64 samples on one "
                + "thread (best of several rounds, engine \(Engine.default.rawValue)), and the "
                + "share of the layers' time spent in batch normalization.",
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

extension Double {
    /// The number without digits that say nothing.
    var short: String { String(format: "%g", self) }
}

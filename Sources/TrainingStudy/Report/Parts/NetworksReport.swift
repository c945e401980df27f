import Foundation
import Normalization

/// The report of the first part: networks of several kinds, with the kinds of batch normalization.
struct NetworksReport {
    private let summary: Summary
    private let tables: SummaryTables
    private let speeds: [Probe.Speed]
    private let activations: [Probe.Activations]
    /// How often the speed was measured.
    private let rounds: Int
    private let engine: Engine

    /// The layers whose activations are drawn.
    private static let looked: [NormalizationKind] = [.none, .standard, .group, .layer]

    /// The report on the results of `plan`; it trains a few networks more, to look into them, and `work` hears
    /// of it.
    init(_ summary: Summary, plan: Plan, engine: Engine, work: Work?) throws {
        self.summary = summary
        self.engine = engine
        tables = SummaryTables(summary: summary, plan: plan)
        let kinds = summary.kinds(of: "cnn")
        let rounds = Probe.rounds(plan)
        self.rounds = rounds
        guard let images = plan.entries.first(where: { $0.experiment.network == "cnn" }) else {
            speeds = []
            activations = []
            return
        }
        let probe = Probe(task: images.task, kinds: kinds)
        var round = 0
        speeds = try probe.speeds(rounds: rounds) {
            round += 1
            work?.endProbe(of: rounds + 1, "timing the layers, \(round) of \(rounds) rounds")
        }
        let rates = kinds.filter(Self.looked.contains).reduce(into: [:]) {
            $0[$1] = summary.best("cnn", $1)?.learningRate
        }
        activations = try probe.activations(rates, epochs: images.experiment.epochs)
        work?.endProbe(of: rounds + 1, "activations")
    }

    var report: PartReport {
        let claims = NetworkClaims(summary: summary).all
        return PartReport(
            .networks, title: "Batch normalization in several networks", tables: tables,
            reference: .standard, claims: claims,
            introduction: [
                "The same networks, trained without normalization and with each kind of batch "
                    + "normalization: standard (γ and β per channel), weight-shared (one γ, β per "
                    + "channel), parameter-shared (one γ, one β), γ alone and β alone."
                    + (summary.kinds(of: "cnn").contains(.group)
                        ? " The convolutional network has group, instance, layer norm and batch "
                            + "renormalization beside them." : ""),
                "SGD with momentum 0.9 and weight decay 0.0001 on weights alone, weights by He's "
                    + "rule.",
            ],
            findings: Findings(
                summary: summary, reference: tables.reference(.standard)
            ).sentences,
            sections: NetworkPictures(summary: summary, activations: activations).sections,
            results: [tables.best, tables.against(.standard), speeds.isEmpty ? nil : costs],
            details: [tables.networks, tables.failures, gradients] + tables.rates)
    }

    private var gradients: TableSection? {
        guard !summary.depths.isEmpty else { return nil }
        return TableSection(
            title: "Gradient norms by depth",
            note: "Norm of the gradient of the first and of the last weight matrix at the first "
                + "step, mean over the seeds.",
            columns: ["network"] + tables.kinds.map(\.rawValue),
            rows: summary.depths.map { network in
                [network]
                    + tables.kinds.map { kind in
                        let norms = (summary.groups(network, kind).first?.results ?? [])
                            .map(\.firstGradientNorms)
                        guard !norms.isEmpty else { return "–" }
                        let first = Spread(values: norms.compactMap(\.first)).mean
                        let last = Spread(values: norms.compactMap(\.last)).mean
                        return "\(first.thousandths), \(last.thousandths)"
                    }
            })
    }

    private var costs: TableSection {
        let plain = speeds.first { $0.kind == .none }?.secondsPerStep
        return TableSection(
            title: "Parameters and time",
            note: "The cnn: trainable numbers, time of one training step of 64 samples on one "
                + "thread (the best of \(rounds) rounds, engine \(engine.rawValue)), and the "
                + "share of the layers' time spent in normalization (the median).",
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
}

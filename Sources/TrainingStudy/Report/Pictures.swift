import Foundation

/// The pictures of a study's report. Those whose trainings did not run are left out.
struct Pictures {
    /// Pictures that answer one question.
    struct Section {
        let title: String
        let plots: [Plot]
    }

    let summary: Summary
    let activations: [Probe.Activations]

    var sections: [Section] {
        let sections: [(String, [Plot?])] = [
            (
                "Convolutional network",
                [curves("cnn", accuracy: false), curves("cnn", accuracy: true), byRate("cnn")]
            ),
            (
                "Distribution of the input",
                [byRate("mlp-raw"), byRate("mlp-standardized")]
            ),
            (
                "Depth and gradients",
                [byDepth, gradients(isLast: false), gradients(isLast: true)]
            ),
            (
                "Batch size",
                [
                    byBatchSize("depth-5", "dense network of 5 layers"),
                    byBatchSize("cnn", "cnn"),
                ]
            ),
            ("Recurrent network", [curves("rnn", accuracy: true), byRate("rnn")]),
            ("Activations", activations.map(distribution)),
        ]
        return sections.map { Section(title: $0, plots: $1.compactMap { $0 }) }
            .filter { !$0.plots.isEmpty }
    }

    private func curves(_ network: String, accuracy: Bool) -> Plot? {
        let lines = summary.kinds(of: network).compactMap { kind -> Plot.Line? in
            guard let group = summary.best(network, kind), group.divergedCount == 0 else {
                return nil
            }
            return kind.line(
                group.results[0].epochs.indices.map { epoch in
                    let values = Spread(
                        values: group.results.map {
                            accuracy ? $0.epochs[epoch].testAccuracy : $0.epochs[epoch].trainLoss
                        })
                    return (Double(epoch + 1), values.mean, values.lowest, values.highest)
                })
        }
        let what = accuracy ? "test accuracy" : "training loss"
        return plot(
            Plot(
                name: "\(network)-\(accuracy ? "accuracy" : "loss")", title: "\(network): \(what)",
                caption: "Each layer at its best learning rate; the band is the lowest to the "
                    + "highest seed.", xLabel: "epoch", yLabel: what,
                isLogarithmicY: !accuracy, yRange: accuracy ? accuracyRange(lines) : "",
                lines: lines))
    }

    private func byRate(_ network: String) -> Plot? {
        let lines = summary.kinds(of: network).map { kind in
            kind.line(
                summary.groups(network, kind).map {
                    ($0.learningRate, $0.accuracy.mean, $0.accuracy.lowest, $0.accuracy.highest)
                })
        }
        guard lines.contains(where: { $0.points.count > 1 }) else { return nil }
        return plot(
            Plot(
                name: "\(network)-rate", title: "\(network): accuracy by learning rate",
                caption: "Test accuracy after the last epoch: mean, lowest and highest seed. A "
                    + "training that diverged counts as 0.",
                xLabel: "learning rate", yLabel: "test accuracy", isLogarithmicX: true,
                yRange: accuracyRange(lines), lines: lines))
    }

    /// Accuracy over the batch sizes that the network `base` was trained with.
    private func byBatchSize(_ base: String, _ title: String) -> Plot? {
        let sizes = summary.networks.filter { $0 == base || $0.hasPrefix("\(base)-batch-") }
        guard sizes.count > 1, let kinds = sizes.last.map(summary.kinds) else { return nil }
        let lines = kinds.map { kind in
            kind.line(
                sizes.compactMap { network -> (Double, Double, Double, Double)? in
                    guard let group = summary.best(network, kind) else { return nil }
                    let accuracy = group.accuracy
                    return (
                        Double(group.results[0].experiment.batchSize), accuracy.mean,
                        accuracy.lowest, accuracy.highest
                    )
                }.sorted { $0.0 < $1.0 })
        }
        return plot(
            Plot(
                name: "\(base)-batch", title: "\(title): accuracy by batch size",
                caption: "Each layer at its best learning rate of each size; the same number of "
                    + "epochs, so the smaller the batch the more steps.",
                xLabel: "samples per batch", yLabel: "test accuracy", isLogarithmicX: true,
                yRange: accuracyRange(lines), lines: lines))
    }

    private var byDepth: Plot? {
        let networks = summary.depths
        guard networks.count > 1 else { return nil }
        let lines = summary.kinds(of: networks[0]).map { kind in
            kind.line(
                networks.compactMap { network in
                    summary.best(network, kind).map {
                        (
                            Double(network.dropFirst(6)) ?? 0, $0.accuracy.mean,
                            $0.accuracy.lowest, $0.accuracy.highest
                        )
                    }
                })
        }
        return plot(
            Plot(
                name: "depth", title: "Accuracy by depth",
                caption: "Dense networks of 64 units on the digits, each layer at its best "
                    + "learning rate.", xLabel: "weighted layers", yLabel: "test accuracy",
                yRange: accuracyRange(lines), lines: lines))
    }

    /// Gradient norms of the deepest network, at the first step or, trained at the best rate, at the
    /// last.
    private func gradients(isLast: Bool) -> Plot? {
        guard let deepest = summary.depths.last else { return nil }
        let lines = summary.kinds(of: deepest).compactMap { kind -> Plot.Line? in
            let group =
                isLast ? summary.best(deepest, kind) : summary.groups(deepest, kind).first
            let norms = (group?.results ?? []).map {
                isLast ? $0.lastGradientNorms : $0.firstGradientNorms
            }.filter { !$0.isEmpty }
            guard let layers = norms.first?.indices else { return nil }
            return kind.line(
                layers.map { layer in
                    let spread = Spread(values: norms.map { $0[layer] })
                    return (Double(layer + 1), spread.mean, spread.lowest, spread.highest)
                }.filter { $0.2 > 0 })
        }
        return plot(
            Plot(
                name: "gradients-\(isLast ? "last" : "first")",
                title: "\(deepest): gradient norms, \(isLast ? "last" : "first") step",
                caption: "Norm of the gradient of each weight matrix, from the input (1) to the "
                    + "output, "
                    + (isLast
                        ? "at the last step of training at the best learning rate."
                        : "before the weights have moved.")
                    + " The band is the lowest to the highest seed.", xLabel: "weighted layer",
                yLabel: "gradient norm", isLogarithmicY: true, lines: lines))
    }

    private func distribution(_ activations: Probe.Activations) -> Plot {
        func points(_ shares: [Double]) -> [(Double, Double, Double, Double)] {
            zip(Probe.centres, shares).map { ($0, $1, $1, $1) }
        }
        let kind = activations.kind
        var lines = [
            Plot.Line(
                title: kind == .none ? "convolution" : "before normalization", color: "#d55e00",
                pointType: 7, isDashed: kind != .none, points: points(activations.before))
        ]
        if kind != .none {
            lines.append(
                Plot.Line(
                    title: "after normalization", color: "#0072b2", pointType: 5,
                    points: points(activations.after)))
        }
        let outside = activations.shareOutside
        return Plot(
            name: "activations-\(kind.rawValue)", title: "Activations: \(kind.rawValue)",
            caption: "Values of the fifth convolution of a trained cnn (seed 1) over a training "
                + "batch, as a density."
                + (outside >= 0.005
                    ? " \(String(format: "%.0f", outside * 100)) % lie outside the picture." : ""),
            xLabel: "value", yLabel: "density", yRange: "[0:*]", hasPoints: false, lines: lines)
    }

    /// From the tenth below the lowest seed to 1.
    private func accuracyRange(_ lines: [Plot.Line]) -> String {
        let lowest = lines.flatMap { $0.points.map(\.2) }.min() ?? 0
        return "[\(max(0, (lowest * 10).rounded(.down) / 10)):1]"
    }

    private func plot(_ plot: Plot) -> Plot? {
        plot.lines.contains { $0.points.count > 1 } ? plot : nil
    }
}

import TrainingStudy

/// The pictures of a study's report. Those whose trainings did not run are left out.
struct StudyPictures {
    let summary: StudySummary
    let activations: [StudyProbe.Activations]

    var plots: [StudyPlot] {
        [
            curves("cnn", accuracy: false), curves("cnn", accuracy: true), byRate("cnn"),
            byBatchSize, byRate("mlp-raw"), byRate("mlp-standardized"), byDepth, gradients,
            curves("rnn", accuracy: true), byRate("rnn"),
        ].compactMap { $0 } + activations.map(distribution)
    }

    private func curves(_ network: String, accuracy: Bool) -> StudyPlot? {
        let lines = summary.kinds(of: network).compactMap { kind -> StudyPlot.Line? in
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
            StudyPlot(
                name: "\(network)-\(accuracy ? "accuracy" : "loss")", title: "\(network): \(what)",
                caption: "Each layer at its best learning rate; the band is the lowest to the "
                    + "highest seed.", xLabel: "epoch", yLabel: what,
                isLogarithmicY: !accuracy, yRange: accuracy ? "[0:1]" : "",
                hasWholeX: (lines.first?.points.count ?? 0) <= 12, lines: lines))
    }

    private func byRate(_ network: String) -> StudyPlot? {
        let lines = summary.kinds(of: network).map { kind in
            kind.line(
                summary.groups(network, kind).map {
                    ($0.learningRate, $0.accuracy.mean, $0.accuracy.lowest, $0.accuracy.highest)
                })
        }
        guard lines.contains(where: { $0.points.count > 1 }) else { return nil }
        return plot(
            StudyPlot(
                name: "\(network)-rate", title: "\(network): accuracy by learning rate",
                caption: "Test accuracy after the last epoch: mean, lowest and highest seed. A "
                    + "training that diverged counts as 0.",
                xLabel: "learning rate", yLabel: "test accuracy", isLogarithmicX: true,
                yRange: "[0:1]", lines: lines))
    }

    private var byBatchSize: StudyPlot? {
        let sizes = summary.networks.filter { $0 == "cnn" || $0.hasPrefix("cnn-batch-") }
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
            StudyPlot(
                name: "cnn-batch", title: "cnn: accuracy by batch size",
                caption: "Each at its best learning rate, the same number of epochs; fewer steps "
                    + "therefore with larger batches.",
                xLabel: "samples per batch", yLabel: "test accuracy", isLogarithmicX: true,
                lines: lines))
    }

    private var byDepth: StudyPlot? {
        let networks = summary.networks.filter { $0.hasPrefix("depth-") }
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
            StudyPlot(
                name: "depth", title: "Accuracy by depth",
                caption: "Dense networks of 64 units on the digits, each layer at its best "
                    + "learning rate.", xLabel: "weighted layers", yLabel: "test accuracy",
                yRange: "[0:1]", lines: lines))
    }

    private var gradients: StudyPlot? {
        guard let deepest = summary.networks.last(where: { $0.hasPrefix("depth-") }) else {
            return nil
        }
        let lines = summary.kinds(of: deepest).compactMap { kind -> StudyPlot.Line? in
            guard let group = summary.groups(deepest, kind).first else { return nil }
            let layers = group.results[0].firstGradientNorms.indices
            return kind.line(
                layers.map { layer in
                    let norms = Spread(values: group.results.map { $0.firstGradientNorms[layer] })
                    return (Double(layer + 1), norms.mean, norms.lowest, norms.highest)
                }.filter { $0.2 > 0 })
        }
        return plot(
            StudyPlot(
                name: "gradients", title: "\(deepest): gradient norm by layer",
                caption: "Norm of the gradient of each weight matrix at the first step, from the "
                    + "input (1) to the output.", xLabel: "layer",
                yLabel: "gradient norm", isLogarithmicY: true, lines: lines))
    }

    private func distribution(_ activations: StudyProbe.Activations) -> StudyPlot {
        func points(_ shares: [Double]) -> [(Double, Double, Double, Double)] {
            zip(StudyProbe.centres, shares).map { ($0, $1, $1, $1) }
        }
        let kind = activations.kind
        var lines = [
            StudyPlot.Line(
                title: kind == .none ? "convolution" : "before normalization", color: "#d55e00",
                pointType: 7, isDashed: kind != .none, points: points(activations.before))
        ]
        if kind != .none {
            lines.append(
                StudyPlot.Line(
                    title: "after normalization", color: "#0072b2", pointType: 5,
                    points: points(activations.after)))
        }
        return StudyPlot(
            name: "activations-\(kind.rawValue)", title: "Activations: \(kind.rawValue)",
            caption: "Values of the fifth convolution of a trained cnn (seed 1) over a training "
                + "batch, as a density.",
            xLabel: "value", yLabel: "density", hasPoints: false, lines: lines)
    }

    private func plot(_ plot: StudyPlot) -> StudyPlot? {
        plot.lines.contains { $0.points.count > 1 } ? plot : nil
    }
}

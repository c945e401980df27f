import Foundation

/// The pictures of the first part. Those whose trainings did not run are left out.
struct NetworkPictures {
    let summary: Summary
    let activations: [Probe.Activations]

    /// The layers of the curves: more in one picture are not told apart.
    private static let drawn: [NormalizationKind] = [.none] + NormalizationKind.batchKinds

    var sections: [PictureSection] {
        [
            PictureSection(
                "Convolutional network",
                [
                    summary.curves("cnn", accuracy: false, kinds: Self.drawn),
                    summary.curves("cnn", accuracy: true, kinds: Self.drawn),
                    summary.byRate("cnn", kinds: Self.drawn),
                ]),
            PictureSection(
                "Distribution of the input",
                [summary.byRate("mlp-raw"), summary.byRate("mlp-standardized")]),
            PictureSection(
                "Depth and gradients",
                [byDepth, gradients(isLast: false), gradients(isLast: true)]),
            PictureSection(
                "Recurrent network",
                [summary.curves("rnn", accuracy: true), summary.byRate("rnn")]),
            PictureSection("Activations", activations.map(distribution)),
        ].compactMap { $0 }
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
        return Plot.unlessEmpty(
            Plot(
                name: "depth", title: "Accuracy by depth",
                caption: "Dense networks of 64 units on the digits, each layer at its best "
                    + "learning rate.", xLabel: "weighted layers", yLabel: "test accuracy",
                yRange: Plot.accuracyRange(lines), lines: lines))
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
        return Plot.unlessEmpty(
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
}

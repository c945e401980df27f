// Pictures that several parts of the study have.

extension Summary {
    /// A network's accuracy, or its training loss, by epoch.
    func curves(
        _ network: String, accuracy: Bool, what label: String = "test accuracy",
        kinds: [NormalizationKind] = NormalizationKind.allCases
    ) -> Plot? {
        let lines = self.kinds(of: network).filter(kinds.contains).compactMap {
            kind -> Plot.Line? in
            guard let group = best(network, kind), group.divergedCount == 0 else {
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
        let what = accuracy ? label : "training loss"
        // A point an epoch, as long as they can be told apart.
        return Plot.unlessEmpty(
            Plot(
                name: "\(network)-\(accuracy ? "accuracy" : "loss")", title: "\(network): \(what)",
                caption: "Each layer at its best learning rate; the band is the lowest to the "
                    + "highest seed.", xLabel: "epoch", yLabel: what,
                isLogarithmicY: !accuracy, yRange: accuracy ? Plot.accuracyRange(lines) : "",
                hasPoints: lines.allSatisfy { $0.points.count <= 40 }, lines: lines))
    }

    /// A network's accuracy at each learning rate.
    func byRate(
        _ network: String, kinds: [NormalizationKind] = NormalizationKind.allCases
    ) -> Plot? {
        let lines = self.kinds(of: network).filter(kinds.contains).map { kind in
            kind.line(
                groups(network, kind).map {
                    ($0.learningRate, $0.accuracy.mean, $0.accuracy.lowest, $0.accuracy.highest)
                })
        }
        guard lines.contains(where: { $0.points.count > 1 }) else { return nil }
        return Plot.unlessEmpty(
            Plot(
                name: "\(network)-rate", title: "\(network): accuracy by learning rate",
                caption: "Test accuracy after the last epoch: mean, lowest and highest seed. A "
                    + "training that diverged counts as 0.",
                xLabel: "learning rate", yLabel: "test accuracy", isLogarithmicX: true,
                yRange: Plot.accuracyRange(lines), lines: lines))
    }
}

extension Plot {
    /// From the tenth below the lowest seed to 1.
    static func accuracyRange(_ lines: [Line]) -> String {
        let lowest = lines.flatMap { $0.points.map(\.2) }.min() ?? 0
        return "[\(max(0, (lowest * 10).rounded(.down) / 10)):1]"
    }

    /// The plot, or nil where no line has two points.
    static func unlessEmpty(_ plot: Plot) -> Plot? {
        plot.lines.contains { $0.points.count > 1 } ? plot : nil
    }
}

extension NormalizationKind {
    /// A colour that people with any colour vision tell from the others of a picture, on light and dark.
    /// Kinds that are in no picture together share one.
    var color: String {
        switch self {
        case .none: "#d55e00"
        case .standard: "#0072b2"
        case .weightShared, .conditional: "#009e73"
        case .parameterShared, .unmasked: "#cc79a7"
        case .gammaOnly, .group: "#e69f00"
        case .betaOnly, .layer: "#56b4e9"
        case .renormalized, .rms: "#7b5ea7"
        case .instance: "#8c6d46"
        case .ghost: "#8a8f2a"
        }
    }

    /// gnuplot's point of this layer.
    var pointType: Int {
        switch self {
        case .none: 7
        case .standard: 5
        case .weightShared, .conditional: 9
        case .parameterShared, .unmasked: 11
        case .gammaOnly, .group: 13
        case .betaOnly, .layer: 15
        case .renormalized, .rms: 6
        case .instance: 4
        case .ghost: 8
        }
    }

    /// A line of this layer.
    func line(_ points: [(Double, Double, Double, Double)], isDashed: Bool = false) -> Plot.Line {
        Plot.Line(
            title: rawValue, color: color, pointType: pointType, isDashed: isDashed,
            points: points)
    }
}

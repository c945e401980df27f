import Foundation

/// A usual claim about batch normalization, put to the test of this study's numbers.
struct Claim {
    let claim: String
    let measured: String
    let verdict: String
}

/// The claims that the trainings of a summary can test.
///
/// A difference of means is "seen" where it is over two standard errors; each side is at its best
/// learning rate. With fewer than three seeds nothing can be told.
struct Claims {
    let summary: Summary

    var all: [Claim] {
        [
            faster, deeper, widerRates, gradients, generalizes("cnn"),
            generalizes("mlp-standardized"), smallBatches("depth-5"), smallBatches("cnn"), rawInput,
            recurrent, shared(.weightShared, "cnn"), shared(.parameterShared, "cnn"),
            shared(.weightShared, summary.depths.last),
            shared(.parameterShared, summary.depths.last),
            dropout, residual,
        ].compactMap { $0 }
    }

    private var faster: Claim? {
        guard let plain = summary.best("cnn", .none), let standard = summary.best("cnn", .standard)
        else { return nil }
        return compare(
            "It trains faster: higher accuracy after the first epoch.", "cnn, one epoch",
            standard.firstAccuracy, "standard", plain.firstAccuracy, "none")
    }

    private var widerRates: Claim? {
        guard let best = summary.best("cnn", .none)?.accuracy.mean else { return nil }
        func usable(_ kind: NormalizationKind) -> Int {
            summary.groups("cnn", kind).filter { $0.accuracy.mean >= 0.9 * best }.count
        }
        let count = summary.groups("cnn", .none).count
        guard count > 2, !summary.groups("cnn", .standard).isEmpty else { return nil }
        let (standard, plain) = (usable(.standard), usable(.none))
        return Claim(
            claim: "It allows higher learning rates, and a wider range of them.",
            measured:
                "cnn, rates with at least \((0.9 * best).thousandths) accuracy (nine tenths of "
                + "the best without normalization): standard \(standard), none \(plain), of "
                + "\(count)",
            verdict: standard > plain ? "seen" : "not seen")
    }

    private var deeper: Claim? {
        guard let network = summary.depths.last,
            let plain = summary.best(network, .none),
            let standard = summary.best(network, .standard)
        else { return nil }
        return compare(
            "It makes deep networks trainable.", network, standard.accuracy, "standard",
            plain.accuracy, "none")
    }

    private var gradients: Claim? {
        guard let network = summary.depths.last,
            let plain = summary.groups(network, .none).first,
            let standard = summary.groups(network, .standard).first
        else { return nil }
        func decades(_ group: Group) -> Spread {
            Spread(
                values: group.results.compactMap { result in
                    guard let largest = result.firstGradientNorms.max(),
                        let smallest = result.firstGradientNorms.min(), smallest > 0
                    else { return nil }
                    return log10(largest / smallest)
                })
        }
        return compare(
            "It keeps gradients level over the layers at the start of training.",
            "\(network), powers of ten between the largest and the smallest gradient norm of a "
                + "layer at the first step", decades(plain), "none", decades(standard), "standard")
    }

    private func generalizes(_ network: String) -> Claim? {
        guard let plain = summary.best(network, .none),
            let standard = summary.best(network, .standard),
            plain.divergedCount == 0, standard.divergedCount == 0
        else { return nil }
        return compare(
            "It regularizes: a smaller gap between test and training loss.",
            "\(network), test minus training loss at the end", plain.gap, "none", standard.gap,
            "standard")
    }

    private func smallBatches(_ base: String) -> Claim? {
        let sizes = summary.networks.filter { $0.hasPrefix("\(base)-batch-") }
        guard let smallest = sizes.first, let plain = summary.best(smallest, .none),
            let standard = summary.best(smallest, .standard)
        else { return nil }
        return compare(
            "Small batches harm it: less accurate than no normalization.", smallest,
            plain.accuracy, "none", standard.accuracy, "standard")
    }

    private var rawInput: Claim? {
        guard let plain = lossByRawInput(.none), let standard = lossByRawInput(.standard) else {
            return nil
        }
        return compare(
            "It makes training less sensitive to the input's distribution.",
            "mlp, accuracy lost when features are left raw, with deviations that differ by five "
                + "orders of magnitude", plain, "none", standard, "standard")
    }

    /// Seed by seed, the accuracy on standardized features minus that on raw ones.
    private func lossByRawInput(_ kind: NormalizationKind) -> Spread? {
        guard let raw = summary.best("mlp-raw", kind),
            let standardized = summary.best("mlp-standardized", kind)
        else { return nil }
        return Spread(
            values: zip(standardized.accuracy.values, raw.accuracy.values).map { $0 - $1 })
    }

    private var recurrent: Claim? {
        guard let plain = summary.best("rnn", .none), let standard = summary.best("rnn", .standard)
        else { return nil }
        return compare(
            "It helps recurrent networks, on the input-to-hidden path.", "rnn",
            standard.accuracy, "standard", plain.accuracy, "none")
    }

    private func shared(_ kind: NormalizationKind, _ network: String?) -> Claim? {
        guard let network, let shared = summary.best(network, kind),
            let standard = summary.best(network, .standard)
        else { return nil }
        return compare(
            "γ and β per channel are more accurate than "
                + (kind == .weightShared ? "one γ for all channels." : "one γ and one β."),
            network, standard.accuracy, "standard", shared.accuracy, kind.rawValue)
    }

    private var dropout: Claim? {
        guard let with = summary.best("cnn-dropout", .standard),
            let without = summary.best("cnn", .standard)
        else { return nil }
        return compare(
            "Dropout adds nothing where there is batch normalization.", "cnn, standard",
            with.accuracy, "with dropout 0.25", without.accuracy, "without",
            seen: "not seen: dropout helped", notSeen: "seen: no gain found",
            reversed: "seen: dropout harmed")
    }

    private var residual: Claim? {
        guard let zero = summary.best("residual-gamma-0", .standard),
            let one = summary.best("residual-gamma-1", .standard)
        else { return nil }
        return compare(
            "γ at 0 at the end of residual blocks trains better than γ at 1.",
            "residual network of 20 weighted layers, standard", zero.accuracy, "γ = 0",
            one.accuracy, "γ = 1")
    }

    /// The claim that the mean of `high` is above that of `low`.
    private func compare(
        _ claim: String, _ where: String, _ high: Spread, _ highName: String, _ low: Spread,
        _ lowName: String, seen: String = "seen", notSeen: String = "not seen",
        reversed: String = "not seen: the reverse"
    ) -> Claim {
        let measured =
            "\(`where`): \(highName) \(high.text), \(lowName) \(low.text); difference "
            + high.text(minus: low)
        let verdict =
            switch high.side(of: low) {
            case nil: "cannot tell from so few seeds"
            case 1: seen
            case 0: notSeen
            default: reversed
            }
        return Claim(claim: claim, measured: measured, verdict: verdict)
    }
}

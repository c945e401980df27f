import Foundation

/// The claims about batch normalization that the trainings of the first part can test.
struct NetworkClaims {
    let summary: Summary

    var all: [Claim] {
        [
            faster, deeper, widerRates, gradients, generalizes("cnn"),
            generalizes("mlp-standardized"), rawInput, recurrent, shared(.weightShared, "cnn"),
            shared(.parameterShared, "cnn"),
            shared(.weightShared, summary.depths.last),
            shared(.parameterShared, summary.depths.last),
            dropout, residual,
        ].compactMap { $0 }
    }

    private var faster: Claim? {
        guard let plain = summary.best("cnn", .none), let standard = summary.best("cnn", .standard)
        else { return nil }
        return Claim.compare(
            "It trains faster: higher accuracy after the first epoch.", .ioffe, "cnn, one epoch",
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
            claim: "It allows higher learning rates, and a wider range of them.", source: .bjorck,
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
        return Claim.compare(
            "It makes deep networks trainable.", .he, network, standard.accuracy, "standard",
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
        return Claim.compare(
            "It keeps gradients level over the layers at the start of training.", .ioffe,
            "\(network), powers of ten between the largest and the smallest gradient norm of a "
                + "layer at the first step", decades(plain), "none", decades(standard), "standard")
    }

    private func generalizes(_ network: String) -> Claim? {
        guard let plain = summary.best(network, .none),
            let standard = summary.best(network, .standard),
            plain.divergedCount == 0, standard.divergedCount == 0
        else { return nil }
        return Claim.compare(
            "It regularizes: a smaller gap between test and training loss.", .luo,
            "\(network), test minus training loss at the end", plain.gap, "none", standard.gap,
            "standard")
    }

    private var rawInput: Claim? {
        guard let plain = lossByRawInput(.none), let standard = lossByRawInput(.standard) else {
            return nil
        }
        return Claim.compare(
            "It makes training less sensitive to the input's distribution.", .ioffe,
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
        return Claim.compare(
            "It helps recurrent networks, on the input-to-hidden path.", .laurent, "rnn",
            standard.accuracy, "standard", plain.accuracy, "none")
    }

    private func shared(_ kind: NormalizationKind, _ network: String?) -> Claim? {
        guard let network, let shared = summary.best(network, kind),
            let standard = summary.best(network, .standard)
        else { return nil }
        return Claim.compare(
            "γ and β per channel are more accurate than "
                + (kind == .weightShared ? "one γ for all channels." : "one γ and one β."), .ioffe,
            network, standard.accuracy, "standard", shared.accuracy, kind.rawValue)
    }

    private var dropout: Claim? {
        guard let with = summary.best("cnn-dropout", .standard),
            let without = summary.best("cnn", .standard)
        else { return nil }
        return Claim.compare(
            "Dropout adds nothing where there is batch normalization.", .ioffe, "cnn, standard",
            with.accuracy, "with dropout 0.25", without.accuracy, "without",
            seen: "not seen: dropout helped", notSeen: "seen: no gain found",
            reversed: "seen: dropout harmed")
    }

    private var residual: Claim? {
        guard let zero = summary.best("residual-gamma-0", .standard),
            let one = summary.best("residual-gamma-1", .standard)
        else { return nil }
        return Claim.compare(
            "γ at 0 at the end of residual blocks trains better than γ at 1.", .goyal,
            "residual network of 20 weighted layers, standard", zero.accuracy, "γ = 0",
            one.accuracy, "γ = 1")
    }
}

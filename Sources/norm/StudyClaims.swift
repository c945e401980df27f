import Foundation
import TrainingStudy

/// A usual claim about batch normalization, put to the test of this study's numbers.
struct StudyClaim {
    let claim: String
    let measured: String
    let verdict: String
}

/// The claims that the trainings of a summary can test.
///
/// A difference of means is "seen" where it is over two standard errors; each side is at its best
/// learning rate. With one seed there is no standard error, and nothing can be told.
struct StudyClaims {
    let summary: StudySummary

    var all: [StudyClaim] {
        [
            faster, deeper, widerRates, gradients, generalizes, smallBatches, rawInput, recurrent,
            shared(.weightShared), shared(.parameterShared), dropout, residual,
        ].compactMap { $0 }
    }

    private var faster: StudyClaim? {
        guard let plain = summary.best("cnn", .none), let standard = summary.best("cnn", .standard)
        else { return nil }
        return compare(
            "It trains faster: higher accuracy after the first epoch.", "cnn, one epoch",
            standard.firstAccuracy, "standard", plain.firstAccuracy, "none")
    }

    private var widerRates: StudyClaim? {
        guard let best = summary.best("cnn", .none)?.accuracy.mean else { return nil }
        func usable(_ kind: NormalizationKind) -> Int {
            summary.groups("cnn", kind).filter { $0.accuracy.mean >= 0.9 * best }.count
        }
        let count = summary.groups("cnn", .none).count
        guard count > 2, !summary.groups("cnn", .standard).isEmpty else { return nil }
        let (standard, plain) = (usable(.standard), usable(.none))
        return StudyClaim(
            claim: "It allows higher learning rates, and a wider range of them.",
            measured: "cnn, rates with at least \(format(0.9 * best)) accuracy (nine tenths of "
                + "the best without normalization): standard \(standard), none \(plain), of "
                + "\(count)",
            verdict: standard > plain ? "seen" : "not seen")
    }

    private var deeper: StudyClaim? {
        guard let network = summary.networks.last(where: { $0.hasPrefix("depth-") }),
            let plain = summary.best(network, .none),
            let standard = summary.best(network, .standard)
        else { return nil }
        return compare(
            "It makes deep networks trainable.", network, standard.accuracy, "standard",
            plain.accuracy, "none")
    }

    private var gradients: StudyClaim? {
        guard let network = summary.networks.last(where: { $0.hasPrefix("depth-") }),
            let plain = summary.groups(network, .none).first,
            let standard = summary.groups(network, .standard).first
        else { return nil }
        func decades(_ group: StudyGroup) -> Spread {
            Spread(
                values: group.results.compactMap { result in
                    guard let first = result.firstGradientNorms.first,
                        let last = result.firstGradientNorms.last, first > 0, last > 0
                    else { return nil }
                    return abs(log10(first / last))
                })
        }
        return compare(
            "It keeps gradients from vanishing or exploding at the start of training.",
            "\(network), powers of ten between the gradient norms of the first and the last "
                + "layer at the first step", decades(plain), "none", decades(standard), "standard")
    }

    private var generalizes: StudyClaim? {
        guard let plain = summary.best("cnn", .none), let standard = summary.best("cnn", .standard),
            plain.divergedCount == 0, standard.divergedCount == 0
        else { return nil }
        return compare(
            "It regularizes: a smaller gap between test and training loss.",
            "cnn, test minus training loss at the end", plain.gap, "none", standard.gap, "standard")
    }

    private var smallBatches: StudyClaim? {
        let sizes = summary.networks.filter { $0.hasPrefix("cnn-batch-") }
        guard let smallest = sizes.first, let small = summary.best(smallest, .standard),
            let usual = summary.best("cnn", .standard)
        else { return nil }
        return compare(
            "It suffers from small batches.",
            "standard, batch 64 against \(smallest.dropFirst(10)), the same number of epochs",
            usual.accuracy, "64", small.accuracy, String(smallest.dropFirst(10)))
    }

    private var rawInput: StudyClaim? {
        guard let plain = summary.best("mlp-raw", .none),
            let standard = summary.best("mlp-raw", .standard)
        else { return nil }
        return compare(
            "It makes training insensitive to the input's distribution.",
            "mlp on raw features, whose deviations differ by five orders of magnitude",
            standard.accuracy, "standard", plain.accuracy, "none")
    }

    private var recurrent: StudyClaim? {
        guard let plain = summary.best("rnn", .none), let standard = summary.best("rnn", .standard)
        else { return nil }
        return compare(
            "It helps recurrent networks, on the input-to-hidden path.", "rnn",
            standard.accuracy, "standard", plain.accuracy, "none")
    }

    private func shared(_ kind: NormalizationKind) -> StudyClaim? {
        guard let shared = summary.best("cnn", kind), let standard = summary.best("cnn", .standard)
        else { return nil }
        return compare(
            "γ and β per channel are more accurate than "
                + (kind == .weightShared ? "one γ for all channels." : "one γ and one β."),
            "cnn", standard.accuracy, "standard", shared.accuracy, kind.rawValue)
    }

    private var dropout: StudyClaim? {
        guard let with = summary.best("cnn-dropout", .standard),
            let without = summary.best("cnn", .standard)
        else { return nil }
        return compare(
            "Dropout adds nothing where there is batch normalization.", "cnn, standard",
            with.accuracy, "with dropout 0.25", without.accuracy, "without",
            seen: "not seen: dropout helped", notSeen: "seen",
            reversed: "seen: dropout harmed")
    }

    private var residual: StudyClaim? {
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
    ) -> StudyClaim {
        let error = high.standardError(of: low)
        let difference = high.mean - low.mean
        let measured =
            "\(`where`): \(highName) \(format(high)), \(lowName) \(format(low)); difference "
            + "\(format(difference)) ± \(format(error)) (standard error)"
        guard min(high.values.count, low.values.count) > 1 else {
            return StudyClaim(
                claim: claim, measured: measured, verdict: "cannot tell from one seed")
        }
        let verdict =
            if difference > 2 * error { seen } else if difference < -2 * error { reversed } else {
                notSeen
            }
        return StudyClaim(claim: claim, measured: measured, verdict: verdict)
    }
}

/// A number with three digits after the point.
func format(_ value: Double) -> String {
    value.isFinite ? String(format: "%.3f", value) : "diverged"
}

/// Mean and standard deviation.
func format(_ spread: Spread) -> String {
    "\(format(spread.mean)) ± \(format(spread.deviation))"
}

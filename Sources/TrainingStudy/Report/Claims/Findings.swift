/// The few sentences that the report of the first part begins with, made of its numbers alone.
struct Findings {
    let summary: Summary
    /// What the others are held against; nil where there is nothing to compare.
    let reference: NormalizationKind?

    var sentences: [String] { [accuracies, balances].compactMap { $0 } }

    /// The accuracies of the cnn, or of the first network where that did not run.
    private var accuracies: String? {
        let networks = summary.networks
        guard let network = networks.contains("cnn") ? "cnn" : networks.first else { return nil }
        let kinds = summary.kinds(of: network).compactMap { kind in
            summary.best(network, kind).map { "\(kind.rawValue) \($0.accuracy.mean.thousandths)" }
        }
        return "Test accuracy of the \(network) at the best learning rate: "
            + kinds.joined(separator: ", ") + "."
    }

    private var balances: String? {
        guard let reference else { return nil }
        let parts = NormalizationKind.allCases.compactMap { balance($0, against: reference) }
        guard !parts.isEmpty else { return nil }
        return
            "Against \(reference.rawValue), networks in which the test accuracy is higher or lower by more than "
            + "two standard errors: " + parts.joined(separator: "; ") + "."
    }

    /// How often a layer was more and less accurate than the reference.
    private func balance(
        _ kind: NormalizationKind, against reference: NormalizationKind
    ) -> String? {
        guard kind != reference else { return nil }
        let sides = summary.networks.compactMap { network -> Int? in
            guard let group = summary.best(network, kind),
                let base = summary.best(network, reference)
            else { return nil }
            return group.accuracy.side(of: base.accuracy)
        }
        guard !sides.isEmpty else { return nil }
        func count(_ side: Int) -> Int { sides.count { $0 == side } }
        return "\(kind.rawValue) higher in \(count(1)), lower in \(count(-1)) of \(sides.count)"
    }
}

/// The few sentences that the report of the first part begins with, made of its numbers alone.
struct Findings {
    let summary: Summary

    var sentences: [String] { [accuracies, balances, claims].compactMap { $0 } }

    private var accuracies: String {
        let kinds = summary.kinds(of: "cnn").compactMap { kind in
            summary.best("cnn", kind).map { "\(kind.rawValue) \($0.accuracy.mean.thousandths)" }
        }
        return "Test accuracy of the cnn at the best learning rate: "
            + kinds.joined(separator: ", ") + "."
    }

    private var balances: String? {
        let parts = NormalizationKind.allCases.compactMap(balance)
        guard !parts.isEmpty else { return nil }
        return
            "Against standard, networks in which the test accuracy is higher or lower by more than "
            + "two standard errors: " + parts.joined(separator: "; ") + "."
    }

    /// How often a layer was more and less accurate than standard.
    private func balance(_ kind: NormalizationKind) -> String? {
        guard kind != .standard else { return nil }
        let sides = summary.networks.compactMap { network -> Int? in
            guard let group = summary.best(network, kind),
                let standard = summary.best(network, .standard)
            else { return nil }
            return group.accuracy.side(of: standard.accuracy)
        }
        guard !sides.isEmpty else { return nil }
        func count(_ side: Int) -> Int { sides.count { $0 == side } }
        return "\(kind.rawValue) higher in \(count(1)), lower in \(count(-1)) of \(sides.count)"
    }

    private var claims: String? {
        Claim.count(NetworkClaims(summary: summary).all)
    }
}

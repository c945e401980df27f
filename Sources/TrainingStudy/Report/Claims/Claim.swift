/// A usual claim about normalization, put to the test of this study's numbers.
///
/// A difference of means is "seen" where it is over two standard errors; each side is at its best
/// learning rate. With fewer than three seeds nothing can be told.
struct Claim {
    let claim: String
    let source: Source
    let measured: String
    let verdict: String

    /// The claim that the mean of `high` is above that of `low`.
    static func compare(
        _ claim: String, _ source: Source, _ where: String, _ high: Spread, _ highName: String,
        _ low: Spread, _ lowName: String, seen: String = "seen", notSeen: String = "not seen",
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
        return Claim(claim: claim, source: source, measured: measured, verdict: verdict)
    }

    /// The claim that one layer is more accurate than another in a network, or nil where either did not
    /// run.
    static func compare(
        _ claim: String, _ source: Source, _ summary: Summary, _ network: String,
        _ high: NormalizationKind, above low: NormalizationKind, seen: String = "seen",
        notSeen: String = "not seen", reversed: String = "not seen: the reverse"
    ) -> Claim? {
        guard let higher = summary.best(network, high), let lower = summary.best(network, low)
        else { return nil }
        return compare(
            claim, source, network, higher.accuracy, high.rawValue, lower.accuracy, low.rawValue,
            seen: seen, notSeen: notSeen, reversed: reversed)
    }

    /// How many of the claims were seen, in a sentence; nil where there are none.
    static func count(_ claims: [Claim]) -> String? {
        guard !claims.isEmpty else { return nil }
        let seen = claims.count { $0.verdict.hasPrefix("seen") }
        return "Of \(claims.count) usual claims that were tested, \(seen) "
            + "\(seen == 1 ? "was" : "were") seen here; the "
            + "table says which, and by how much."
    }

    /// The claims as a table.
    static func table(_ claims: [Claim]) -> TableSection {
        TableSection(
            title: "The usual claims",
            note: "Mean ± standard deviation over the seeds, each side at its best learning rate; "
                + "after the difference, its standard error. A claim counts as seen where the "
                + "difference is over two standard errors, which one comparison in ten or so is by "
                + "chance. The best rate was chosen by the test accuracy, for every layer alike. "
                + "The source is a paper that makes the claim, for networks larger than these.",
            columns: ["claim", "here", "measured", "source"], isProse: true, hasVerdicts: true,
            rows: claims.map { [$0.claim, $0.verdict, $0.measured, $0.source.rawValue] })
    }
}

/// Where claims come from.
enum Source: String {
    case ba = "Ba, Kiros, Hinton 2016, arXiv:1607.06450"
    case bjorck = "Bjorck and others 2018, arXiv:1806.02375"
    case devries = "De Vries and others 2017, arXiv:1707.00683"
    case goyal = "Goyal and others 2017, arXiv:1706.02677, section 5.1"
    case he = "He and others 2015, arXiv:1512.03385, section 4.1"
    case hoffer = "Hoffer, Hubara, Soudry 2017, arXiv:1705.08741"
    case ioffe = "Ioffe, Szegedy 2015, arXiv:1502.03167"
    case keras = "keras-team/keras, issue 3228"
    case laurent = "Laurent and others 2015, arXiv:1510.01378"
    case luo = "Luo and others 2018, arXiv:1809.00846"
    case radford = "Radford, Metz, Chintala 2015, arXiv:1511.06434"
    case renorm = "Ioffe 2017, arXiv:1702.03275"
    case shen = "Shen and others 2020, arXiv:2003.07845"
    case wu = "Wu, He 2018, arXiv:1803.08494"
    case xiong = "Xiong and others 2020, arXiv:2002.04745"
    case zhang = "Zhang, Sennrich 2019, arXiv:1910.07467"
}

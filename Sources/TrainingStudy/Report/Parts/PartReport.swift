/// What one part of the study leaves behind.
struct PartReport {
    let part: StudyPart
    let title: String
    let summary: Summary
    /// What the others are held against; nil where there is one layer alone.
    let reference: NormalizationKind?
    /// The usual claims that were tested.
    let claims: [Claim]
    /// How it was done.
    let introduction: [String]
    /// Why nothing, or not everything, is held against anything; nil where it is.
    let caution: String?
    /// The few sentences that it comes to.
    let findings: [String]
    let sections: [PictureSection]
    /// What was found, beside the claims.
    private let results: [TableSection]
    /// What is behind it.
    private let details: [TableSection]

    /// - Parameters:
    ///   - tables: those of the whole part.
    ///   - findings: what the part says of itself; how many claims were seen is added.
    ///   - results: tables of what was found; the claims are put before or behind them.
    init(
        _ part: StudyPart, title: String, tables: SummaryTables, reference: NormalizationKind,
        claims: [Claim], introduction: [String], findings: [String?],
        sections: [PictureSection?], results: [TableSection?], details: [TableSection?]
    ) {
        self.part = part
        self.title = title
        summary = tables.summary
        self.reference = tables.reference(reference)
        self.claims = claims
        caution = tables.caution
        self.introduction = introduction
        self.findings = (findings + [Claim.count(claims), tables.caution]).compactMap { $0 }
        self.sections = sections.compactMap { $0 }
        self.results = ([Claim.table(claims)] + results).compactMap { $0 }
        self.details = details.compactMap { $0 }
    }

    /// Every table that has a row, those of what was found first.
    var tables: [TableSection] { (results + details).filter { !$0.table.isEmpty } }

    /// The name of its page in Markdown.
    var fileName: String {
        part == .networks ? "study.md" : "study-\(part.rawValue).md"
    }

    /// All but the pictures, in Markdown.
    var text: String {
        (introduction + [list] + tables.map(\.markdown)).joined(separator: "\n\n") + "\n"
    }

    /// Its page in Markdown: what it comes to, the pictures, how it was done, the tables.
    var page: String {
        let how = (["### How it was done"] + introduction).joined(separator: "\n\n")
        return ([list] + sections.map(pictures) + [how] + tables.map(\.markdown))
            .joined(separator: "\n\n") + "\n"
    }

    private var list: String {
        "### In short\n\n" + findings.map { "* \($0)" }.joined(separator: "\n")
    }

    /// The pictures of a section in Markdown, by their paths in the folder.
    private func pictures(_ section: PictureSection) -> String {
        (["### \(section.title)"]
            + section.pictures.map { "![\($0.title): \($0.caption)](pictures/\($0.name).svg)" })
            .joined(separator: "\n\n")
    }
}

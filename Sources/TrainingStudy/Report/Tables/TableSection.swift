/// A table of the report with its title and a note: in the page, and as Markdown on standard output.
struct TableSection {
    let title: String
    let note: String
    /// Whether cells are sentences, which wrap, and not numbers, which do not.
    let isProse: Bool
    /// Whether the second column is the one that the table is read for.
    let hasVerdicts: Bool
    let table: Table

    init(
        title: String, note: String, columns: [String], isProse: Bool = false,
        hasVerdicts: Bool = false, rows: [[String]]
    ) {
        self.title = title
        self.note = note
        self.isProse = isProse
        self.hasVerdicts = hasVerdicts
        table = Table(columns, rows: rows)
    }

    /// The table in Markdown, with its title as a heading.
    var markdown: String {
        (["### \(title)", "", note, ""] + table.markdownLines).joined(separator: "\n")
    }

    /// The table in HTML, in a box that scrolls sideways on narrow screens; links to it name its part
    /// and its title.
    func html(in part: String) -> String {
        let anchor = "\(part)-\(title.lowercased().replacing(" ", with: "-"))"
        let style = (isProse ? "prose" : "numbers") + (hasVerdicts ? " claims" : "")
        return
            "<h3 id=\"\(anchor)\">\(title.htmlEscaped)</h3>\n<p>\(note.htmlEscaped)</p>\n"
            + "<div class=\"wide\"><table class=\"\(style)\">\n" + table.html
            + "</table></div>\n"
    }
}

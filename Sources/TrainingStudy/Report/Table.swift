/// A table of the report: in the page, and as Markdown on standard output.
struct StudyTable {
    let title: String
    let note: String
    let columns: [String]
    /// Whether cells are sentences, which wrap, and not numbers, which do not.
    var isProse = false
    /// Whether the second column is what the table is read for.
    var hasVerdicts = false
    var rows: [[String]] = []

    /// The name that links to the table go by.
    private var anchor: String { title.lowercased().replacing(" ", with: "-") }

    /// The table in Markdown, with its title as a heading.
    var markdown: String {
        let header = "| " + columns.joined(separator: " | ") + " |"
        let rule = "|" + String(repeating: " --- |", count: columns.count)
        let lines = rows.map { "| " + $0.joined(separator: " | ") + " |" }
        return (["### \(title)", "", note, "", header, rule] + lines).joined(separator: "\n")
    }

    /// The table in HTML, in a box that scrolls sideways on narrow screens.
    var html: String {
        func row(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.map { "<\(tag)>\($0.escaped)</\(tag)>" }.joined() + "</tr>\n"
        }
        let style = (isProse ? "prose" : "numbers") + (hasVerdicts ? " claims" : "")
        return
            "<h3 id=\"\(anchor)\">\(title.escaped)</h3>\n<p>\(note.escaped)</p>\n"
            + "<div class=\"wide\"><table class=\"\(style)\">\n"
            + "<thead>" + row(columns, "th") + "</thead><tbody>\n"
            + rows.map { row($0, "td") }.joined() + "</tbody></table></div>\n"
    }
}

extension String {
    /// The text with what HTML reads as markup replaced.
    var escaped: String {
        replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}

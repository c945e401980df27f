/// Rows of text under titled columns: as aligned text, as Markdown and as HTML.
package struct Table {
    /// Where a column's cells stand in aligned text.
    package enum Alignment {
        case left
        case right
    }

    private let titles: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    /// A table without rows.
    package init(_ columns: [(title: String, alignment: Alignment)]) {
        titles = columns.map(\.title)
        alignments = columns.map(\.alignment)
    }

    /// A table of left-aligned columns.
    init(_ titles: [String], rows: [[String]]) {
        self.init(titles.map { ($0, .left) })
        self.rows = rows
    }

    /// Whether it has no row.
    var isEmpty: Bool { rows.isEmpty }

    /// Adds a row of one cell a column.
    package mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The lines, each column as wide as its widest cell, without blanks at the ends.
    package var lines: [String] {
        let rows = [titles] + rows
        let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += "  " + (alignments[column] == .left ? cell + padding : padding + cell)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// The lines of the table in Markdown.
    var markdownLines: [String] {
        let rule = "|" + String(repeating: " --- |", count: titles.count)
        let rows = rows.map { "| " + $0.joined(separator: " | ") + " |" }
        return ["| " + titles.joined(separator: " | ") + " |", rule] + rows
    }

    /// The head and the body of the table in HTML.
    var html: String {
        func row(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.map { "<\(tag)>\($0.htmlEscaped)</\(tag)>" }.joined() + "</tr>\n"
        }
        return "<thead>" + row(titles, "th") + "</thead><tbody>\n"
            + rows.map { row($0, "td") }.joined() + "</tbody>"
    }
}

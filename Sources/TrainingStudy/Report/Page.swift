import Foundation

/// The report as one HTML page that needs no other file: pictures and style are in it.
struct Page {
    /// One part of the study, with its pictures drawn.
    struct Part {
        let report: PartReport
        let sections: [(title: String, pictures: [(picture: any Picture, svg: String)])]
    }

    let introduction: String
    let parts: [Part]

    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Normalization, side by side</title>
        <style>
        \(Self.style)
        </style>
        </head>
        <body>
        <main>
        <h1>Normalization, side by side</h1>
        <p>\(introduction.htmlEscaped) Every epoch of every training is in study.csv and study.json
        beside this page.</p>
        \(contents)
        \(parts.map(section).joined(separator: "\n"))
        </main>
        </body>
        </html>

        """
    }

    /// Links to the parts, where there are several.
    private var contents: String {
        guard parts.count > 1 else { return "" }
        let links = parts.map {
            "<li><a href=\"#\($0.report.part.rawValue)\">\($0.report.title.htmlEscaped)</a></li>"
        }
        return "<nav><ul>\n\(links.joined(separator: "\n"))\n</ul></nav>"
    }

    private func section(_ part: Part) -> String {
        let report = part.report
        let name = report.part.rawValue
        return """
            <section id="\(name)">
            <h2>\(report.title.htmlEscaped)</h2>
            <h3>In short</h3>
            <ul>
            \(report.findings.map { "<li>\($0.htmlEscaped)</li>" }.joined(separator: "\n"))
            </ul>
            <p>What the names of the networks stand for is under
            <a href="#\(name)-the-networks">the networks</a>, below the pictures.</p>
            \(part.sections.map(pictures).joined(separator: "\n"))
            <h3>How it was done</h3>
            \(report.introduction.map { "<p>\($0.htmlEscaped)</p>" }.joined(separator: "\n"))
            \(report.tables.map { $0.html(in: name) }.joined(separator: "\n"))
            </section>
            """
    }

    private func pictures(
        _ section: (title: String, pictures: [(picture: any Picture, svg: String)])
    ) -> String {
        """
        <h3>\(section.title.htmlEscaped)</h3>
        <div class="pictures">
        \(section.pictures.map(figure).joined(separator: "\n"))
        </div>
        """
    }

    private func figure(_ drawn: (picture: any Picture, svg: String)) -> String {
        """
        <figure>
        <h4>\(drawn.picture.title.htmlEscaped)</h4>
        \(drawn.svg)
        <figcaption>\(drawn.picture.caption.htmlEscaped)</figcaption>
        </figure>
        """
    }
}

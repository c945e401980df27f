import Foundation

/// The report as one HTML page that needs no other file: pictures and style are in it.
struct StudyPage {
    let introduction: [String]
    let pictures: [(plot: StudyPlot, svg: String)]
    let tables: [StudyTable]

    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Batch normalization, side by side</title>
        <style>
        \(style)
        </style>
        </head>
        <body>
        <main>
        <h1>Batch normalization, side by side</h1>
        \(introduction.map { "<p>\($0.escaped)</p>" }.joined(separator: "\n"))
        \(tables.prefix(2).map(\.html).joined(separator: "\n"))
        <h2>Pictures</h2>
        <div class="pictures">
        \(pictures.map(figure).joined(separator: "\n"))
        </div>
        <h2>All numbers</h2>
        <p>Every epoch of every training is in study.csv and study.json beside this page.</p>
        \(tables.dropFirst(2).map(\.html).joined(separator: "\n"))
        </main>
        </body>
        </html>

        """
    }

    private func figure(_ picture: (plot: StudyPlot, svg: String)) -> String {
        """
        <figure>
        <h3>\(picture.plot.title.escaped)</h3>
        \(picture.svg)
        <figcaption>\(picture.plot.caption.escaped)</figcaption>
        </figure>
        """
    }

    private var style: String {
        """
        :root { color-scheme: light dark; --ink: #1c1c1e; --paper: #ffffff; --faint: #6b6b70;
            --rule: #d9d9de; --card: #f6f6f8; }
        @media (prefers-color-scheme: dark) {
            :root { --ink: #ececf0; --paper: #16161a; --faint: #a0a0a8; --rule: #3a3a42;
                --card: #1f1f25; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
            font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 1120px; margin: 0 auto; padding: 1rem; }
        h1 { font-size: 1.7rem; line-height: 1.2; }
        h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--rule); }
        h3 { margin: 1.5rem 0 0.3rem; font-size: 1.05rem; }
        p { max-width: 46rem; }
        .pictures { display: grid; gap: 1rem;
            grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); }
        figure { margin: 0; padding: 0.75rem; background: var(--card); border-radius: 8px; }
        figure h3 { margin: 0 0 0.3rem; }
        figure svg { display: block; width: 100%; height: auto; color: var(--ink); }
        figcaption { color: var(--faint); font-size: 0.85rem; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.9rem 0.35rem 0;
            border-bottom: 1px solid var(--rule); white-space: nowrap; }
        .prose td { white-space: normal; min-width: 5.5rem; }
        .prose td:nth-child(2) { font-weight: 600; }
        @media (max-width: 640px) {
            .prose thead { display: none; }
            .prose tr { display: block; padding: 0.5rem 0; border-bottom: 1px solid var(--rule); }
            .prose td { display: block; border: 0; padding: 0.1rem 0; }
        }
        """
    }
}

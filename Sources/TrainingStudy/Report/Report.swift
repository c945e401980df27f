import BLAS
import Foundation
import Normalization

/// Everything a study leaves behind: the page, its pictures, the numbers.
package struct Report {
    /// How much was trained, and on what.
    let introduction: String
    let parts: [PartReport]
    let records: [EpochRecord]
    private let work: Work?

    /// The report on the results of `plan`, which began at `start`.
    ///
    /// - Parameters:
    ///   - kept: how many of the results are of an earlier run.
    ///   - work: hears of what is looked at in single networks, and of every picture.
    package init(
        _ results: [ExperimentResult], plan: Plan, start: ContinuousClock.Instant,
        kept: Int = 0, work: Work? = nil
    ) throws {
        self.work = work
        records = results.flatMap(EpochRecord.records)
        let engine = try Engine.default.chosen(
            for: .training, of: Geometry([64, 16, 8, 8]))
        parts = try plan.parts.map { part in
            let summary = Summary(results.filter { $0.experiment.part == part })
            return switch part {
            case .networks:
                try NetworksReport(summary, plan: plan, engine: engine, work: work).report
            case .batchSizes: BatchSizeReport(summary: summary, plan: plan).report
            case .attention: AttentionReport(summary: summary, plan: plan).report
            case .gan: try DrawingReport(summary, plan: plan).report
            }
        }
        let seeds = Set(results.map(\.experiment.seed)).count
        introduction =
            "\(results.count) trainings of \(seeds) \(seeds == 1 ? "seed" : "seeds"). "
            + (kept > 0 ? "\(kept) of them were there from an earlier run. " : "")
            + "It took \(Self.text(ContinuousClock.now - start)) on "
            + "\(ProcessInfo.processInfo.activeProcessorCount) cores, with the "
            + "\(OpenBLAS.coreName) kernels of OpenBLAS and the engine \(engine.rawValue)."
    }

    /// The files of the report by their names in its folder: pictures, study.json, study.csv, a page
    /// in Markdown for each part, and index.html.
    package func files() throws -> [(name: String, contents: [UInt8])] {
        let count = parts.flatMap(\.sections).reduce(0) { $0 + $1.pictures.count }
        var index = 0
        let drawn = try parts.map { part in
            Page.Part(
                report: part,
                sections: try part.sections.map { section in
                    let pictures = try section.pictures.map { picture in
                        defer {
                            work?.endPicture(index, of: count)
                            index += 1
                        }
                        return (picture: picture, svg: try picture.svg())
                    }
                    return (title: section.title, pictures: pictures)
                })
        }
        let pictures = drawn.flatMap(\.sections).flatMap(\.pictures).map { picture, svg in
            // A picture by itself has no text around it to take its colour from: grey is read on
            // light and dark.
            let alone = svg.replacing("<svg ", with: "<svg color=\"#808080\" ", maxReplacements: 1)
            return (name: "pictures/\(picture.name).svg", contents: Array(alone.utf8))
        }
        let pages = parts.map { part in
            (name: part.fileName, contents: Array("\(introduction)\n\n\(part.page)".utf8))
        }
        return pictures + pages + [
            (name: "study.json", contents: Array(try EpochRecord.json(records))),
            (name: "study.csv", contents: Array(EpochRecord.csv(records).utf8)),
            (
                name: "index.html",
                contents: Array(Page(introduction: introduction, parts: drawn).html.utf8)
            ),
        ]
    }

    /// All but the pictures, in Markdown.
    package var text: String {
        ([introduction] + parts.map { "## \($0.title)\n\n\($0.text)" }).joined(separator: "\n\n")
    }

    /// What the study comes to, in the lines of one screen.
    package var digest: String { Digest(introduction: introduction, parts: parts).text }

    private static func text(_ duration: Duration) -> String {
        let seconds = Int(duration.seconds.rounded())
        return seconds < 120 ? "\(seconds) seconds" : "\((seconds + 30) / 60) minutes"
    }
}

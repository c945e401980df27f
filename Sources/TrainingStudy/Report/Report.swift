import BLAS
import Foundation
import Normalization

/// Everything a study leaves behind: the page, its pictures, the numbers.
package struct Report {
    let summary: Summary
    let introduction: [String]
    let findings: [String]
    let tables: Tables
    let sections: [Pictures.Section]
    let records: [EpochRecord]

    /// The report on the results of `plan`, which began at `start`.
    package init(
        _ results: [ExperimentResult], plan: Plan, isQuick: Bool,
        start: ContinuousClock.Instant
    ) throws {
        summary = Summary(results)
        records = results.flatMap(EpochRecord.records)
        guard let images = plan.entries.first(where: { $0.experiment.network == "cnn" }) else {
            throw StudyError.nothingToTrain
        }
        let kinds = summary.kinds(of: "cnn")
        let probe = Probe(task: images.task, kinds: kinds)
        let engine = try Engine.default.chosen(
            for: .training, of: Geometry([64, 16] + images.task.train.sampleShape.dropFirst()))
        let rounds = isQuick ? 8 : 60
        tables = Tables(
            summary: summary, plan: plan, speeds: try probe.speeds(rounds: rounds), rounds: rounds,
            engine: engine)
        findings = Findings(summary: summary).sentences
        let summary = summary
        let rates = kinds.reduce(into: [:]) {
            $0[$1] = summary.best("cnn", $1)?.learningRate
        }
        sections =
            Pictures(
                summary: summary,
                activations: try probe.activations(rates, epochs: images.experiment.epochs)
            ).sections
        let seeds = Set(results.map(\.experiment.seed)).count
        introduction = [
            "The same networks, trained without normalization and with each kind of batch "
                + "normalization: standard (γ and β per channel), weight-shared (one γ, β per "
                + "channel), parameter-shared (one γ, one β), γ alone and β alone.",
            "\(results.count) trainings of \(seeds) \(seeds == 1 ? "seed" : "seeds"), SGD with "
                + "momentum 0.9 and weight decay 0.0001 on weights alone, weights by He's rule. "
                + "It took \(Self.text(ContinuousClock.now - start)) on "
                + "\(ProcessInfo.processInfo.activeProcessorCount) cores, with the "
                + "\(OpenBLAS.coreName) kernels of OpenBLAS and the engine \(engine.rawValue).",
        ]
    }

    /// The files of the report by their names in its folder: pictures, study.json, study.csv,
    /// study.md and index.html.
    package func files() throws -> [(name: String, contents: [UInt8])] {
        let drawn = try sections.map { section in
            Page.Section(
                title: section.title,
                pictures: try section.plots.map { (plot: $0, svg: try $0.svg()) })
        }
        let page = Page(
            introduction: introduction, findings: findings, results: tables.results,
            sections: drawn, details: tables.details)
        let pictures = drawn.flatMap(\.pictures).map { plot, svg in
            // A picture by itself has no text around it to take its colour from: grey is read on
            // light and dark.
            let alone = svg.replacingOccurrences(of: "currentColor", with: "#808080")
            return (name: "pictures/\(plot.name).svg", contents: Array(alone.utf8))
        }
        return pictures + [
            (name: "study.json", contents: Array(try EpochRecord.json(records))),
            (name: "study.csv", contents: Array(EpochRecord.csv(records).utf8)),
            (name: "study.md", contents: Array((text + pictureList).utf8)),
            (name: "index.html", contents: Array(page.html.utf8)),
        ]
    }

    /// All but the pictures, in Markdown.
    package var text: String {
        let list = "### In short\n\n" + findings.map { "* \($0)" }.joined(separator: "\n")
        let tables = (tables.results + tables.details).map(\.markdown)
        return (introduction + [list] + tables).joined(separator: "\n\n") + "\n"
    }

    /// The pictures in Markdown, by their paths in the folder.
    private var pictureList: String {
        sections.map { section in
            let images = section.plots.map {
                "![\($0.title): \($0.caption)](pictures/\($0.name).svg)\n"
            }
            return "\n### \(section.title)\n\n" + images.joined()
        }.joined()
    }

    private static func text(_ duration: Duration) -> String {
        let seconds = Int(duration.seconds.rounded())
        return seconds < 120 ? "\(seconds) seconds" : "\(seconds / 60) minutes"
    }
}

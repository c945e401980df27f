import BLAS
import Foundation
import Normalization
import TrainingStudy

/// Everything a study leaves behind: the page, its pictures, the numbers.
struct StudyReport {
    let summary: StudySummary
    let introduction: [String]
    let findings: [String]
    let tables: StudyTables
    let sections: [StudyPictures.Section]
    let records: [StudyRecord]

    init(
        _ results: [ExperimentResult], plan: StudyPlan, isQuick: Bool,
        start: ContinuousClock.Instant
    ) throws {
        summary = StudySummary(results)
        records = results.flatMap(StudyRecord.records)
        guard let images = plan.entries.first(where: { $0.experiment.network == "cnn" }) else {
            throw Failure.call("--layers: expected a layer to train, got none")
        }
        let kinds = summary.kinds(of: "cnn")
        let probe = StudyProbe(task: images.task, kinds: kinds)
        let engine = try Engine.default.chosen(
            for: .training, of: Geometry([64, 16] + images.task.train.sampleShape.dropFirst()))
        let rounds = isQuick ? 8 : 60
        tables = StudyTables(
            summary: summary, plan: plan, speeds: try probe.speeds(rounds: rounds), rounds: rounds,
            engine: engine)
        findings = StudyFindings(summary: summary).sentences
        let summary = summary
        let rates = kinds.reduce(into: [:]) {
            $0[$1] = summary.best("cnn", $1)?.learningRate
        }
        sections =
            StudyPictures(
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

    /// Writes index.html, study.md, study.csv, study.json and pictures/ to `folder`.
    func write(to folder: StudyFolder) throws {
        let drawn = try sections.map { section in
            StudyPage.Section(
                title: section.title,
                pictures: try section.plots.map { (plot: $0, svg: try $0.svg()) })
        }
        let page = StudyPage(
            introduction: introduction, findings: findings, results: tables.results,
            sections: drawn, details: tables.details)
        let pictures = try StudyFolder("\(folder.path)/pictures")
        for (plot, svg) in drawn.flatMap(\.pictures) {
            // A picture by itself has no text around it to take its colour from: grey is read on
            // light and dark.
            let alone = svg.replacingOccurrences(of: "currentColor", with: "#808080")
            try pictures.write(Data(alone.utf8), to: "\(plot.name).svg")
        }
        try folder.write(StudyRecord.json(records), to: "study.json")
        try folder.write(Data(StudyRecord.csv(records).utf8), to: "study.csv")
        try folder.write(Data((text + pictureList).utf8), to: "study.md")
        try folder.write(Data(page.html.utf8), to: "index.html")
    }

    /// All but the pictures, in Markdown.
    var text: String {
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

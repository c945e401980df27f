import BLAS
import Foundation
import Normalization
import TrainingStudy

/// Everything a study leaves behind: the page, its pictures, the numbers.
struct StudyReport {
    let summary: StudySummary
    let tables: [StudyTable]
    let plots: [StudyPlot]
    let records: [StudyRecord]
    let introduction: [String]

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
        tables =
            StudyTables(
                summary: summary, speeds: try probe.speeds(rounds: isQuick ? 3 : 15)
            ).all
        let summary = summary
        let rates = kinds.reduce(into: [:]) {
            $0[$1] = summary.best("cnn", $1)?.learningRate
        }
        plots =
            StudyPictures(
                summary: summary,
                activations: try probe.activations(rates, epochs: images.experiment.epochs)
            ).plots
        let seeds = Set(results.map(\.experiment.seed)).count
        introduction = [
            "The same networks, trained without normalization and with each kind of batch "
                + "normalization: standard (γ and β per channel), weight-shared (one γ, β per "
                + "channel), parameter-shared (one γ, one β), γ alone and β alone.",
            "\(results.count) trainings of \(seeds) \(seeds == 1 ? "seed" : "seeds"), SGD with "
                + "momentum 0.9 and weight decay 0.0001 on weights alone, weights by He's rule. "
                + "\(images.task.train.count) training and \(images.task.test.count) test "
                + "images. It took \(Self.text(ContinuousClock.now - start)) on "
                + "\(ProcessInfo.processInfo.activeProcessorCount) cores (\(OpenBLAS.coreName) "
                + "kernels of OpenBLAS, engine \(Engine.default.rawValue)).",
        ]
    }

    /// Writes index.html, study.csv, study.json and pictures/ to `folder`.
    func write(to folder: StudyFolder) throws {
        let pictures = try plots.map { (plot: $0, svg: try $0.svg()) }
        let page = StudyPage(introduction: introduction, pictures: pictures, tables: tables)
        let drawn = try StudyFolder("\(folder.path)/pictures")
        for (plot, svg) in pictures {
            // A picture by itself has no text around it to take its colour from: grey is read on
            // light and dark.
            let alone = svg.replacingOccurrences(of: "currentColor", with: "#808080")
            try drawn.write(Data(alone.utf8), to: "\(plot.name).svg")
        }
        try folder.write(StudyRecord.json(records), to: "study.json")
        try folder.write(Data(StudyRecord.csv(records).utf8), to: "study.csv")
        try folder.write(Data(page.html.utf8), to: "index.html")
    }

    /// The introduction and every table, in Markdown.
    var text: String {
        (introduction + tables.map(\.markdown)).joined(separator: "\n\n") + "\n"
    }

    private static func text(_ duration: Duration) -> String {
        let seconds = Int(duration.seconds.rounded())
        return seconds < 120 ? "\(seconds) seconds" : "\(seconds / 60) minutes"
    }
}

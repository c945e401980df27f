import ArgumentParser
import Foundation
import TrainingStudy

/// `norm study`: trains the same networks with each layer and reports what came out.
struct Study: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train the same networks with each layer, and report how they compare.",
        usage: """
            norm study --report FOLDER [--quick] [--only PARTS] [OPTIONS]
            norm study --report FOLDER --continue [THE SAME OPTIONS]
            norm study --report FOLDER --train-images X.npy --train-labels L.npy
                       --test-images X.npy --test-labels L.npy [OPTIONS]
            norm study --report FOLDER --whitening [--quick]
            """,
        discussion: """
            Four parts, on the shipped data, for several learning rates and seeds: networks \
            (convolutional, dense, residual and recurrent, with the kinds of batch norm), \
            batch-sizes (2 to 64, with layers that depend on the batch and layers that do not), \
            attention (over padded sequences, with layer, RMS and batch norm) and gan (a network \
            that draws the digit it is asked for).

            First it says how many trainings there are and about how long they take; then a bar \
            moves, or, where there is no terminal, a line a minute comes on standard error. A few \
            lines say what came out. The report has the rest: index.html, pictures first, with \
            the tables behind them, a page in Markdown for each part, study.csv and study.json. \
            Pictures are drawn by gnuplot.

            Each training is kept in trainings.jsonl of the report's folder as it ends. After \
            Ctrl-C or a kill the same call with --continue goes on with the others, and \
            comes to the same numbers to the bit. With all of them there, it draws the report \
            anew.

            With images of one's own, all four of --train-images, --train-labels, --test-images \
            and --test-labels, only the convolutional networks run, on those, in the parts \
            networks and batch-sizes. Images are .npy of shape (N, C, H, W), all of type f4 or \
            all u1; labels are integers of shape (N). One shift and one scale, the same for \
            every pixel and channel, bring the training images to mean 0 and deviation 1, and \
            the test images by the same numbers: pixels of 0 to 255 and of 0 to 1 train alike.

            The same options give the same numbers, but for the seconds.

            EXAMPLES
              norm study --report report --quick
              norm study --report gan --only gan --seeds 3
              norm study --report deep --networks 'depth-*' --layers none,standard
              norm study --report report --continue
            """)

    @Option(help: "The folder the report goes to; it is made if it is not there.")
    var report: String

    @Flag(help: "A small study, in under a minute: fewer learning rates, seeds and epochs.")
    var quick = false

    @Flag(help: "Whitening beside batch normalization instead, into whitening.md.")
    var whitening = false

    @Option(help: "Training images, .npy.") var trainImages: String?
    @Option(help: "Their labels, .npy.") var trainLabels: String?
    @Option(help: "Test images, .npy.") var testImages: String?
    @Option(help: "Their labels, .npy.") var testLabels: String?

    @Option(help: "The parts, apart by commas: networks, batch-sizes, attention, gan.")
    var only: String = "all"

    @Option(
        help: ArgumentHelp(
            "The networks, apart by commas, of the parts: cnn, rnn, 'depth-*', …",
            discussion: "A star at the end stands for any rest; a wrong name lists them."))
    var networks: String?

    @Flag(
        name: .customLong("continue"),
        help: "Go on with the trainings in the report's folder; the options must be theirs.")
    var continues = false

    @Flag(help: "Print every table, in Markdown, instead of a few lines.")
    var full = false

    @Option(help: "Epochs of every training.") var epochs: Int?
    @Option(help: "How many seeds: 1, 2, … of each training.") var seeds: Int?
    @Option(help: "Learning rates of every network, apart by commas.") var learningRates: String?
    @Option(
        help: "The layers, apart by commas: none, standard, group, layer, … of those a part has.")
    var layers: String = "all"

    func run() throws {
        guard !whitening else {
            try checkWhitening()
            return try compareWhitening()
        }
        let options = Plan.Options(
            isQuick: quick, epochs: try positive(epochs, "--epochs"),
            seeds: try positive(seeds, "--seeds"), learningRates: try rates(),
            kinds: try list([layers], from: NormalizationKind.allCases, "--layers"),
            parts: try list([only], from: StudyPart.allCases, "--only"),
            networks: networks.map { $0.split(separator: ",").map(String.init) })
        let tasks = try tasks()
        let plan = try Plan(options, on: tasks)
        try Plot.checkProgram()
        // Before hours of training, not after.
        let folder = OutputFolder("--report", report)
        try folder.create()
        let known = StudySettings(
            StudySettings.ofTheMachine + settings + tasks.settings)
        let journal = try StudyJournal(
            in: folder, known, trainings: plan.count, continues: continues)
        let kept = try plan.results(from: journal.records)
        try train(plan, kept, journal, folder)
    }

    /// Trains what is not kept, and writes the report.
    private func train(
        _ plan: Plan, _ kept: [ExperimentResult?], _ journal: StudyJournal, _ folder: OutputFolder
    ) throws {
        let start = ContinuousClock.now
        let forecast = try Forecast(plan, done: kept)
        let progress = Progress()
        progress.note("\(forecast.text).")
        let work = Work(forecast) { progress.show(share: $0, $1) }
        let results = try Runner(plan).run(done: kept, work: work) { try journal.add($0) }
        let report = try Report(
            results, plan: plan, start: start, kept: journal.records.count, work: work)
        let files = try report.files().map { OutputFolder.File(name: $0.name, bytes: $0.contents) }
        progress.clear()
        try folder.write(files)
        if full {
            try StandardOutput.write("\(report.text)\nreport: \(folder.path)/index.html\n")
        } else {
            try StandardOutput.write(
                "\(report.digest)\nPictures, then every table: \(folder.path)/index.html\n")
        }
    }

    /// The options that the numbers depend on, as they were given.
    private var settings: [StudySettings.Setting] {
        func text<Value>(_ value: Value?) -> String { value.map { "\($0)" } ?? "the default" }
        return [
            ("--quick", quick ? "given" : "not given"), ("--only", only), ("--layers", layers),
            ("--networks", networks ?? "all"), ("--epochs", text(epochs)),
            ("--seeds", text(seeds)), ("--learning-rates", learningRates ?? "the default"),
        ]
    }

    /// Options that are of no use with --whitening are refused, not passed over.
    private func checkWhitening() throws(Failure) {
        let given: [(String, Bool)] = [
            ("--train-images", trainImages != nil), ("--train-labels", trainLabels != nil),
            ("--test-images", testImages != nil), ("--test-labels", testLabels != nil),
            ("--only", only != "all"), ("--networks", networks != nil), ("--continue", continues),
            ("--full", full), ("--epochs", epochs != nil), ("--seeds", seeds != nil),
            ("--learning-rates", learningRates != nil), ("--layers", layers != "all"),
        ]
        if let option = given.first(where: \.1)?.0 {
            throw .call("\(option): not with --whitening")
        }
    }

    private func tasks() throws -> StudyTasks {
        switch (trainImages, trainLabels, testImages, testLabels) {
        case (nil, nil, nil, nil): return try StudyFiles.shipped()
        case (let trainImages?, let trainLabels?, let testImages?, let testLabels?):
            return try StudyFiles.images(
                train: (trainImages, trainLabels), test: (testImages, testLabels))
        default:
            throw Failure.call(
                "--train-images, --train-labels, --test-images, --test-labels: expected all four "
                    + "or none")
        }
    }

    private func positive(_ value: Int?, _ option: String) throws(Failure) -> Int? {
        if let value, !(1...100_000).contains(value) {
            throw .call("\(option): expected a number from 1 to 100000, got \(value)")
        }
        return value
    }

    private func rates() throws(Failure) -> [Double]? {
        guard let learningRates else { return nil }
        var rates: [Double] = []
        for word in learningRates.split(separator: ",") {
            guard let rate = Double(word), rate > 0, rate.isFinite else {
                throw .call("--learning-rates: expected numbers above 0, got '\(word)'")
            }
            if !rates.contains(rate) { rates.append(rate) }
        }
        guard !rates.isEmpty else {
            throw .call("--learning-rates: expected at least one number, got none")
        }
        return rates
    }
}

import ArgumentParser
import Foundation
import TrainingStudy

/// `norm study`: trains the same networks with each layer and reports what came out.
struct Study: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train the same networks with each layer, and report how they compare.",
        discussion: """
            Four parts, on the shipped data, for several learning rates and seeds: networks \
            (convolutional, dense, residual and recurrent, with the kinds of batch norm), \
            batch-sizes (2 to 64, with layers that depend on the batch and layers that do not), \
            attention (over padded sequences, with layer, RMS and batch norm) and gan (a network \
            that draws the digit it is asked for). The report is a page with pictures \
            (index.html), a page in Markdown for each part, study.csv and study.json; its tables \
            are printed too, in Markdown. Pictures are drawn by gnuplot.

            With images of one's own, all four of --train-images, --train-labels, --test-images \
            and --test-labels, only the convolutional networks run, on those, in the parts \
            networks and batch-sizes. Images are .npy of shape (N, C, H, W) and type f4 or u1, \
            labels of shape (N), integers.

            The same options give the same numbers, but for the seconds.
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

    @Option(help: "Epochs of every training.") var epochs: Int?
    @Option(help: "How many seeds: 1, 2, … of each training.") var seeds: Int?
    @Option(help: "Learning rates of every network, apart by commas.") var learningRates: String?
    @Option(
        help: "The layers, apart by commas: none, standard, group, layer, … of those a part has.")
    var layers: String = "all"

    func run() throws {
        if whitening { return try compareWhitening() }
        let options = Plan.Options(
            isQuick: quick, epochs: try positive(epochs, "--epochs"),
            seeds: try positive(seeds, "--seeds"), learningRates: try rates(),
            kinds: try list([layers], from: NormalizationKind.allCases, "--layers"),
            parts: try list([only], from: StudyPart.allCases, "--only"))
        let plan = try Plan(options, on: try tasks())
        try Plot.checkProgram()
        let folder = OutputFolder("--report", report)
        // Before hours of training, not after.
        try folder.create()
        let start = ContinuousClock.now
        let progress = Progress()
        let results = try Runner(plan).run { share, experiment in
            progress.show(share: share, "\(experiment.network), \(experiment.kind.rawValue)")
        }
        progress.clear()
        let report = try Report(results, plan: plan, start: start)
        let files = try report.files().map { OutputFolder.File(name: $0.name, bytes: $0.contents) }
        try folder.write(files)
        print(report.text)
        print("report: \(folder.path)/index.html")
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

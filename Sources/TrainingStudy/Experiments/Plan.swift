/// The trainings of a study and the data each runs on.
package struct Plan: Sendable {
    /// One training with its data.
    struct Entry: Sendable {
        let experiment: Experiment
        let task: LearningTask
        /// Who looks at what the network draws; nil where it draws nothing.
        let judge: Judge?
    }

    /// The caller's choices; `nil` leaves one to the plan.
    package struct Options: Sendable {
        let isQuick: Bool
        let epochs: Int?
        let seeds: Int?
        let learningRates: [Double]?
        let kinds: [NormalizationKind]
        let parts: [StudyPart]

        /// Choices for one study.
        package init(
            isQuick: Bool, epochs: Int?, seeds: Int?, learningRates: [Double]?,
            kinds: [NormalizationKind], parts: [StudyPart] = StudyPart.allCases
        ) {
            self.isQuick = isQuick
            self.epochs = epochs
            self.seeds = seeds
            self.learningRates = learningRates
            self.kinds = kinds
            self.parts = parts
        }
    }

    private(set) var entries: [Entry] = []
    let options: Options

    /// The whole study on the shipped data, or the convolutional networks on images of one's own.
    ///
    /// - Throws: ``StudyError/nothingToTrain`` where no part has a layer that was asked for.
    package init(_ options: Options, on tasks: StudyTasks) throws(StudyError) {
        self.options = options
        for part in options.parts {
            switch (part, tasks) {
            case (.networks, .images(let images)): addConvolutional(images)
            case (.batchSizes, .images(let images)): addConvolutionalBatchSizes(images)
            case (.networks, .shipped(let digits, let breastCancer, let japaneseVowels)):
                addConvolutional(digits)
                addPerceptron(breastCancer)
                addDepth(digits)
                addResidual(digits)
                addRecurrent(japaneseVowels)
            case (.batchSizes, .shipped(let digits, _, _)):
                addDenseBatchSizes(digits)
                addConvolutionalBatchSizes(digits)
            case (.attention, .shipped(_, _, let japaneseVowels)): addAttention(japaneseVowels)
            case (.gan, .shipped(let digits, _, _)): addGenerator(digits)
            case (.attention, .images), (.gan, .images): break
            }
        }
        guard !entries.isEmpty else { throw .nothingToTrain }
    }

    /// The parts that something is trained for.
    var parts: [StudyPart] {
        options.parts.filter { part in entries.contains { $0.experiment.part == part } }
    }

    /// Adds the trainings that `experiment` begins: one for each layer, learning rate and seed.
    mutating func add(
        _ experiment: Experiment, _ task: LearningTask, rates: [Double],
        kinds: [NormalizationKind], judge: Judge? = nil
    ) {
        var experiment = experiment
        experiment.epochs = options.epochs ?? experiment.epochs
        for kind in options.kinds where kinds.contains(kind) {
            for rate in options.learningRates ?? rates {
                for seed in 1...(options.seeds ?? (options.isQuick ? 3 : 5)) {
                    experiment.kind = kind
                    experiment.learningRate = rate
                    experiment.seed = seed
                    entries.append(Entry(experiment: experiment, task: task, judge: judge))
                }
            }
        }
    }
}

extension Plan.Entry {
    /// A guess at the work of one epoch, in the unit of the others', for the progress bar.
    var epochCost: Double {
        // Small products spend as much time on calls as on numbers.
        let ofCalls = 1 + 16 / Double(experiment.batchSize)
        let sampleCost: Double =
            switch experiment.architecture {
            case .convolutional:
                Double(task.train.sampleShape[1] * task.train.sampleShape[2]) / 64 * 16 * ofCalls
            case .perceptron(_, let depth): Double(depth) * 0.13 * ofCalls
            case .residual(_, let blocks, _): Double(blocks) * 0.38
            case .recurrent: 4.3
            case .attention(_, _, let blocks): Double(blocks) * 20
            case .generator: 8.0
            }
        return sampleCost * Double(task.train.count)
    }
}

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
        let networks: [String]?

        /// Choices for one study.
        package init(
            isQuick: Bool, epochs: Int?, seeds: Int?, learningRates: [Double]?,
            kinds: [NormalizationKind], parts: [StudyPart] = StudyPart.allCases,
            networks: [String]? = nil
        ) {
            self.isQuick = isQuick
            self.epochs = epochs
            self.seeds = seeds
            self.learningRates = learningRates
            self.kinds = kinds
            self.parts = parts
            self.networks = networks
        }
    }

    private(set) var entries: [Entry] = []
    let options: Options

    /// The whole study on the shipped data, or the convolutional networks on images of one's own.
    ///
    /// - Throws: ``StudyError/nothingToTrain`` where no part has a layer that was asked for,
    ///   ``StudyError/unknownNetwork(_:known:)`` where none has the network.
    package init(_ options: Options, on tasks: StudyTasks) throws(StudyError) {
        self.options = options
        addAll(on: tasks)
        try chooseNetworks()
        guard !entries.isEmpty else { throw .nothingToTrain }
    }

    private mutating func addAll(on tasks: StudyTasks) {
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
    }

    /// Leaves the networks that were asked for, by name or, before a star, by its beginning.
    private mutating func chooseNetworks() throws(StudyError) {
        guard let wanted = options.networks, !entries.isEmpty else { return }
        func isNamed(_ network: String, by word: String) -> Bool {
            word.hasSuffix("*") ? network.hasPrefix(word.dropLast()) : network == word
        }
        let known = networks
        for word in wanted where !known.contains(where: { isNamed($0, by: word) }) {
            throw .unknownNetwork(word, known: known)
        }
        entries.removeAll { entry in
            !wanted.contains { isNamed(entry.experiment.network, by: $0) }
        }
    }

    /// The networks that are trained, in their order.
    var networks: [String] {
        entries.reduce(into: []) { names, entry in
            if !names.contains(entry.experiment.network) { names.append(entry.experiment.network) }
        }
    }

    /// How many trainings there are.
    package var count: Int { entries.count }

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

/// The trainings of a study and the data each runs on.
package struct Plan: Sendable {
    /// One training with its data.
    struct Entry: Sendable {
        let experiment: Experiment
        let task: LearningTask
    }

    /// The caller's choices; `nil` leaves one to the plan.
    package struct Options: Sendable {
        let isQuick: Bool
        let epochs: Int?
        let seeds: Int?
        let learningRates: [Double]?
        let kinds: [NormalizationKind]

        /// Choices for one study.
        package init(
            isQuick: Bool, epochs: Int?, seeds: Int?, learningRates: [Double]?,
            kinds: [NormalizationKind]
        ) {
            self.isQuick = isQuick
            self.epochs = epochs
            self.seeds = seeds
            self.learningRates = learningRates
            self.kinds = kinds
        }
    }

    /// The layers that are compared over batch sizes.
    private static let batchSizeKinds: [NormalizationKind] = [
        .none, .standard, .weightShared, .parameterShared,
    ]

    private(set) var entries: [Entry] = []
    private let options: Options

    /// The whole study on the shipped data, or the convolutional networks on images of one's own.
    package init(_ options: Options, on tasks: StudyTasks) {
        self.options = options
        switch tasks {
        case .images(let images):
            addConvolutional(images)
        case .shipped(let digits, let breastCancer, let japaneseVowels):
            addConvolutional(digits)
            addPerceptron(breastCancer)
            addDepth(digits)
            addResidual(digits)
            addRecurrent(japaneseVowels)
        }
    }

    private mutating func addConvolutional(_ task: LearningTask) {
        let epochs = options.isQuick ? 3 : 6
        let plain = Architecture.convolutional(dropout: 0)
        add(
            "cnn", plain, task, epochs: epochs,
            rates: options.isQuick ? [0.01, 0.1] : [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1])
        add(
            "cnn-dropout", .convolutional(dropout: 0.25), task, epochs: epochs,
            rates: options.isQuick ? [0.1] : [0.01, 0.03, 0.1])
        for size in options.isQuick ? [] : [4, 256] {
            add(
                "cnn-batch-\(size)", plain, task, epochs: epochs, rates: [0.003, 0.01, 0.03, 0.1],
                batchSize: size, only: Self.batchSizeKinds)
        }
    }

    private mutating func addPerceptron(_ raw: LearningTask) {
        let network = Architecture.perceptron(width: 32, depth: 3)
        let rates = options.isQuick ? [0.001, 0.01] : [0.0001, 0.001, 0.01, 0.1, 1]
        let epochs = options.isQuick ? 10 : 30
        add("mlp-raw", network, raw, epochs: epochs, rates: rates)
        add(
            "mlp-standardized", network, .standardizedBreastCancer(raw), epochs: epochs,
            rates: rates)
    }

    private mutating func addDepth(_ task: LearningTask) {
        let epochs = options.isQuick ? 2 : 10
        for depth in options.isQuick ? [2, 5, 20] : [2, 5, 10, 15, 20] {
            add(
                "depth-\(depth)", .perceptron(width: 64, depth: depth), task, epochs: epochs,
                rates: options.isQuick ? [0.03] : [0.01, 0.03, 0.1])
        }
        for size in options.isQuick ? [2] : [2, 8, 256] {
            add(
                "depth-5-batch-\(size)", .perceptron(width: 64, depth: 5), task, epochs: epochs,
                rates: options.isQuick ? [0.003] : [0.001, 0.003, 0.01, 0.03, 0.1],
                batchSize: size, only: Self.batchSizeKinds)
        }
    }

    private mutating func addResidual(_ task: LearningTask) {
        for (name, start) in [("residual-gamma-1", 1.0), ("residual-gamma-0", 0.0)] {
            add(
                name, .residual(width: 64, blocks: 9, gammaStart: start), task,
                epochs: options.isQuick ? 2 : 10,
                rates: options.isQuick ? [0.03] : [0.01, 0.03, 0.1, 0.3],
                only: [.standard, .weightShared, .parameterShared, .gammaOnly])
        }
    }

    private mutating func addRecurrent(_ task: LearningTask) {
        let rates = options.isQuick ? [0.03] : [0.01, 0.03, 0.1, 0.3]
        for (name, dropout) in [("rnn", 0.0), ("rnn-dropout", 0.25)] {
            add(
                name, .recurrent(units: 32, dropout: dropout), task,
                epochs: options.isQuick ? 8 : 30, rates: rates, batchSize: 32)
        }
    }

    private mutating func add(
        _ name: String, _ architecture: Architecture, _ task: LearningTask, epochs: Int,
        rates: [Double], batchSize: Int = 64, only kinds: [NormalizationKind]? = nil
    ) {
        for kind in options.kinds where kinds?.contains(kind) ?? true {
            for rate in options.learningRates ?? rates {
                for seed in 1...(options.seeds ?? (options.isQuick ? 3 : 5)) {
                    let experiment = Experiment(
                        network: name, architecture: architecture, kind: kind,
                        learningRate: rate, seed: seed, epochs: options.epochs ?? epochs,
                        batchSize: batchSize)
                    entries.append(Entry(experiment: experiment, task: task))
                }
            }
        }
    }
}

extension Plan.Entry {
    /// A guess at the work of one epoch, in the unit of the others', for the progress bar.
    var epochCost: Double {
        let sampleCost =
            switch experiment.architecture {
            case .convolutional:
                Double(task.train.sampleShape[1] * task.train.sampleShape[2]) / 64 * 20
            // Small products spend as much time on calls as on numbers.
            case .perceptron(_, let depth):
                Double(depth) * 0.13 * (1 + 16 / Double(experiment.batchSize))
            case .residual(_, let blocks, _): Double(blocks) * 0.38
            case .recurrent: 4.3
            }
        return sampleCost * Double(task.train.count)
    }
}

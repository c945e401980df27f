import TrainingStudy

/// The trainings of a study and the data each runs on.
struct StudyPlan: Sendable {
    /// One training with its data.
    struct Entry: Sendable {
        let experiment: Experiment
        let task: StudyTask
    }

    /// What the call asks for; `nil` leaves a choice to the plan.
    struct Options: Sendable {
        var isQuick: Bool
        var epochs: Int?
        var seeds: Int?
        var learningRates: [Double]?
        var kinds: [NormalizationKind]
    }

    /// The layers that are compared over batch sizes.
    private static let batchSizeKinds: [NormalizationKind] = [
        .none, .standard, .weightShared, .parameterShared,
    ]

    private(set) var entries: [Entry] = []
    private let options: Options

    /// The whole study on the shipped data, or the convolutional networks on images of one's own.
    init(_ options: Options, images: StudyTask?) throws {
        self.options = options
        let digits = try images ?? StudyData.digits()
        addConvolutional(digits)
        guard images == nil else { return }
        addPerceptron(try StudyData.breastCancer())
        addDepth(digits)
        addResidual(digits)
        addRecurrent(try StudyData.japaneseVowels())
    }

    private mutating func addConvolutional(_ task: StudyTask) {
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

    private mutating func addPerceptron(_ raw: StudyTask) {
        let network = Architecture.perceptron(width: 32, depth: 3)
        let rates = options.isQuick ? [0.001, 0.01] : [0.0001, 0.001, 0.01, 0.1, 1]
        let epochs = options.isQuick ? 10 : 30
        add("mlp-raw", network, raw, epochs: epochs, rates: rates)
        add("mlp-standardized", network, StudyData.standardized(raw), epochs: epochs, rates: rates)
    }

    private mutating func addDepth(_ task: StudyTask) {
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

    private mutating func addResidual(_ task: StudyTask) {
        for (name, start) in [("residual-gamma-1", 1.0), ("residual-gamma-0", 0.0)] {
            add(
                name, .residual(width: 64, blocks: 9, gammaStart: start), task,
                epochs: options.isQuick ? 2 : 10,
                rates: options.isQuick ? [0.03] : [0.01, 0.03, 0.1, 0.3],
                only: [.standard, .weightShared, .parameterShared, .gammaOnly])
        }
    }

    private mutating func addRecurrent(_ task: StudyTask) {
        let rates = options.isQuick ? [0.03] : [0.01, 0.03, 0.1, 0.3]
        for (name, dropout) in [("rnn", 0.0), ("rnn-dropout", 0.25)] {
            add(
                name, .recurrent(units: 32, dropout: dropout), task,
                epochs: options.isQuick ? 8 : 30, rates: rates, batchSize: 32)
        }
    }

    private mutating func add(
        _ name: String, _ architecture: Architecture, _ task: StudyTask, epochs: Int,
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

extension StudyPlan.Entry {
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

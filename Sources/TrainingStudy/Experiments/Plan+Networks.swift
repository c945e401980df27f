// The trainings of the first part: networks of several kinds, with the kinds of batch normalization.

extension Plan {
    private static let withoutAndBatch: [NormalizationKind] =
        [.none] + NormalizationKind.batchKinds

    /// The convolutional networks. Where time is spent is seen here, so every layer of images is.
    mutating func addConvolutional(_ task: LearningTask) {
        let epochs = options.isQuick ? 3 : 6
        let others: [NormalizationKind] = [.group, .instance, .layer, .renormalized]
        add(
            start("cnn", .convolutional(dropout: 0), epochs: epochs), task,
            rates: options.isQuick ? [0.01, 0.1] : [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
            kinds: Self.withoutAndBatch + (options.isQuick ? [] : others))
        add(
            start("cnn-dropout", .convolutional(dropout: 0.25), epochs: epochs), task,
            rates: options.isQuick ? [0.1] : [0.01, 0.03, 0.1], kinds: Self.withoutAndBatch)
    }

    /// Dense networks on the breast cancer table, raw and standardized.
    mutating func addPerceptron(_ raw: LearningTask) {
        let rates = options.isQuick ? [0.001, 0.01] : [0.0001, 0.001, 0.01, 0.1, 1]
        let tasks = [
            ("mlp-raw", raw), ("mlp-standardized", LearningTask.standardizedBreastCancer(raw)),
        ]
        for (name, task) in tasks {
            add(
                start(
                    name, .perceptron(width: 32, depth: 3), epochs: options.isQuick ? 10 : 30),
                task, rates: rates, kinds: Self.withoutAndBatch)
        }
    }

    /// Dense networks of different depths.
    mutating func addDepth(_ task: LearningTask) {
        for depth in options.isQuick ? [2, 5, 20] : [2, 5, 10, 15, 20] {
            add(
                start(
                    "depth-\(depth)", .perceptron(width: 64, depth: depth),
                    epochs: options.isQuick ? 2 : 10), task,
                rates: options.isQuick ? [0.03] : [0.01, 0.03, 0.1], kinds: Self.withoutAndBatch)
        }
    }

    /// Residual networks whose last γ of each block starts at 1 and at 0.
    mutating func addResidual(_ task: LearningTask) {
        for (name, gammaStart) in [("residual-gamma-1", 1.0), ("residual-gamma-0", 0.0)] {
            add(
                start(
                    name, .residual(width: 64, blocks: 9, gammaStart: gammaStart),
                    epochs: options.isQuick ? 2 : 10), task,
                rates: options.isQuick ? [0.03] : [0.01, 0.03, 0.1, 0.3],
                kinds: [.standard, .weightShared, .parameterShared, .gammaOnly])
        }
    }

    /// Recurrent networks on the utterances.
    mutating func addRecurrent(_ task: LearningTask) {
        for (name, dropout) in [("rnn", 0.0), ("rnn-dropout", 0.25)] {
            var experiment = start(
                name, .recurrent(units: 32, dropout: dropout), epochs: options.isQuick ? 8 : 30)
            experiment.batchSize = 32
            add(
                experiment, task, rates: options.isQuick ? [0.03] : [0.01, 0.03, 0.1, 0.3],
                kinds: Self.withoutAndBatch)
        }
    }

    private func start(
        _ network: String, _ architecture: Architecture, epochs: Int
    ) -> Experiment {
        Experiment(
            network: network, architecture: architecture, kind: .none, learningRate: 0, seed: 0,
            epochs: epochs, batchSize: 64)
    }
}

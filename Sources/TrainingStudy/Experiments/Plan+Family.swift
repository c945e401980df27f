// The trainings of the other parts: batch sizes, self-attention, and the network that draws.

extension Plan {
    /// The layers that are compared over batch sizes; ghost batches are where there is more than one.
    private func kinds(atBatchSize size: Int, isImage: Bool) -> [NormalizationKind] {
        var kinds: [NormalizationKind] = [
            .none, .standard, .weightShared, .parameterShared, .group, .layer, .renormalized,
        ]
        if isImage { kinds.append(.instance) }
        if size > NormalizationKind.ghostSize { kinds.append(.ghost) }
        return kinds
    }

    /// A dense network, whose channels see one value a sample.
    mutating func addDenseBatchSizes(_ task: LearningTask) {
        for size in options.isQuick ? [2, 8, 64] : [2, 4, 8, 16, 32, 64] {
            let experiment = Experiment(
                network: "dense-batch-\(size)", architecture: .perceptron(width: 64, depth: 5),
                kind: .none, learningRate: 0, seed: 0, epochs: options.isQuick ? 4 : 10,
                batchSize: size, part: .batchSizes)
            add(
                experiment, task, rates: options.isQuick ? [Self.rates(size)[1]] : Self.rates(size),
                kinds: kinds(atBatchSize: size, isImage: false))
        }
    }

    /// A convolutional network, whose channels see every pixel.
    mutating func addConvolutionalBatchSizes(_ task: LearningTask) {
        for size in options.isQuick ? [] : [2, 4, 8, 16, 32, 64] {
            let experiment = Experiment(
                network: "cnn-batch-\(size)", architecture: .convolutional(dropout: 0),
                kind: .none, learningRate: 0, seed: 0, epochs: 4, batchSize: size,
                part: .batchSizes)
            add(
                experiment, task, rates: Array(Self.rates(size).suffix(2)),
                kinds: kinds(atBatchSize: size, isImage: true))
        }
    }

    /// Learning rates for batches of `size`: about three apart, and higher for larger batches, whose
    /// gradients have less noise.
    private static func rates(_ size: Int) -> [Double] {
        switch size {
        case ...2: [0.001, 0.003, 0.01]
        case ...8: [0.003, 0.01, 0.03]
        default: [0.01, 0.03, 0.1]
        }
    }

    /// A transformer's encoder on the utterances.
    mutating func addAttention(_ task: LearningTask) {
        let experiment = Experiment(
            network: "attention", architecture: .attention(width: 32, heads: 4, blocks: 2),
            kind: .none, learningRate: 0, seed: 0, epochs: options.isQuick ? 5 : 30,
            batchSize: 32, part: .attention, optimizer: .adam)
        add(
            experiment, task, rates: options.isQuick ? [0.003] : [0.001, 0.003, 0.01, 0.03],
            kinds: [.none, .layer, .rms, .standard, .unmasked])
    }

    /// A generator that is asked for a digit, told by its input or by its normalization.
    mutating func addGenerator(_ task: LearningTask) {
        let experiment = Experiment(
            network: "gan", architecture: .generator(noise: 16, width: 128), kind: .none,
            learningRate: 0, seed: 0, epochs: options.isQuick ? 20 : 60, batchSize: 64,
            part: .gan, optimizer: .adversarialAdam)
        let judge = Judge(task, epochs: options.isQuick ? 3 : 6)
        add(
            experiment, task, rates: options.isQuick ? [0.002] : [0.0005, 0.001, 0.002],
            kinds: [.none, .standard, .conditional], judge: judge)
    }
}

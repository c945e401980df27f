/// One training: a network, a layer, a learning rate and a seed.
package struct Experiment: Sendable {
    /// The part of the study that it belongs to.
    package var part: StudyPart
    /// The name of the network in the results.
    package var network: String
    /// The network.
    package var architecture: Architecture
    /// The layer under study.
    package var kind: NormalizationKind
    /// The step size.
    package var learningRate: Double
    /// What makes steps of gradients.
    package var optimizer: OptimizerKind
    /// What weights, the order of samples and dropout are drawn from.
    package var seed: Int
    /// How often training goes through its samples.
    package var epochs: Int
    /// Samples per step; a last, smaller batch is left out.
    package var batchSize: Int

    /// A training.
    package init(
        network: String, architecture: Architecture, kind: NormalizationKind,
        learningRate: Double, seed: Int, epochs: Int, batchSize: Int,
        part: StudyPart = .networks, optimizer: OptimizerKind = .momentum
    ) {
        self.part = part
        self.optimizer = optimizer
        self.network = network
        self.architecture = architecture
        self.kind = kind
        self.learningRate = learningRate
        self.seed = seed
        self.epochs = epochs
        self.batchSize = batchSize
    }
}

/// What one epoch of one training came to: one object of study.json.
package struct EpochResult: Sendable, Equatable, Codable {
    /// The mean loss over the epoch's steps, of a drawing network the generator's; not finite once
    /// the training has diverged.
    package var trainLoss: Double
    /// The loss on the test samples, in inference, of a drawing network the judge's on what it drew;
    /// not finite once the training has diverged.
    package var testLoss: Double
    /// The share of test samples classified rightly, of a drawing network the share that the judge
    /// takes for what was asked for; 0 once the training has diverged.
    package var testAccuracy: Double
    /// The time of the epoch's training steps, without the test.
    package var seconds: Double
}

/// What one training came to.
package struct ExperimentResult: Sendable {
    /// The training.
    package var experiment: Experiment
    /// One entry an epoch.
    package var epochs: [EpochResult]
    /// The trainable numbers of the network.
    package var parameterCount: Int
    /// The norm of the gradient of each weight matrix at the first step, first layer first.
    package var firstGradientNorms: [Double]
    /// The same at the last step; empty if the training diverged.
    package var lastGradientNorms: [Double]
    /// The part of the time in layers that was spent in normalization.
    package var normalizationShare: Double
    /// The time of one training step, on average.
    package var secondsPerStep: Double
    /// The loss on the training samples at the end, in inference.
    package var finalTrainLoss: Double
    /// What a drawing network drew at the end; nil of others.
    package var drawing: Drawing?

    /// A training that has not begun.
    init(_ experiment: Experiment, parameterCount: Int) {
        self.init(
            experiment: experiment, epochs: [], parameterCount: parameterCount,
            firstGradientNorms: [], lastGradientNorms: [], normalizationShare: 0,
            secondsPerStep: 0, finalTrainLoss: .nan)
    }

    /// A training and what it came to.
    package init(
        experiment: Experiment, epochs: [EpochResult], parameterCount: Int,
        firstGradientNorms: [Double], lastGradientNorms: [Double], normalizationShare: Double,
        secondsPerStep: Double, finalTrainLoss: Double
    ) {
        self.experiment = experiment
        self.epochs = epochs
        self.parameterCount = parameterCount
        self.firstGradientNorms = firstGradientNorms
        self.lastGradientNorms = lastGradientNorms
        self.normalizationShare = normalizationShare
        self.secondsPerStep = secondsPerStep
        self.finalTrainLoss = finalTrainLoss
    }

    /// Whether the loss or the activations stopped being finite numbers.
    package var hasDiverged: Bool { !(epochs.last?.testLoss.isFinite ?? false) }
    /// The accuracy after the last epoch.
    package var finalAccuracy: Double { epochs.last?.testAccuracy ?? 0 }
}

/// One training: a network, a layer, a learning rate and a seed.
package struct Experiment: Sendable {
    /// The name of the network in the results.
    package var network: String
    /// The network.
    package var architecture: Architecture
    /// The layer under study.
    package var kind: NormalizationKind
    /// The step size of SGD with momentum 0.9.
    package var learningRate: Double
    /// What weights, the order of samples and dropout are drawn from.
    package var seed: Int
    /// How often training goes through its samples.
    package var epochs: Int
    /// Samples per step; a last, smaller batch is left out.
    package var batchSize: Int

    /// A training.
    package init(
        network: String, architecture: Architecture, kind: NormalizationKind,
        learningRate: Double, seed: Int, epochs: Int, batchSize: Int
    ) {
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
package struct EpochResult: Sendable, Equatable {
    /// The mean loss over the epoch's steps; not finite once the training has diverged.
    package var trainLoss: Double
    /// The loss on the test samples, in inference; not finite once the training has diverged.
    package var testLoss: Double
    /// The share of test samples classified rightly; 0 once the training has diverged.
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
    /// The part of the time in layers that was spent in batch normalization.
    package var normalizationShare: Double
    /// The time of one training step, on average.
    package var secondsPerStep: Double
    /// The loss on the training samples at the end, in inference.
    package var finalTrainLoss: Double

    /// Whether the loss or the activations stopped being finite numbers.
    package var hasDiverged: Bool { !(epochs.last?.testLoss.isFinite ?? false) }
    /// The accuracy after the last epoch.
    package var finalAccuracy: Double { epochs.last?.testAccuracy ?? 0 }
}

package import Normalization
import SeededRandom

/// Runs one experiment. The same experiment on the same data gives the same numbers.
package struct Trainer<Scalar: NormalizationScalar> {
    private let experiment: Experiment
    private let train: Dataset
    private let test: Dataset
    /// The network, trained as far as `run` has come.
    package let network: Network<Scalar>

    /// A training that has not begun.
    package init(_ experiment: Experiment, train: Dataset, test: Dataset) throws {
        self.experiment = experiment
        self.train = train
        self.test = test
        network = try experiment.architecture.network(
            sampleShape: train.sampleShape, classes: train.classes, kind: experiment.kind,
            seed: experiment.seed)
    }

    /// Trains, and tests after every epoch.
    ///
    /// - Parameter afterEpoch: called as each epoch ends.
    package func run(afterEpoch: () -> Void = {}) throws -> ExperimentResult {
        var result = ExperimentResult(experiment, parameterCount: network.parameterCount)
        var random = SplitMix64(mixing: experiment.seed &+ 1_000_003)
        var (steps, trainingTime) = (0, 0.0)
        for _ in 0..<experiment.epochs {
            let start = ContinuousClock.now
            let loss =
                try result.hasDiverged && !result.epochs.isEmpty
                ? .nan : epoch(&random, &result, &steps)
            let seconds = (ContinuousClock.now - start).seconds
            trainingTime += seconds
            let tested = loss.isFinite ? try evaluate(test) : (loss: .nan, accuracy: 0)
            result.epochs.append(
                EpochResult(
                    trainLoss: loss, testLoss: tested.loss, testAccuracy: tested.accuracy,
                    seconds: seconds))
            afterEpoch()
        }
        if result.hasDiverged {
            result.lastGradientNorms = []
        } else {
            result.finalTrainLoss = try evaluate(train).loss
        }
        result.secondsPerStep = trainingTime / Double(max(1, steps))
        result.normalizationShare =
            network.timeInNormalization.seconds / max(1e-12, network.timeInLayers.seconds)
        return result
    }

    /// One walk through the training samples: the mean loss, NaN where it stopped being finite.
    private func epoch(
        _ random: inout SplitMix64, _ result: inout ExperimentResult, _ steps: inout Int
    ) throws -> Double {
        let optimizer = experiment.optimizer.optimizer(learningRate: experiment.learningRate)
        let order = random.permutation(train.count)
        let size = min(experiment.batchSize, train.count)
        let parameters = network.parameters
        let allSteps = Double(max(1, train.count / size * experiment.epochs))
        var (sum, count) = (0.0, 0)
        for first in stride(from: 0, through: train.count - size, by: size) {
            let (input, labels, batch): (Tensor<Scalar>, [Int], Pass) = train.batch(
                order[first..<first + size], isTraining: true)
            var pass = batch
            pass.progress = Double(steps) / allSteps
            guard let loss = try step(input, labels, pass) else { return .nan }
            let norms = network.weightGradientNorms
            if result.firstGradientNorms.isEmpty { result.firstGradientNorms = norms }
            result.lastGradientNorms = norms
            optimizer.step(parameters)
            sum += loss
            count += 1
            steps += 1
        }
        return sum / Double(max(1, count))
    }

    /// Forward and backward of one batch: the loss, or nil where it is no longer finite.
    private func step(
        _ input: Tensor<Scalar>, _ labels: [Int], _ pass: Pass
    ) throws -> Double? {
        do {
            let logits = try network.forward(input, pass)
            let (loss, gradient, _) = SoftmaxCrossEntropy.evaluate(logits, labels)
            guard loss.isFinite else { return nil }
            try network.backward(gradient)
            return loss
        } catch let error as NormalizationError where error.isAboutNumbers {
            return nil
        }
    }

    /// Loss and accuracy in inference.
    package func evaluate(_ data: Dataset) throws -> (loss: Double, accuracy: Double) {
        var (loss, correct) = (0.0, 0)
        for first in stride(from: 0, to: data.count, by: 256) {
            let indices = first..<min(data.count, first + 256)
            let (input, labels, pass): (Tensor<Scalar>, [Int], Pass) = data.batch(
                indices, isTraining: false)
            let logits = try network.forward(input, pass)
            let result = SoftmaxCrossEntropy.evaluate(logits, labels)
            loss += result.loss * Double(indices.count)
            correct += result.correct
        }
        let mean = loss / Double(max(1, data.count))
        // A network of NaNs predicts nothing.
        return (mean, mean.isFinite ? Double(correct) / Double(max(1, data.count)) : 0)
    }
}

extension NormalizationError {
    /// Whether the numbers of a training are no longer finite, as opposed to a call that is wrong.
    var isAboutNumbers: Bool {
        switch self {
        case .nonFiniteStatistics, .nonFiniteMean, .invalidVariance: true
        default: false
        }
    }
}

extension Duration {
    /// The duration as a number of seconds.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

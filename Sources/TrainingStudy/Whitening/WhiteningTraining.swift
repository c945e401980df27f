import BLAS
import Foundation
import Normalization
import SeededRandom

/// One training of the study of whitening.
struct WhiteningTraining {
    let learningRate: Double
    private(set) var accuracy = 0.0
    private(set) var firstLoss = Double.nan
    private(set) var secondsPerStep = Double.nan
    private let subject: WhiteningSubject
    private let network: Network<Float>
    private var random: SplitMix64
    private static let batchSize = 64

    init(
        _ subject: WhiteningSubject, _ arm: WhiteningArm, rate: Double, seed: Int
    ) throws {
        self.subject = subject
        learningRate = rate
        var weights = SplitMix64(mixing: seed)
        random = SplitMix64(mixing: seed &+ 1_000_003)
        let (shape, classes) = (subject.task.train.sampleShape, subject.task.train.classes)
        var layers: [any Layer<Float>] = []
        if subject.isConvolutional {
            for index in 0..<6 {
                layers.append(
                    Convolution<Float>(
                        inputs: index == 0 ? shape[0] : 16, outputs: 16, hasBias: false,
                        random: &weights))
                layers += [try Self.normalization(arm, 16), ReLU<Float>()]
                if index == 2 { layers.append(Pooling<Float>(.max)) }
            }
            layers.append(Pooling<Float>(.average))
            layers.append(
                Dense<Float>(
                    inputs: 16 * (shape[1] / 4) * (shape[2] / 4), outputs: classes, gain: 1,
                    random: &weights))
        } else {
            var inputs = shape.reduce(1, *)
            for _ in 0..<3 {
                layers.append(
                    Dense<Float>(inputs: inputs, outputs: 32, hasBias: false, random: &weights))
                layers += [try Self.normalization(arm, 32), ReLU<Float>()]
                inputs = 32
            }
            layers.append(Dense<Float>(inputs: inputs, outputs: classes, gain: 1, random: &weights))
        }
        network = Network(layers)
    }

    private static func normalization(
        _ arm: WhiteningArm, _ channels: Int
    ) throws -> any Layer<Float> {
        switch arm {
        case .batchNorm:
            return BatchNormalization(try BatchNorm<Float>.standard(channels: channels))
        case .zca, .newton:
            var layer = try WhiteningNorm<Float>(
                channels: channels, groupSize: 16,
                method: arm == .zca ? .zca : .newton(iterations: 5))
            layer.threadLimit = 1
            return Whitening(layer)
        }
    }

    /// Trains, and tests at the end.
    mutating func run(epochs: Int) throws {
        let optimizer = Momentum(learningRate: learningRate)
        let train = subject.task.train
        for epoch in 0..<epochs {
            let order = random.permutation(train.count)
            let start = ContinuousClock.now
            var (sum, steps) = (0.0, 0)
            for first in stride(
                from: 0, through: train.count - Self.batchSize, by: Self.batchSize)
            {
                let (input, labels, pass): (Tensor<Float>, [Int], Pass) = train.batch(
                    order[first..<first + Self.batchSize], isTraining: true)
                let logits = try network.forward(input, pass)
                let (loss, gradient, _) = SoftmaxCrossEntropy.evaluate(logits, labels)
                try network.backward(gradient)
                optimizer.step(network.parameters)
                sum += loss
                steps += 1
            }
            let seconds = (ContinuousClock.now - start).seconds / Double(max(1, steps))
            secondsPerStep = epoch == 0 ? seconds : min(secondsPerStep, seconds)
            if epoch == 0 { firstLoss = sum / Double(max(1, steps)) }
        }
        let test = subject.task.test
        let (input, labels, pass): (Tensor<Float>, [Int], Pass) = test.batch(
            0..<test.count, isTraining: false)
        let (_, _, correct) = SoftmaxCrossEntropy.evaluate(
            try network.forward(input, pass), labels)
        accuracy = Double(correct) / Double(max(1, test.count))
    }

    /// The condition number of the covariance of a batch's activations before and after the normalizations: the
    /// geometric mean over them.
    func conditions() throws -> (before: Double, after: Double) {
        let train = subject.task.train
        let (input, _, pass): (Tensor<Float>, [Int], Pass) = train.batch(
            0..<min(400, train.count), isTraining: true)
        let outputs = try network.trace(input, pass)
        var logs: (before: [Double], after: [Double]) = ([], [])
        for index in network.layers.indices
        where network.layers[index] is BatchNormalization<Float>
            || network.layers[index] is Whitening<Float>
        {
            logs.before.append(log(try Self.condition(outputs[index - 1])))
            logs.after.append(log(try Self.condition(outputs[index])))
        }
        func mean(_ values: [Double]) -> Double {
            exp(values.reduce(0, +) / Double(max(1, values.count)))
        }
        return (mean(logs.before), mean(logs.after))
    }

    /// The largest eigenvalue of the channels' covariance over the smallest, in groups of 16: the worst group's. What
    /// is below 10⁻⁹ of the largest counts as that.
    private static func condition(_ tensor: Tensor<Float>) throws -> Double {
        let geometry = try Geometry(tensor.shape)
        let statistics = try WhiteningStatistics(
            of: tensor.values.span, geometry: geometry, groupSize: 16)
        let covariance = statistics.covariance()
        return try (0..<statistics.groups).map { (group: Int) throws -> Double in
            var matrix = Array(covariance[group * 256..<(group + 1) * 256])
            var values = [Double](repeating: 0, count: 16)
            try unsafe Double.syevd(
                vectors: false, triangle: .upper, n: 16, &matrix, lda: 16, &values)
            return values[15] / max(values[0], 1e-9 * values[15], .leastNormalMagnitude)
        }.max() ?? 1
    }
}

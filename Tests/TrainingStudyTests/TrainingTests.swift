import Foundation
import Normalization
import SeededRandom
import Testing
import TrainingStudy

@Suite struct TrainingTests {
    @Test func crossEntropyGradientIsTheDerivative() {
        let logits = randomTensor([4, 3], seed: 20)
        let labels = [0, 2, 1, 1]
        let gradient = SoftmaxCrossEntropy.evaluate(logits, labels).gradient
        let step = 0x1p-17
        for index in logits.values.indices {
            var (up, down) = (logits, logits)
            up.values[index] += step
            down.values[index] -= step
            let difference =
                (SoftmaxCrossEntropy.evaluate(up, labels).loss
                    - SoftmaxCrossEntropy.evaluate(down, labels).loss) / (2 * step)
            // Truncation h² ≈ 6e-11, rounding u / h ≈ 1.5e-11; see expectGradients.
            #expect(abs(gradient.values[index] - difference) < 1e-9)
        }
    }

    @Test func crossEntropyOfEqualLogitsIsTheLogarithmOfTheClasses() {
        let logits = Tensor<Double>(shape: [2, 8], values: Array(repeating: 1e4, count: 16))
        let result = SoftmaxCrossEntropy.evaluate(logits, [0, 3])
        #expect(abs(result.loss - log(8)) < 1e-11)
        #expect(result.correct == 1)
    }

    @Test func weightDecaySparesEverythingButWeights() throws {
        let network: Network<Double> = try Architecture.convolutional(dropout: 0).network(
            sampleShape: [1, 4, 4], classes: 2, kind: .standard, seed: 21)
        let names = Set(network.parameters.filter(\.decays).map(\.name))
        #expect(names == ["weight"])
        let spared = Set(network.parameters.filter { !$0.decays }.map(\.name))
        #expect(spared == ["gamma", "beta", "bias"])
        // Without a gradient only decay moves a number.
        let before = network.parameters.map(\.values)
        Momentum(learningRate: 0.5, weightDecay: 0.1).step(network.parameters)
        for (parameter, old) in zip(network.parameters, before) {
            #expect(
                parameter.values
                    == (parameter.decays ? old.map { $0 - 0.5 * (0.1 * $0) } : old))
        }
    }

    @Test func adamsFirstStepsAreTheLearningRateWhateverTheGradientsSize() {
        var random = SplitMix64(mixing: 28)
        for size in [1e-3, 1, 1e3] {
            let layer = Dense<Double>(inputs: 1, outputs: 1, hasBias: false, random: &random)
            let weight = layer.parameters[0]
            let start = weight.values[0]
            for step in 1...3 {
                _ = layer.forward(Tensor(shape: [1, 1], values: [size]), .training)
                _ = layer.backward(Tensor(shape: [1, 1], values: [1]))
                Adam(learningRate: 0.25).step(layer.parameters)
                // m / (1 − β₁ᵗ) and v / (1 − β₂ᵗ) of equal gradients are g and g², but for ε = 1e-8.
                #expect(abs(weight.values[0] - (start - 0.25 * Double(step))) < 1e-4)
            }
        }
    }

    @Test func momentumAccumulatesTheGradient() throws {
        let parameter = Parameter<Double>("weight", [1], decays: true)
        let optimizer = Momentum(learningRate: 0.25, momentum: 0.5, weightDecay: 1)
        optimizer.step([parameter])
        #expect(parameter.values == [0.75])
        optimizer.step([parameter])
        // v = 0.5 · 1 + 0.75
        #expect(parameter.values == [0.75 - 0.25 * 1.25])
    }

    @Test(arguments: NormalizationKind.allCases)
    func parameterCountsAreThoseOfTheLayers(kind: NormalizationKind) throws {
        let network: Network<Float> = try Architecture.convolutional(dropout: 0).network(
            sampleShape: [1, 8, 8], classes: 10, kind: kind, seed: 22)
        let weights = 9 * 16 + 5 * 9 * 16 * 16 + 64 * 10 + 10
        let added =
            switch kind {
            case .none, .gammaOnly, .betaOnly: 6 * 16
            case .standard, .group, .instance, .renormalized, .ghost, .unmasked: 6 * 32
            case .weightShared: 6 * 17
            case .parameterShared: 6 * 2
            // One for each value of a sample: 8×8 pixels before the first pooling, 4×4 behind it.
            case .layer: 2 * 3 * 16 * (64 + 16)
            case .rms: 3 * 16 * (64 + 16)
            // A row for each class.
            case .conditional: 6 * 32 * 10
            }
        #expect(network.parameterCount == weights + added)
    }

    @Test(arguments: [
        Architecture.convolutional(dropout: 0.25), .perceptron(width: 7, depth: 3),
        .residual(width: 7, blocks: 2, gammaStart: 0),
    ])
    func theSameSeedGivesTheSameNumbers(architecture: Architecture) throws {
        let data = images(count: 48, seed: 23)
        func run(_ seed: Int) throws -> [[Double]] {
            let trainer = try Trainer<Float>(
                Experiment(
                    network: "test", architecture: architecture, kind: .standard,
                    learningRate: 0.05, seed: seed, epochs: 2, batchSize: 16),
                train: data, test: data)
            return try trainer.run().epochs.map { [$0.trainLoss, $0.testLoss, $0.testAccuracy] }
        }
        #expect(try run(1) == run(1))
        #expect(try run(1) != run(2))
    }

    // Instance norm takes away how bright a picture is.
    @Test(arguments: NormalizationKind.allCases.filter { $0 != .conditional && $0 != .instance })
    func everyKindLearnsToTellBrightFromDark(kind: NormalizationKind) throws {
        let trainer = try Trainer<Float>(
            Experiment(
                network: "test", architecture: .convolutional(dropout: 0), kind: kind,
                learningRate: 0.02, seed: 1, epochs: 8, batchSize: 16),
            train: images(count: 128, seed: 24), test: images(count: 64, seed: 25))
        let result = try trainer.run()
        let losses = result.epochs.map(\.trainLoss)
        #expect(losses[losses.count - 1] < losses[0] / 2, "\(losses)")
        #expect(result.firstGradientNorms.count == 7)
    }

    @Test func instanceNormLearnsToTellLeftFromTop() throws {
        func edges(_ count: Int, _ seed: Int) -> Dataset {
            var random = SplitMix64(mixing: seed)
            let labels = (0..<count).map { $0 % 2 }
            let values = labels.flatMap { label in
                (0..<64).map { place in
                    let isBright = (label == 0 ? place % 8 : place / 8) < 4
                    return 0.3 * random.normal() + (isBright ? 1 : 0)
                }
            }
            return Dataset(values: values, sampleShape: [1, 8, 8], labels: labels, classes: 2)
        }
        let trainer = try Trainer<Float>(
            Experiment(
                network: "test", architecture: .convolutional(dropout: 0), kind: .instance,
                learningRate: 0.02, seed: 1, epochs: 8, batchSize: 16),
            train: edges(64, 29), test: edges(32, 30))
        let losses = try trainer.run().epochs.map(\.trainLoss)
        #expect(losses[losses.count - 1] < losses[0] / 2, "\(losses)")
    }

    @Test func aDivergedTrainingIsReportedAndNotThrown() throws {
        let data = images(count: 64, seed: 26)
        let trainer = try Trainer<Float>(
            Experiment(
                network: "test", architecture: .perceptron(width: 8, depth: 4), kind: .none,
                learningRate: 1e30, seed: 1, epochs: 3, batchSize: 16), train: data, test: data)
        let result = try trainer.run()
        #expect(result.hasDiverged)
        #expect(result.epochs.count == 3)
        #expect(result.finalAccuracy == 0)
    }

    @Test(arguments: [
        Architecture.recurrent(units: 8, dropout: 0), .attention(width: 8, heads: 2, blocks: 1),
    ])
    func sequencesTrainWhateverTheirLengths(architecture: Architecture) throws {
        var random = SplitMix64(mixing: 27)
        let labels = (0..<60).map { $0 % 2 }
        let data = Dataset(
            values: labels.flatMap { label in
                (0..<2 * 5).map { _ in random.normal() + Double(label) * 2 - 1 }
            }, sampleShape: [2, 5], labels: labels, classes: 2,
            lengths: labels.map { _ in 1 + Int(random.uniform() * 5) })
        func run() throws -> [EpochResult] {
            try Trainer<Float>(
                Experiment(
                    network: "test", architecture: architecture, kind: .standard,
                    learningRate: 0.05, seed: 1, epochs: 6, batchSize: 20),
                train: data, test: data
            ).run().epochs
        }
        let losses = try run().map(\.trainLoss)
        #expect(losses[5] < losses[0] / 2, "\(losses)")
        #expect(try run().map(\.trainLoss) == losses, "the same seed gives the same numbers")
    }
}

/// 4×4 pictures of noise, bright (label 1) or dark (label 0) on the left.
private func images(count: Int, seed: Int) -> Dataset {
    var random = SplitMix64(mixing: seed)
    let labels = (0..<count).map { $0 % 2 }
    let values = labels.flatMap { label in
        (0..<16).map { 0.3 * random.normal() + ($0 % 4 < 2 ? Double(label) : 0.5) }
    }
    return Dataset(values: values, sampleShape: [1, 4, 4], labels: labels, classes: 2)
}

import Foundation
import Normalization
import SeededRandom
import Testing

@testable import TrainingStudy

/// The network that draws, and those that judge it.
@Suite struct DrawingTests {
    @Test func adversarialGradientIsTheDerivative() {
        let logits = randomTensor([6, 1], seed: 50)
        let targets = [1, 0, 0.9, 1, 0, 0.5]
        let gradient = AdversarialLoss.evaluate(logits, targets).gradient
        let step = 0x1p-17
        for index in logits.values.indices {
            var (up, down) = (logits, logits)
            up.values[index] += step
            down.values[index] -= step
            let difference =
                (AdversarialLoss.evaluate(up, targets).loss
                    - AdversarialLoss.evaluate(down, targets).loss) / (2 * step)
            // Truncation h² ≈ 6e-11, rounding u / h ≈ 1.5e-11; see expectGradients.
            #expect(abs(gradient.values[index] - difference) < 1e-9)
        }
    }

    @Test func adversarialLossOfLargeLogitsIsFinite() {
        let logits = Tensor<Double>(shape: [2, 1], values: [1e4, -1e4])
        let result = AdversarialLoss.evaluate(logits, [0, 1])
        #expect(result.loss == 1e4)
        #expect(result.gradient.values == [0.5, -0.5])
    }

    @Test func activationGradientsAreTheDerivatives() throws {
        try expectGradients(of: LeakyReLU<Double>(), at: randomTensor([3, 7], seed: 51), seed: 51)
        try expectGradients(
            of: HyperbolicTangent<Double>(), at: randomTensor([3, 7], seed: 52), seed: 52)
    }

    @Test func varietyIsZeroOfOneImageAndOneOfTheRealOnes() {
        let task = Self.task
        let judge = Judge(task, epochs: 1)
        #expect(judge.variety(of: task.test) == 1)
        var same = task.test
        for (sample, label) in same.labels.enumerated() {
            for pixel in 0..<16 { same.values[sample * 16 + pixel] = Double(label) }
        }
        #expect(judge.variety(of: same) == 0)
    }

    @Test func inkScalesThereAndBack() {
        let data = Self.task.train
        let scale = InkScale(data)
        let signed = scale.signed(data).values
        #expect(abs((signed.min() ?? 0) + 1) < 1e-12 && abs((signed.max() ?? 0) - 1) < 1e-12)
        for (pixel, back) in zip(data.values, scale.pixels(signed.map(Float.init))) {
            // Two roundings to Float of numbers up to 1, over a range of a few.
            #expect(abs(pixel - back) < 1e-6)
        }
        let ink = scale.ink(data.values)
        #expect(ink.min() == 0 && ink.max() == 1)
    }

    @Test(arguments: [NormalizationKind.none, .standard, .conditional])
    func theSameSeedDrawsTheSameImages(kind: NormalizationKind) throws {
        let task = Self.task
        let judge = Judge(task, epochs: 2)
        func run(_ seed: Int) throws -> ExperimentResult {
            try AdversarialTrainer(
                Experiment(
                    network: "gan", architecture: .generator(noise: 4, width: 16), kind: kind,
                    learningRate: 0.002, seed: seed, epochs: 2, batchSize: 16, part: .gan,
                    optimizer: .adversarialAdam), task, judge: judge
            ).run {}
        }
        let (first, again, other) = (try run(1), try run(1), try run(2))
        let images = try #require(first.drawing?.images)
        #expect(images.count == 16, "eight of each class")
        #expect(images.allSatisfy { $0.count == 16 && $0.allSatisfy { 0...1 ~= $0 } })
        #expect(again.drawing?.images == images)
        #expect(other.drawing?.images != images)
        #expect(first.epochs.map(\.testAccuracy) == again.epochs.map(\.testAccuracy))
        #expect(!first.hasDiverged)
    }

    /// 4×4 pictures of noise, bright (label 1) or dark (label 0) on the left.
    private static var task: LearningTask {
        func images(_ count: Int, _ seed: Int) -> Dataset {
            var random = SplitMix64(mixing: seed)
            let labels = (0..<count).map { $0 % 2 }
            let values = labels.flatMap { label in
                (0..<16).map { 0.3 * random.normal() + ($0 % 4 < 2 ? Double(label) : 0.5) }
            }
            return Dataset(values: values, sampleShape: [1, 4, 4], labels: labels, classes: 2)
        }
        return .images("bright or dark", train: images(64, 53), test: images(32, 54))
    }
}

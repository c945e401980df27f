import Normalization
import SeededRandom
import Testing

@testable import TrainingStudy

/// The study of whitening: its step is the library's layer, and its table has a row a network and layer.
@Suite struct WhiteningStudyTests {
    @Test func stepIsTheLibrarysLayer() throws {
        var generator = SplitMix64(seed: 3)
        let layer = try WhiteningNorm<Float>(channels: 4, groupSize: 2)
        let step = Whitening(layer)
        let x: [Float] = generator.normal(count: 40)
        let g: [Float] = generator.normal(count: 40)
        var expected = layer
        let (y, statistics) = try expected.forwardAndCommit(x, shape: [10, 4])
        let gradients = try expected.backward(
            g, input: x, normalizedBy: .batch(statistics), shape: [10, 4])
        #expect(try step.forward(Tensor(shape: [10, 4], values: x), .training).values == y)
        #expect(try step.backward(Tensor(shape: [10, 4], values: g)).values == gradients.input)
        #expect(step.parameters.map(\.gradient) == [gradients.gamma, gradients.beta])
        #expect(
            try step.forward(Tensor(shape: [10, 4], values: x), .inference).values
                == expected.inference(x, shape: [10, 4]))
    }

    @Test func tableHasARowANetworkAndLayer() throws {
        var generator = SplitMix64(seed: 4)
        func task(_ shape: [Int], classes: Int) -> LearningTask {
            let count = 130 * shape.reduce(1, *)
            let values: [Float] = generator.normal(count: count)
            let data = Dataset(
                values: values.map { Double($0) }, sampleShape: shape,
                labels: (0..<130).map { $0 % classes }, classes: classes)
            return LearningTask(name: "noise", train: data, test: data)
        }
        let study = WhiteningStudy(
            digits: task([1, 8, 8], classes: 10), breastCancer: task([30], classes: 2),
            isQuick: true)
        var names: [String] = []
        let outcomes = try study.run { _, name in names.append(name) }
        #expect(outcomes.count == 6 && names.count == 6)
        for outcome in outcomes {
            #expect(outcome.accuracies.count == 1 && outcome.firstLoss.isFinite)
            #expect(outcome.conditions.before > 1 && outcome.conditions.after >= 1)
        }
        // What batch normalization leaves, whitening takes.
        #expect(outcomes[1].conditions.after < outcomes[0].conditions.after / 4)
        let lines = WhiteningStudy.markdown(outcomes).split(separator: "\n")
        #expect(lines.count == 8 && lines[2].hasPrefix("| cnn | batch norm | "))
    }
}

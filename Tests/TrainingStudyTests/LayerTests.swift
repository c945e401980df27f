import Normalization
import SeededRandom
import Testing
import TrainingStudy

@Suite struct LayerTests {
    @Test(arguments: 1...3) func denseGradientsAreTheDerivatives(seed: Int) throws {
        var random = SplitMix64(mixing: seed)
        let layer = Dense<Double>(inputs: 5, outputs: 3, random: &random)
        try expectGradients(of: layer, at: randomTensor([4, 5], seed: seed), seed: seed)
    }

    @Test(arguments: 1...3) func convolutionGradientsAreTheDerivatives(seed: Int) throws {
        var random = SplitMix64(mixing: seed)
        let layer = Convolution<Double>(inputs: 2, outputs: 3, random: &random)
        try expectGradients(of: layer, at: randomTensor([2, 2, 4, 5], seed: seed), seed: seed)
    }

    @Test func convolutionOfAnImpulseIsTheFlippedKernel() {
        var random = SplitMix64(mixing: 4)
        let layer = Convolution<Double>(inputs: 1, outputs: 1, random: &random)
        var impulse = Tensor<Double>(shape: [1, 1, 5, 5])
        impulse.values[12] = 1
        let output = layer.forward(impulse, .inference).values
        let kernel = layer.parameters[0].values
        for dy in 0..<3 {
            for dx in 0..<3 {
                #expect(output[(3 - dy) * 5 + 3 - dx] == kernel[dy * 3 + dx])
            }
        }
        #expect(output.filter { $0 != 0 }.count == 9)
    }

    @Test func productsCutIntoBlocksEqualTheSumsOfProducts() {
        // 700 · 30 · 40 multiply-adds are over the limit of one block, by rows and by columns.
        var random = SplitMix64(mixing: 5)
        for (inputs, outputs, rows) in [(40, 30, 700), (40, 700, 30)] {
            let layer = Dense<Double>(inputs: inputs, outputs: outputs, random: &random)
            let input = randomTensor([rows, inputs], seed: 6)
            let output = layer.forward(input, .inference)
            let weight = layer.parameters[0].values
            for row in stride(from: 0, to: rows, by: 7) {
                for column in 0..<outputs {
                    let products = (0..<inputs).map {
                        input.values[row * inputs + $0] * weight[column * inputs + $0]
                    }
                    let magnitude = products.reduce(0) { $0 + abs($1) }
                    let error =
                        output.values[row * outputs + column] - products.reduce(0, +)
                    // Two sums of n products differ by at most 2 · n · u · Σ|products|.
                    #expect(abs(error) <= 2 * Double(inputs) * 0x1p-53 * magnitude)
                }
            }
        }
    }

    @Test(arguments: 1...3) func rectifierGradientsAreTheDerivatives(seed: Int) throws {
        try expectGradients(
            of: ReLU<Double>(), at: randomTensor([3, 7], seed: seed), seed: seed)
    }

    @Test(arguments: [Pooling<Double>.Method.max, .average])
    func poolingGradientsAreTheDerivatives(method: Pooling<Double>.Method) throws {
        try expectGradients(
            of: Pooling<Double>(method), at: randomTensor([2, 2, 4, 5], seed: 8), seed: 8)
    }

    @Test func poolingTakesTheMaximumAndTheMeanOfSquares() {
        let image = Tensor<Double>(shape: [1, 1, 2, 4], values: [1, 2, 3, 4, 5, 6, 9, 8])
        #expect(Pooling<Double>(.max).forward(image, .inference).values == [6, 9])
        #expect(Pooling<Double>(.average).forward(image, .inference).values == [3.5, 6])
    }

    @Test func residualGradientsAreTheDerivatives() throws {
        var random = SplitMix64(mixing: 10)
        let block = Residual<Double>([
            Dense<Double>(inputs: 4, outputs: 4, random: &random),
            BatchNormalization(try BatchNorm<Double>.standard(channels: 4)),
        ])
        try expectGradients(of: block, at: randomTensor([5, 4], seed: 10), seed: 10)
    }

    @Test func residualBlockWithGammaZeroIsTheIdentity() throws {
        let network: Network<Double> = try Architecture.residual(
            width: 6, blocks: 2, gammaStart: 0
        ).network(sampleShape: [6], classes: 2, kind: .standard, seed: 11)
        let outputs = try network.trace(randomTensor([8, 6], seed: 11), .training)
        // Dense, normalization and ReLU come first; then block, ReLU, block, ReLU.
        for index in 3...6 { #expect(outputs[index] == outputs[2]) }
    }

    @Test(arguments: 1...3) func recurrenceGradientsAreTheDerivatives(seed: Int) throws {
        var random = SplitMix64(mixing: seed)
        let lengths = [4, 3, 3, 1]
        try expectGradients(
            of: Recurrence<Double>(units: 3, random: &random),
            at: randomTensor([11, 3], seed: seed),
            pass: Pass(isTraining: true, lengths: lengths), seed: seed)
    }

    @Test func framePackingGradientsAreTheDerivatives() throws {
        try expectGradients(
            of: FramePacking<Double>(), at: randomTensor([3, 2, 4], seed: 12),
            pass: Pass(isTraining: true, lengths: [4, 2, 1]), seed: 12)
    }

    @Test func framePackingLeavesThePaddingOut() {
        let input = Tensor<Double>(
            shape: [2, 2, 3], values: [1, 2, 3, 4, 5, 6, 7, 0, 0, 8, 0, 0])
        let packed = FramePacking<Double>().forward(
            input, Pass(isTraining: false, lengths: [3, 1]))
        #expect(packed.shape == [4, 2])
        #expect(packed.values == [1, 4, 7, 8, 2, 5, 3, 6])
    }

    @Test func dropoutZeroesItsShareAndKeepsTheMean() {
        let layer = Dropout<Double>(rate: 0.25, seed: 13)
        let ones = Tensor<Double>(shape: [100, 100], values: Array(repeating: 1, count: 10_000))
        let output = layer.forward(ones, .training)
        let dropped = Double(output.values.filter { $0 == 0 }.count) / 10_000
        // Five standard deviations of a binomial share: 5 · √(0.25 · 0.75 / 10000).
        #expect(abs(dropped - 0.25) < 0.022)
        #expect(Set(output.values) == [0, 1 / 0.75])
        #expect(layer.backward(ones) == output)
        #expect(layer.forward(ones, .inference) == ones)
    }
}

import Normalization
import SeededRandom
import Testing
import TrainingStudy

/// The layers under study as steps of a network.
@Suite struct NormalizationTests {
    @Test(arguments: NormalizationKind.allCases, [1.0, 0.0, -0.5])
    func gradientsAreTheDerivatives(kind: NormalizationKind, gammaStart: Double) throws {
        let step: (any Layer<Double>)? = try kind.step(
            shape: [4, 2, 2], gammaStart: gammaStart, classes: 2)
        guard let step else { return #expect(kind == .none) }
        // Batch renormalization is batch normalization where the training begins; behind that, r and d
        // count as constants, and the gradient is no derivative.
        try expectGradients(
            of: step, at: randomTensor([3, 4, 2, 2], seed: 9),
            pass: Pass(isTraining: true, classes: [1, 0, 1]), seed: 9)
    }

    @Test func partsOfABatchHaveGradientsOfTheirOwn() throws {
        let step = BatchNormalization(
            try BatchNorm<Double>.standard(channels: 3), over: .parts(size: 2))
        try expectGradients(of: step, at: randomTensor([5, 3, 2], seed: 30), seed: 30)
    }

    @Test func aBatchNoLargerThanAPartIsStandard() throws {
        let input = randomTensor([NormalizationKind.ghostSize, 4], seed: 31)
        let outputs = try [NormalizationKind.standard, .ghost].map { kind in
            let step: (any Layer<Double>)? = try kind.step(shape: [4])
            return try step?.forward(input, .training)
        }
        #expect(outputs[0] == outputs[1])
    }

    @Test func paddingIsInNoOtherNumber() throws {
        let lengths = [3, 2]
        let pass = Pass(isTraining: true, lengths: lengths)
        var input = randomTensor([6, 4], seed: 32)
        let made: (any Layer<Double>)? = try NormalizationKind.standard.step(
            shape: [4], isPadded: true)
        let step = try #require(made)
        try expectGradients(of: step, at: input, pass: pass, seed: 32)
        let before = try step.forward(input, pass).values
        // The last row is the third frame of a sequence of two.
        for place in 20..<24 { input.values[place] = .nan }
        #expect(try step.forward(input, pass).values == before)
        #expect(before.suffix(4) == [0, 0, 0, 0])
    }

    @Test func unmaskedTakesPaddingForData() throws {
        let pass = Pass(isTraining: true, lengths: [3, 2])
        var input = randomTensor([6, 4], seed: 33)
        let made: (any Layer<Double>)? = try NormalizationKind.unmasked.step(
            shape: [4], isPadded: true)
        let step = try #require(made)
        let before = try step.forward(input, pass).values.prefix(20)
        input.values[20] += 1
        #expect(try step.forward(input, pass).values.prefix(20) != before)
    }

    @Test func theClassChoosesGammaAndBeta() throws {
        let step = try ConditionalBatchNormalization<Double>(channels: 2, classes: 3)
        step.parameters[0].values = [1, 1, 2, 2, 3, 3]
        step.parameters[1].values = [0, 0, 10, 10, 20, 20]
        let input = randomTensor([4, 2], seed: 34)
        func output(_ classes: [Int]) throws -> [Double] {
            try step.forward(input, Pass(isTraining: true, classes: classes)).values
        }
        let plain = try output([0, 0, 0, 0])
        let chosen = try output([2, 0, 1, 2])
        // y = γ · x̂ + β, in one rounding here and two there.
        let expected = zip([3, 3, 1, 1, 2, 2, 3, 3.0], [20, 20, 0, 0, 10, 10, 20, 20.0])
        for (index, (gamma, beta)) in expected.enumerated() {
            #expect(abs(chosen[index] - (gamma * plain[index] + beta)) < 1e-13)
        }
    }
}

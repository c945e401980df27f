import Normalization
import SeededRandom
import Testing
import TrainingStudy

@Suite struct AttentionTests {
    private static let lengths = [4, 3, 1]
    private static let pass = Pass(isTraining: true, lengths: lengths)

    @Test(arguments: 1...3) func attentionGradientsAreTheDerivatives(seed: Int) throws {
        var random = SplitMix64(mixing: seed)
        try expectGradients(
            of: SelfAttention<Double>(width: 6, heads: 2, random: &random),
            at: randomTensor([12, 6], seed: seed), pass: Self.pass, seed: seed)
    }

    @Test func aFrameIsAMeanOfItsSequencesFrames() {
        // With no weight on queries and keys all frames weigh the same; values are the frames, and so is
        // the output of the last layer.
        var random = SplitMix64(mixing: 40)
        let layer = SelfAttention<Double>(width: 2, heads: 1, random: &random)
        let parameters = layer.parameters
        parameters[0].values = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1]
        parameters[2].values = [1, 0, 0, 1]
        let input = randomTensor([8, 2], seed: 40)
        let output = layer.forward(input, Pass(isTraining: false, lengths: [4, 2])).values
        for place in 0..<2 {
            let long = (0..<4).map { input.values[$0 * 2 + place] }.reduce(0, +) / 4
            let short = (4..<6).map { input.values[$0 * 2 + place] }.reduce(0, +) / 2
            for row in 0..<4 { #expect(abs(output[row * 2 + place] - long) < 1e-14) }
            for row in 4..<6 { #expect(abs(output[row * 2 + place] - short) < 1e-14) }
            for row in 6..<8 { #expect(output[row * 2 + place] == 0, "padding") }
        }
    }

    @Test(arguments: [NormalizationKind.none, .layer, .rms, .standard])
    func paddingReachesNoLogit(kind: NormalizationKind) throws {
        let network: Network<Double> = try Architecture.attention(width: 4, heads: 2, blocks: 2)
            .network(sampleShape: [3, 5], classes: 2, kind: kind, seed: 41)
        var input = randomTensor([3, 3, 5], seed: 41)
        for isTraining in [true, false] {
            let pass = Pass(isTraining: isTraining, lengths: Self.lengths)
            let before = try network.forward(input, pass)
            // Frames 1 to 4 of the last sequence, which has one.
            for feature in 0..<3 {
                for frame in 1..<5 { input.values[(6 + feature) * 5 + frame] += 1000 }
            }
            #expect(try network.forward(input, pass) == before)
        }
    }

    @Test func frameStepsGradientsAreTheDerivatives() throws {
        try expectGradients(
            of: FrameRows<Double>(), at: randomTensor([3, 2, 5], seed: 42), pass: Self.pass,
            seed: 42)
        try expectGradients(
            of: FrameMean<Double>(), at: randomTensor([12, 2], seed: 43), pass: Self.pass,
            seed: 43)
        try expectGradients(
            of: PositionEncoding<Double>(width: 4), at: randomTensor([12, 4], seed: 44),
            pass: Self.pass, seed: 44)
    }

    @Test func rowsAreFramesOfOneSequenceAfterAnother() {
        let input = Tensor<Double>(
            shape: [2, 2, 3], values: [1, 2, 0, 4, 5, 0, 7, 0, 0, 8, 0, 0])
        let rows = FrameRows<Double>().forward(input, Pass(isTraining: false, lengths: [2, 1]))
        #expect(rows.shape == [4, 2])
        #expect(rows.values == [1, 4, 2, 5, 7, 8, 0, 0])
    }
}

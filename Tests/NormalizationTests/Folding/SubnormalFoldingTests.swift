import Normalization
import Testing

/// Scales about the ends of the element type, and zeros beside weights that are not finite.
@Suite struct SubnormalFoldingTests {
    private func layer(gamma: Float, channels: Int = 1) throws -> BatchNorm<Float> {
        try BatchNorm<Float>(
            channels: channels, gamma: .shared(gamma), beta: .absent, epsilon: 1,
            runningStatistics: RunningStatistics(
                mean: Array(repeating: 0, count: channels),
                variance: Array(repeating: 0, count: channels)))
    }

    @Test(
        "a subnormal scale folds as inference computes, for runs of any length",
        arguments: [1e-38, 1e-40, 1e-45, 1e-37], [1, 15, 16, 100])
    func subnormalScaleFolds(_ number: Double, length: Int) throws {
        let gamma = Float(number)
        let norm = try layer(gamma: gamma)
        let convolution = try LinearLayer.convolution([1, 1, length])
        let weights = (0..<length).map { Float($0 % 7 + 1) * 1e10 }
        for folded in [
            try norm.folded(after: convolution, weights: weights).weights,
            try norm.folded(before: convolution, weights: weights).weights,
        ] {
            #expect(folded == weights.map { Float(Double($0) * Double(gamma)) })
        }
    }

    @Test("subnormal weights become zero where the caller wants that")
    func subnormalWeightsAreFlushed() throws {
        let norm = try layer(gamma: Float(1e-38 as Double))
        let dense = try LinearLayer.dense([1, 1])
        let kept = try norm.folded(after: dense, weights: [0.5]).weights[0]
        #expect(kept != 0 && kept.isSubnormal)
        #expect(
            try norm.folded(after: dense, weights: [0.5], flushingSubnormals: true).weights == [0])
        #expect(
            try norm.folded(before: dense, weights: [0.5], flushingSubnormals: true).weights == [0])
        #expect(
            try norm.folded(before: dense, weights: [1e10], flushingSubnormals: true).weights
                == [Float(1e10 * Double(Float(1e-38 as Double)))])
    }

    @Test(
        "a scale of zero makes no number of a weight that is not finite, for runs of any length",
        arguments: [1, 15, 16, 100])
    func zeroTimesInfinityIsNoNumber(_ length: Int) throws {
        let norm = try layer(gamma: 0)
        let convolution = try LinearLayer.convolution([1, 1, length])
        for value in [Float.infinity, -.infinity, .nan] {
            var weights = [Float](repeating: 2, count: length)
            weights[length / 2] = value
            let folded = try norm.folded(after: convolution, weights: weights).weights
            for i in folded.indices {
                #expect(i == length / 2 ? folded[i].isNaN : folded[i] == 0)
            }
        }
    }
}

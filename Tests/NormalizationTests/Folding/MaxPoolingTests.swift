import Normalization
import SeededRandom
import Testing

/// Where no γ is negative, normalization in inference and max pooling change places, to the bit where an engine rounds
/// all numbers alike, and a fold goes through the pooling between the two layers.
///
/// The reference engine and the fused one do. OpenBLAS may fuse multiplication and addition in the middle of a row and
/// not at its end.
@Suite struct MaxPoolingTests {
    /// The maxima of pairs of neighbours.
    private func pooled<Scalar: Comparable>(_ x: [Scalar]) -> [Scalar] {
        stride(from: 0, to: x.count, by: 2).map { max(x[$0], x[$0 + 1]) }
    }

    private func norm<Scalar: NormalizationScalar>(
        _ random: inout SplitMix64, as _: Scalar.Type
    ) throws -> BatchNorm<Scalar> {
        try random.layer(channels: 5, form: Int.random(in: 0..<9, using: &random))
    }

    @Test(arguments: [Engine.reference, .fused], 0..<20)
    func maxPoolingChangesPlacesWhereNoChannelDecreases(_ engine: Engine, seed: Int) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            var random = SplitMix64(seed: UInt64(seed))
            var layer = try norm(&random, as: Scalar.self)
            layer.engine = engine
            let inner = 2 * Int.random(in: 1...40, using: &random)
            // Far from the mean as well, where many numbers round to the same.
            let x: [Scalar] = random.array(3 * 5 * inner, -2...2).map {
                seed % 2 == 0 ? $0 : 1e4 + $0
            }
            let before = try layer.inference(pooled(x), shape: [3, 5, inner / 2])
            let after = pooled(try layer.inference(x, shape: [3, 5, inner]))
            let decreasing = Set(layer.decreasingChannels)
            for i in before.indices where !decreasing.contains(i / (inner / 2) % 5) {
                #expect(before[i] == after[i], "\(Scalar.self), seed \(seed), place \(i)")
            }
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test func aDecreasingChannelMakesTheMaximumTheMinimum() throws {
        let layer = try BatchNorm<Double>(
            gamma: [2, -2], beta: nil, runningMean: [0, 0], runningVariance: [3, 3])
        #expect(layer.decreasingChannels == [1])
        let x: [Double] = [1, 3, 1, 3]
        let pooledFirst = try layer.inference(pooled(x), shape: [1, 2, 1])
        let pooledLast = pooled(try layer.inference(x, shape: [1, 2, 2]))
        #expect(pooledFirst[0] == pooledLast[0])
        #expect(pooledFirst[1] < pooledLast[1])
    }

    @Test func channelsDecreaseByTheSignOfGammaAlone() throws {
        var layer = try BatchNorm<Float>.standard(channels: 3)
        #expect(layer.decreasingChannels == [])
        layer.gamma = .perChannel([-1, 0, -0.0])
        #expect(layer.decreasingChannels == [0])
        layer.gamma = .shared(-1)
        #expect(layer.decreasingChannels == [0, 1, 2])
        layer.gamma = .absent
        #expect(layer.decreasingChannels == [])
        layer.gamma = .perChannel([])
        #expect(layer.decreasingChannels == [])
    }

    /// Convolution → max pooling → normalization, with integers and scales that are powers of two: exact.
    @Test func aFoldGoesThroughThePooling() throws {
        let layer = try BatchNorm<Double>(
            channels: 2, gamma: .perChannel([4, 1]), beta: .perChannel([1, -2]), epsilon: 1,
            runningStatistics: RunningStatistics(mean: [3, -1], variance: [3, 3]))
        #expect(layer.decreasingChannels.isEmpty)
        let weights: [Double] = [1, -2, 3, 0, -1, 2, 2, 1, -1, 1, -3, 1]
        let x: [Double] = (0..<14).map { Double($0 * 5 % 11 - 4) }
        let plain = PlainConvolution(shape: [2, 2, 3])
        func convolved(_ weights: [Double], _ bias: [Double]) -> [Double] {
            // Seven places become five, of which the last has no pair.
            let z = plain(x, space: [7], weights: weights, bias: bias)
            return pooled(Array(z[0..<4])) + pooled(Array(z[5..<9]))
        }
        let unfolded = try layer.inference(convolved(weights, [2, 5]), shape: [1, 2, 2])
        let folded = try layer.folded(
            after: .convolution([2, 2, 3]), weights: weights, bias: [2, 5])
        #expect(convolved(folded.weights, folded.bias) == unfolded)
    }
}

import Normalization
import Testing

@Suite struct FoldingRefusalTests {
    private func refusal(_ call: () throws -> Void) throws -> FoldingError {
        try #require(throws: FoldingError.self, performing: call)
    }

    /// μ = 1, variance 3, ε = 1: scale γ/2.
    private func norm(
        _ channels: Int, gamma: AffineParameter<Float> = .absent,
        beta: AffineParameter<Float> = .absent, mean: Double = 1, variance: Double = 3
    ) throws -> BatchNorm<Float> {
        try BatchNorm(
            channels: channels, gamma: gamma, beta: beta, epsilon: 1,
            runningStatistics: RunningStatistics(
                mean: Array(repeating: mean, count: channels),
                variance: Array(repeating: variance, count: channels)))
    }

    @Test func shapesThatAreNoWeights() throws {
        typealias Defect = FoldingError.WeightShapeDefect
        let cases: [(LinearLayer.Kind, [Int], Int, Defect)] = [
            (.convolution, [4, 4], 1, .wrongRank),
            (.transposedConvolution, [4, 4], 1, .wrongRank),
            (.dense, [4, 4, 1], 1, .wrongRank),
            (.dense, [4], 1, .wrongRank),
            (.convolution, [], 1, .wrongRank),
            (.convolution, [4, 0, 3], 1, .dimensionBelowOne),
            (.convolution, [4, 2, -3], 1, .dimensionBelowOne),
            (.convolution, [4, 2, 3], 3, .unevenGroups),
            (.transposedConvolution, [4, 2, 3], 0, .unevenGroups),
            (.convolution, [4, 2, 3], -1, .unevenGroups),
            (.convolution, [4, .max, 3], 1, .countOverflow),
            (.convolution, [.max, 1, 1, 2], .max, .countOverflow),
        ]
        for (kind, shape, groups, defect) in cases {
            let error = try refusal {
                switch kind {
                case .convolution: _ = try LinearLayer.convolution(shape, groups: groups)
                case .transposedConvolution:
                    _ = try LinearLayer.transposedConvolution(shape, groups: groups)
                case .dense: _ = try LinearLayer.dense(shape)
                }
            }
            #expect(
                error
                    == .invalidWeightShape(
                        kind: kind.rawValue, shape: shape, groups: groups, defect))
            #expect(error.description.contains("\(shape)"))
        }
    }

    @Test func channelsOfTheWrongSide() throws {
        let layer = try LinearLayer.convolution([6, 2, 3], groups: 2)
        let weights = [Float](repeating: 1, count: 36)
        #expect(
            try refusal { _ = try norm(4).folded(after: layer, weights: weights) }
                == .channelMismatch(
                    kind: "convolution", shape: [6, 2, 3], groups: 2, expected: 4, actual: 6))
        let before = try refusal { _ = try norm(6).folded(before: layer, weights: weights) }
        #expect(
            before
                == .channelMismatch(
                    kind: "convolution", shape: [6, 2, 3], groups: 2, expected: 6, actual: 4))
        #expect(
            before.description
                == "convolution with weights of shape [6, 2, 3] in 2 groups: "
                + "expected 6 channels on the side of the normalization, got 4")
    }

    @Test func buffersOfTheWrongLength() throws {
        let layer = try LinearLayer.dense([2, 3])
        #expect(
            try refusal { _ = try norm(2).folded(after: layer, weights: [1]) }
                == .wrongLength(.weights, expected: 6, actual: 1))
        #expect(
            try refusal {
                _ = try norm(3).folded(
                    before: layer, weights: [Float](repeating: 1, count: 6), bias: [1])
            } == .wrongLength(.bias, expected: 2, actual: 1))
    }

    @Test func layersThatCannotDoInference() throws {
        let layer = try LinearLayer.dense([2, 2])
        var without = try norm(2)
        without.runningStatistics = nil
        #expect(
            try refusal { _ = try without.folded(after: layer, weights: [1, 1, 1, 1]) }
                == .normalization(.noRunningStatistics))
        #expect(
            try refusal {
                _ = try norm(2, variance: -1).folded(before: layer, weights: [1, 1, 1, 1])
            } == .normalization(.invalidVariance(channel: 0, variance: -1, epsilon: 1)))
    }

    @Test func zeroPaddingWhereZeroDoesNotNormalizeToZero() throws {
        let layer = try LinearLayer.convolution([1, 2, 3])
        let norm = try norm(2, beta: .perChannel([0.5, 1]))
        let weights = [Float](repeating: 1, count: 6)
        // Channel 0: 0.5 − 1/2 = 0. Channel 1: 1 − 1/2. Zeros are what a convolution is taken to have.
        for call in [
            { _ = try norm.folded(before: layer, weights: weights, padding: .zeros) },
            { _ = try norm.folded(before: layer, weights: weights) },
        ] as [() throws -> Void] {
            let error = try refusal(call)
            #expect(error == .inexactFold(kind: "convolution", channel: 1, normalizedZero: 0.5))
            #expect(error.description.contains("unless nothing pads it"))
        }
        #expect(try norm.folded(before: layer, weights: weights, padding: .none).bias == [1.5])
        let dense = try LinearLayer.dense([1, 2])
        #expect(try norm.folded(before: dense, weights: [1, 1]).bias == [0.5])
        #expect(try norm.valuesNormalizingToZero() == [0, -1])
    }

    @Test func transposedConvolutionsWhereZeroDoesNotNormalizeToZero() throws {
        let layer = try LinearLayer.transposedConvolution([2, 1, 3])
        for padding in FoldedPadding.allCases {
            let error = try refusal {
                _ = try norm(2).folded(
                    before: layer, weights: [Float](repeating: 1, count: 6), padding: padding)
            }
            #expect(
                error
                    == .inexactFold(
                        kind: "transposed convolution", channel: 0, normalizedZero: -0.5))
        }
    }

    @Test func noPaddingValueWhereGammaIsZero() throws {
        let layer = try LinearLayer.convolution([1, 2, 1])
        let norm = try norm(2, gamma: .perChannel([1, 0]), beta: .shared(3))
        let error = try refusal {
            _ = try norm.folded(
                before: layer, weights: [1, 1], padding: .valuesNormalizingToZero)
        }
        #expect(error == .noValueNormalizesToZero(channel: 1, shift: 3))
        var unshifted = norm
        unshifted.beta = .perChannel([3, 0])
        let values = try unshifted.folded(
            before: layer, weights: [1, 1], padding: .valuesNormalizingToZero
        ).paddingValues
        #expect(values == [-5, 0])
    }

    private func checkUnfoldable<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
        let layer = try LinearLayer.dense([1, 1])
        // Half of the least Double is no number of its own.
        let least = Scalar.self == Double.self ? [Scalar.leastNonzeroMagnitude] : []
        for gamma in [Scalar.infinity, .nan] + least {
            let norm = try BatchNorm<Scalar>(
                channels: 1, gamma: .shared(gamma), beta: .absent, epsilon: 1,
                runningStatistics: RunningStatistics(mean: [0], variance: [3]))
            for isAfter in [true, false] {
                let error = try refusal {
                    if isAfter {
                        _ = try norm.folded(after: layer, weights: [1])
                    } else {
                        _ = try norm.folded(before: layer, weights: [1])
                    }
                }
                guard case .unfoldableChannel(0, _, _) = error else {
                    Issue.record("\(Scalar.self), γ = \(gamma): \(error)")
                    continue
                }
            }
        }
    }

    @Test func coefficientsTheElementTypeCannotHold() throws {
        try checkUnfoldable(Float.self)
        try checkUnfoldable(Double.self)
        let layer = try LinearLayer.dense([1, 1])
        #expect(
            try refusal { _ = try norm(1, mean: 1e300).folded(before: layer, weights: [1]) }
                == .unfoldableChannel(0, scale: 0.5, shift: -5e299))
    }

    @Test func aFailedFoldChangesNothing() throws {
        let layer = try LinearLayer.dense([2, 2])
        // Scale 1e30 in every channel; the last row overflows, the first would not.
        let norm = try norm(2, gamma: .shared(2e30), mean: 0)
        var weights: [Float] = [1, 2, 3, 3e38]
        var bias: [Float] = [1, 2]
        for isAfter in [true, false] {
            let error = try refusal {
                var weightSpan = weights.mutableSpan
                var biasSpan = bias.mutableSpan
                if isAfter {
                    try norm.fold(after: layer, weights: &weightSpan, bias: &biasSpan)
                } else {
                    try norm.fold(before: layer, weights: &weightSpan, bias: &biasSpan)
                }
            }
            #expect(error == .overflow(.weights, index: 3, value: Double(Float(3e38))))
            #expect(weights == [1, 2, 3, 3e38] && bias == [1, 2])
        }
        #expect(
            try refusal {
                _ = try norm.folded(after: layer, weights: weights, bias: [1, -1e10])
            } == .overflow(.bias, index: 1, value: Double(Float(2e30)) / 2 * -1e10))
    }

    /// Runs long enough for BLAS calls are searched for their largest weight, here the one that fails.
    @Test func aWeightThatOverflowsInALongRunIsFound() throws {
        let layer = try LinearLayer.convolution([2, 2, 16])
        let norm = try norm(2, gamma: .shared(2e30), mean: 0)
        var weights = [Float](repeating: 1, count: 64)
        weights[40] = -3e38
        let expected = FoldingError.overflow(
            .weights, index: 40, value: Double(Float(-3e38)))
        #expect(try refusal { _ = try norm.folded(after: layer, weights: weights) } == expected)
        #expect(try refusal { _ = try norm.folded(before: layer, weights: weights) } == expected)
    }

    /// A layer may say that it has more outputs than there is memory for.
    @Test func moreOutputsThanMemoryAreRefused() throws {
        let layer = try BatchNorm<Float>.standard(channels: 2)
        let dense = try LinearLayer.dense([1 << 60, 2])
        #expect(
            try refusal { _ = try layer.folded(before: dense, weights: [1, 2]) }
                == .wrongLength(.weights, expected: 1 << 61, actual: 2))
        #expect(
            try refusal { _ = try layer.folded(after: dense, weights: [1, 2]) }
                == .channelMismatch(
                    kind: "dense layer", shape: dense.shape, groups: 1, expected: 2,
                    actual: 1 << 60))
    }
}

import Normalization
import SeededRandom
import Testing

/// Folds of random numbers against the unfolded pair; the bounds are `FoldProblem`'s.
@Suite struct FoldingTests {
    static let kinds: [LinearLayer.Kind] = [.convolution, .transposedConvolution, .dense]

    /// Every kind, rank and grouping that the docstrings name: with and without a bias, with γ and β in
    /// all nine combinations of absent, shared and per channel, at any stride and dilation.
    static let table: [FoldCase] = [
        FoldCase(.convolution, [4, 3, 3]), FoldCase(.convolution, [4, 5, 1]),
        FoldCase(.convolution, [6, 2, 3], groups: 3), FoldCase(.convolution, [3, 1, 3], groups: 3),
        FoldCase(.convolution, [3, 2, 3, 2]), FoldCase(.convolution, [6, 2, 2, 3], groups: 3),
        FoldCase(.convolution, [5, 1, 3, 3], groups: 5),
        FoldCase(.convolution, [6, 1, 2, 2], groups: 3),
        FoldCase(.convolution, [3, 2, 2, 3, 2]),
        FoldCase(.convolution, [4, 2, 2, 2, 1], groups: 2),
        FoldCase(.convolution, [4, 1, 2, 2, 2], groups: 4),
        FoldCase(.transposedConvolution, [3, 4, 3]),
        FoldCase(.transposedConvolution, [6, 2, 3], groups: 3),
        FoldCase(.transposedConvolution, [3, 1, 3], groups: 3),
        FoldCase(.transposedConvolution, [3, 2, 2, 3]),
        FoldCase(.transposedConvolution, [4, 3, 2, 2], groups: 2),
        FoldCase(.transposedConvolution, [5, 1, 3, 3], groups: 5),
        FoldCase(.transposedConvolution, [2, 3, 2, 2, 2]),
        FoldCase(.transposedConvolution, [4, 2, 1, 2, 2], groups: 2),
        FoldCase(.transposedConvolution, [3, 1, 2, 2, 2], groups: 3),
        FoldCase(.dense, [4, 7]), FoldCase(.dense, [1, 3]), FoldCase(.dense, [5, 1]),
    ]

    @Test(arguments: table) func foldingAfterEqualsTheUnfoldedPair(_ fold: FoldCase) throws {
        for seed in 0..<18 {
            try randomAfter(fold, seed, Float.self)
            try randomAfter(fold, seed, Double.self)
        }
    }

    @Test(arguments: table) func foldingBeforeEqualsTheUnfoldedPair(_ fold: FoldCase) throws {
        for seed in 0..<18 {
            for padding in FoldedPadding.allCases {
                try randomBefore(fold, seed, padding, Float.self)
                try randomBefore(fold, seed, padding, Double.self)
            }
        }
    }

    @Test(arguments: kinds, 0..<36)
    func foldsOfRandomShapesEqualTheUnfoldedPair(_ kind: LinearLayer.Kind, seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let fold = FoldCase(kind, &random)
        try randomAfter(fold, seed, Float.self)
        try randomAfter(fold, seed, Double.self)
        for padding in FoldedPadding.allCases {
            try randomBefore(fold, seed, padding, Float.self)
            try randomBefore(fold, seed, padding, Double.self)
        }
    }

    @Test func aDepthwiseConvolutionFoldsOnBothSides() throws {
        var random = SplitMix64(seed: 1)
        let norm = try random.layer(channels: 3, form: 0, as: Double.self)
        let depthwise = try LinearLayer.convolution([3, 1, 2], groups: 3)
        let ones = [Double](repeating: 1, count: 6)
        let after = try norm.folded(after: depthwise, weights: ones)
        let before = try norm.folded(before: depthwise, weights: ones, padding: .none)
        for c in 0..<3 {
            let (scale, mean, beta) = norm.map(ofChannel: c)
            #expect(after.weights[2 * c] == scale && before.weights[2 * c + 1] == scale)
            #expect(after.bias[c] == scale * -mean + beta)
            #expect(before.bias[c] == 2 * (beta - mean * scale))
        }
    }

    @Test func paddingValuesNormalizeToZero() throws {
        var random = SplitMix64(seed: 2)
        for form in 0..<9 {
            let norm = try random.layer(channels: 4, form: form, as: Double.self)
            let values = try norm.valuesNormalizingToZero()
            for (c, y) in try norm.inference(values, shape: [1, 4]).enumerated() {
                let (scale, mean, beta) = norm.map(ofChannel: c)
                // Roundings of a, of β/a, of the difference, and of inference.
                #expect(abs(y) <= 16 * 0x1p-53 * (abs(scale * mean) + abs(beta)))
            }
        }
    }

    private func randomAfter<Scalar: NormalizationScalar>(
        _ fold: FoldCase, _ seed: Int, _: Scalar.Type
    ) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let problem = try FoldProblem<Scalar>(fold, hasBias: seed >= 9, &random)
        let norm: BatchNorm<Scalar> = try random.layer(
            channels: problem.plain.outputs, form: seed % 9)
        try problem.checkAfter(norm, "seed \(seed)")
    }

    private func randomBefore<Scalar: NormalizationScalar>(
        _ fold: FoldCase, _ seed: Int, _ padding: FoldedPadding, _: Scalar.Type
    ) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let problem = try FoldProblem<Scalar>(fold, hasBias: seed >= 9, &random)
        let norm: BatchNorm<Scalar> = try random.layer(
            channels: problem.plain.inputs, form: seed % 9)
        try problem.checkBefore(norm, padding, "seed \(seed)")
    }
}

import Normalization
import Testing

/// Folds against the unfolded pair, both evaluated by plain loops in `Double`, so that what is
/// measured is the rounding of the folded numbers. With u and U the unit roundoffs of the layer and
/// of `Double`, K weights a output, and S the sum of all magnitudes that enter an output:
///
/// * after: 2.01 u · Σ|a·w·x| for the weights (a rounds once, the product once), 1.01 u · |bias|,
///   and for arithmetic in `Double`, of the fold and of two sums of K + 4 terms, (8 + 2 (K + 4)) U · S;
/// * before: 3.02 u · Σ|a·w·x|, since the value that padding has rounds too, 1.01 u · |bias|, and
///   (2 (K + 8) + 2 (K + 8)) U · S.
@Suite struct FoldingTests {
    static let kinds: [LinearLayer.Kind] = [.convolution, .transposedConvolution, .dense]

    @Test(arguments: kinds, 0..<36)
    func foldingAfterEqualsTheUnfoldedPair(_ kind: LinearLayer.Kind, seed: Int) throws {
        try after(kind, seed, Float.self)
        try after(kind, seed, Double.self)
    }

    @Test(arguments: kinds, 0..<36)
    func foldingBeforeEqualsTheUnfoldedPair(_ kind: LinearLayer.Kind, seed: Int) throws {
        for padding in FoldedPadding.allCases {
            try before(kind, seed, padding, Float.self)
            try before(kind, seed, padding, Double.self)
        }
    }

    @Test func aDepthwiseConvolutionFoldsOnBothSides() throws {
        var random = SeededNumbers(seed: 1)
        let norm = try random.layer(channels: 3, form: 0, as: Double.self)
        let depthwise = try LinearLayer.convolution([3, 1, 2], groups: 3)
        let ones = [Double](repeating: 1, count: 6)
        let after = try norm.folded(after: depthwise, weights: ones)
        let before = try norm.folded(before: depthwise, weights: ones)
        for c in 0..<3 {
            let (scale, mean, beta) = norm.map(ofChannel: c)
            #expect(after.weights[2 * c] == scale && before.weights[2 * c + 1] == scale)
            #expect(after.bias[c] == scale * -mean + beta)
            #expect(before.bias[c] == 2 * (beta - mean * scale))
        }
    }

    @Test func paddingValuesNormalizeToZero() throws {
        var random = SeededNumbers(seed: 2)
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

    /// A layer whose shift is zero everywhere may go before zero padding and transposed convolutions.
    private func unshifted<Scalar>(_ norm: BatchNorm<Scalar>) throws -> BatchNorm<Scalar> {
        var norm = norm
        norm.beta = .absent
        norm.runningStatistics = try RunningStatistics(
            mean: Array(repeating: 0, count: norm.channels),
            variance: norm.runningStatistics!.variance)
        return norm
    }

    private struct Problem<Scalar: NormalizationScalar> {
        var plain: PlainConvolution
        var layer: LinearLayer
        var space: [Int]
        var x: [Double]
        var weights: [Scalar]
        var bias: [Scalar]?

        init(_ kind: LinearLayer.Kind, _ random: inout SeededNumbers) throws {
            let groups = kind == .dense ? 1 : random.integer(1...3)
            let (first, second) = (random.integer(1...3) * groups, random.integer(1...4))
            let rank = kind == .dense ? 0 : random.integer(1...3)
            let shape = [first, second] + (0..<rank).map { _ in random.integer(1...3) }
            space = (0..<rank).map { _ in random.integer(3...4) }
            plain = PlainConvolution(
                shape: shape, groups: groups, stride: random.integer(1...2),
                isTransposed: kind == .transposedConvolution)
            layer =
                switch kind {
                case .convolution: try .convolution(shape, groups: groups)
                case .transposedConvolution: try .transposedConvolution(shape, groups: groups)
                case .dense: try .dense(shape)
                }
            x = random.array(plain.inputs * space.reduce(1, *), -2...2)
            weights = random.array(shape.reduce(1, *))
            bias = random.integer(0...1) == 0 ? nil : random.array(plain.outputs)
        }

        /// The products that are summed in one output, at most.
        var terms: Double {
            Double(plain.shape[1...].reduce(1, *) * (plain.isTransposed ? plain.shape[0] : 1))
        }
        var biasInDouble: [Double] {
            bias?.map { Double($0) } ?? Array(repeating: 0, count: plain.outputs)
        }
    }

    private func after<Scalar: NormalizationScalar>(
        _ kind: LinearLayer.Kind, _ seed: Int, _: Scalar.Type
    ) throws {
        var random = SeededNumbers(seed: UInt64(seed))
        let problem = try Problem<Scalar>(kind, &random)
        let plain = problem.plain
        let norm: BatchNorm<Scalar> = try random.layer(channels: plain.outputs, form: seed)
        let (weights, bias) = try norm.folded(
            after: problem.layer, weights: problem.weights, bias: problem.bias)

        let space = problem.space
        let none = [Double](repeating: 0, count: plain.outputs)
        let original = problem.weights.map { Double($0) }
        let z = plain(problem.x, space: space, weights: original, bias: problem.biasInDouble)
        let folded = plain(
            problem.x, space: space, weights: weights.map { Double($0) },
            bias: bias.map { Double($0) })
        let products = plain(
            problem.x.map(abs), space: space, weights: original.map(abs), bias: none)
        let plane = z.count / plain.outputs
        let (u, U) = (Double(Scalar.ulpOfOne) / 2, 0x1p-53)
        for i in z.indices {
            let c = i / plane
            let (scale, mean, beta) = norm.map(ofChannel: c)
            let unfolded = scale * (z[i] - mean) + beta
            let product = abs(scale) * products[i]
            let all = product + abs(scale) * (abs(problem.biasInDouble[c]) + abs(mean)) + abs(beta)
            let bound =
                2.01 * u * product + 1.01 * u * abs(Double(bias[c]))
                + (8 + 2 * (problem.terms + 4)) * U * all
            if !(abs(folded[i] - unfolded) <= bound) {
                Issue.record("seed \(seed), \(Scalar.self), output \(i): \(folded[i]), \(unfolded)")
                return
            }
        }
    }

    private func before<Scalar: NormalizationScalar>(
        _ kind: LinearLayer.Kind, _ seed: Int, _ padding: FoldedPadding, _: Scalar.Type
    ) throws {
        var random = SeededNumbers(seed: UInt64(seed))
        var problem = try Problem<Scalar>(kind, &random)
        var norm: BatchNorm<Scalar> = try random.layer(channels: problem.plain.inputs, form: seed)
        if padding == .zeros || kind == .transposedConvolution { norm = try unshifted(norm) }
        if padding != .none && kind == .convolution {
            problem.plain.padding = random.integer(1...2)
        }
        let plain = problem.plain
        let (weights, bias, values) = try norm.folded(
            before: problem.layer, weights: problem.weights, bias: problem.bias, padding: padding)
        #expect((values != nil) == (padding == .valuesNormalizingToZero))

        let space = problem.space
        let plane = problem.x.count / plain.inputs
        let normalized = problem.x.indices.map { i in
            let (scale, mean, beta) = norm.map(ofChannel: i / plane)
            return scale * (problem.x[i] - mean) + beta
        }
        let none = [Double](repeating: 0, count: plain.outputs)
        let original = problem.weights.map { Double($0) }
        let paddingValues = values?.map { Double($0) }
        let unfolded = plain(
            normalized, space: space, weights: original, bias: problem.biasInDouble)
        let folded = plain(
            problem.x, space: space, weights: weights.map { Double($0) },
            bias: bias.map { Double($0) }, paddingValues: paddingValues)
        // |w| · |a · x|, and |w| · (|β| + |a · μ|), padding included
        let maps = (0..<plain.inputs).map { norm.map(ofChannel: $0) }
        let products = plain(
            problem.x.indices.map { abs(maps[$0 / plane].scale * problem.x[$0]) }, space: space,
            weights: original.map(abs), bias: none,
            paddingValues: paddingValues.map { zip($0, maps).map { abs($0 * $1.scale) } })
        let shifts = maps.map { abs($0.beta) + abs($0.scale * $0.mean) }
        let constants = plain(
            problem.x.indices.map { shifts[$0 / plane] }, space: space,
            weights: original.map(abs), bias: none, paddingValues: shifts)
        let (u, U) = (Double(Scalar.ulpOfOne) / 2, 0x1p-53)
        for i in unfolded.indices {
            let o = i / (unfolded.count / plain.outputs)
            let all = products[i] + constants[i] + abs(problem.biasInDouble[o])
            let bound =
                3.02 * u * products[i] + 1.01 * u * abs(Double(bias[o]))
                + 4 * (problem.terms + 8) * U * all
            if !(abs(folded[i] - unfolded[i]) <= bound) {
                Issue.record(
                    "seed \(seed), \(Scalar.self), \(padding), output \(i): \(folded[i]), \(unfolded[i])"
                )
                return
            }
        }
    }
}

import Normalization
import SeededRandom
import Testing

/// What is folded into: the kind of layer and the shape of its weights.
struct FoldCase: Sendable, CustomTestStringConvertible {
    var kind: LinearLayer.Kind
    var shape: [Int]
    var groups: Int

    init(_ kind: LinearLayer.Kind, _ shape: [Int], groups: Int = 1) {
        (self.kind, self.shape, self.groups) = (kind, shape, groups)
    }

    /// One of the kind with up to three groups and three dimensions.
    init(_ kind: LinearLayer.Kind, _ random: inout SplitMix64) {
        let groups = kind == .dense ? 1 : random.integer(1...3)
        let rank = kind == .dense ? 0 : random.integer(1...3)
        self.init(
            kind,
            [random.integer(1...3) * groups, random.integer(1...4)]
                + (0..<rank).map { _ in random.integer(1...3) }, groups: groups)
    }

    var layer: LinearLayer {
        get throws {
            switch kind {
            case .convolution: try .convolution(shape, groups: groups)
            case .transposedConvolution: try .transposedConvolution(shape, groups: groups)
            case .dense: try .dense(shape)
            }
        }
    }

    var testDescription: String {
        "\(kind.rawValue) \(shape)" + (groups > 1 ? " in \(groups) groups" : "")
    }
}

/// Folds against the unfolded pair, both evaluated by plain loops in `Double`, so that what is
/// measured is the rounding of the folded numbers. With u and U the unit roundoffs of the layer and
/// of `Double`, K weights a output, and S the sum of all magnitudes that enter an output:
///
/// * after: 2.01 u · Σ|a·w·x| for the weights (a rounds once, the product once), 1.01 u · |bias|,
///   and for arithmetic in `Double`, of the fold and of two sums of K + 4 terms, (8 + 2 (K + 4)) U · S;
/// * before: 3.02 u · Σ|a·w·x|, since the value that padding has rounds too, 1.01 u · |bias|, and
///   (2 (K + 8) + 2 (K + 8)) U · S.
struct FoldProblem<Scalar: NormalizationScalar> {
    var fold: FoldCase
    var plain: PlainConvolution
    var space: [Int]
    var x: [Double]
    var weights: [Scalar]
    var bias: [Scalar]?

    /// Random numbers, stride, dilation and border.
    init(_ fold: FoldCase, hasBias: Bool, _ random: inout SplitMix64) throws {
        let kernel = fold.shape[2...]
        let dilation = kernel.count < 3 ? random.integer(1...2) : 1
        self.init(
            fold, space: kernel.map { dilation * ($0 - 1) + 1 + random.integer(0...1) },
            weights: random.array(fold.shape.reduce(1, *)), bias: nil, &random)
        plain.stride = random.integer(1...2)
        plain.dilation = dilation
        plain.padding = fold.kind == .convolution ? random.integer(0...2) : 0
        if hasBias { bias = random.array(plain.outputs) }
    }

    /// Given weights on a random input.
    init(
        _ fold: FoldCase, space: [Int], weights: [Scalar], bias: [Scalar]?,
        _ random: inout SplitMix64
    ) {
        (self.fold, self.space, self.weights, self.bias) = (fold, space, weights, bias)
        plain = PlainConvolution(
            shape: fold.shape, groups: fold.groups,
            isTransposed: fold.kind == .transposedConvolution)
        x = random.array(plain.inputs * space.reduce(1, *), -2...2)
    }

    /// The products that are summed in one output, at most.
    private var terms: Double {
        Double(plain.shape[1...].reduce(1, *) * (plain.isTransposed ? plain.shape[0] : 1))
    }

    private var biasInDouble: [Double] {
        bias?.map { Double($0) } ?? Array(repeating: 0, count: plain.outputs)
    }

    /// What surrounds the input is zero, in both.
    func checkAfter(_ norm: BatchNorm<Scalar>, _ place: String) throws {
        let (weights, bias) = try norm.folded(
            after: fold.layer, weights: self.weights, bias: self.bias)
        let none = [Double](repeating: 0, count: plain.outputs)
        let original = self.weights.map { Double($0) }
        let z = plain(x, space: space, weights: original, bias: biasInDouble)
        let folded = plain(
            x, space: space, weights: weights.map { Double($0) },
            bias: bias.map { Double($0) })
        let products = plain(
            x.map(abs), space: space, weights: original.map(abs), bias: none)
        let plane = z.count / plain.outputs
        let (u, U) = (Double(Scalar.ulpOfOne) / 2, 0x1p-53)
        for i in z.indices {
            let c = i / plane
            let (scale, mean, beta) = norm.map(ofChannel: c)
            let unfolded = scale * (z[i] - mean) + beta
            let product = abs(scale) * products[i]
            let all = product + abs(scale) * (abs(biasInDouble[c]) + abs(mean)) + abs(beta)
            let bound =
                2.01 * u * product + 1.01 * u * abs(Double(bias[c]))
                + (8 + 2 * (terms + 4)) * U * all
            if !(abs(folded[i] - unfolded) <= bound) {
                record("\(place), after, output \(i): \(folded[i]), \(unfolded)")
                return
            }
        }
    }

    /// What surrounds the input is as `padding` says, or with ``FoldedPadding/none`` the input repeated.
    func checkBefore(_ norm: BatchNorm<Scalar>, _ padding: FoldedPadding, _ place: String) throws {
        var (norm, plain) = (norm, self.plain)
        if padding == .zeros || plain.isTransposed { norm = try unshifted(norm) }
        plain.repeatsBorder = padding == .none
        let (weights, bias, values) = try norm.folded(
            before: fold.layer, weights: self.weights, bias: self.bias, padding: padding)
        #expect((values != nil) == (padding == .valuesNormalizingToZero))

        let plane = x.count / plain.inputs
        let normalized = x.indices.map { i in
            let (scale, mean, beta) = norm.map(ofChannel: i / plane)
            return scale * (x[i] - mean) + beta
        }
        let none = [Double](repeating: 0, count: plain.outputs)
        let original = self.weights.map { Double($0) }
        let paddingValues = values?.map { Double($0) }
        let unfolded = plain(
            normalized, space: space, weights: original, bias: biasInDouble)
        let folded = plain(
            x, space: space, weights: weights.map { Double($0) },
            bias: bias.map { Double($0) }, paddingValues: paddingValues)
        // |w| · |a · x|, and |w| · (|β| + |a · μ|), padding included
        let maps = (0..<plain.inputs).map { norm.map(ofChannel: $0) }
        let products = plain(
            x.indices.map { abs(maps[$0 / plane].scale * x[$0]) }, space: space,
            weights: original.map(abs), bias: none,
            paddingValues: paddingValues.map { zip($0, maps).map { abs($0 * $1.scale) } })
        let shifts = maps.map { abs($0.beta) + abs($0.scale * $0.mean) }
        let constants = plain(
            x.indices.map { shifts[$0 / plane] }, space: space,
            weights: original.map(abs), bias: none, paddingValues: shifts)
        let (u, U) = (Double(Scalar.ulpOfOne) / 2, 0x1p-53)
        for i in unfolded.indices {
            let o = i / (unfolded.count / plain.outputs)
            let all = products[i] + constants[i] + abs(biasInDouble[o])
            let bound =
                3.02 * u * products[i] + 1.01 * u * abs(Double(bias[o]))
                + 4 * (terms + 8) * U * all
            if !(abs(folded[i] - unfolded[i]) <= bound) {
                record(
                    "\(place), before, \(padding), output \(i): \(folded[i]), \(unfolded[i])")
                return
            }
        }
    }

    private func record(_ failure: String) {
        Issue.record("\(fold.testDescription), \(Scalar.self), \(failure)")
    }

    /// A layer whose shift is zero everywhere may go before zero padding and transposed convolutions.
    private func unshifted(_ norm: BatchNorm<Scalar>) throws -> BatchNorm<Scalar> {
        var norm = norm
        norm.beta = .absent
        norm.runningStatistics = try RunningStatistics(
            mean: Array(repeating: 0, count: norm.channels),
            variance: norm.runningStatistics!.variance)
        return norm
    }
}

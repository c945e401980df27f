import Normalization

/// Makes a layer, weights and their shape of bytes, and folds the one into the other.
@Sendable
func fuzzFolding(_ bytes: [UInt8]) {
    var numbers = Numbers(bytes)
    if numbers.byte() % 2 == 0 {
        FoldingCase<Float>(&numbers)?.run()
    } else {
        FoldingCase<Double>(&numbers)?.run()
    }
}

private struct FoldingCase<Scalar: NormalizationScalar> {
    private static var mostWeights: Int { 2048 }

    private let layer: BatchNorm<Scalar>
    private let linear: LinearLayer
    private let weights: [Scalar]
    private let bias: [Scalar]?
    private let padding: FoldedPadding
    private let isAfter: Bool

    /// Nothing where the library refuses the shape or the layer.
    init?(_ numbers: inout Numbers) {
        let choice = Int(numbers.byte())
        // Of 86 numbers the first leaves the axes as they are; the others name two, not always of the shape.
        let (kind, pair) = (choice % 3, choice / 3)
        let (input, output) = (pair % 6, pair / 6 % 7 - 1)
        let rank = Int(numbers.byte() % 6)
        let shape = (0..<rank).map { _ in numbers.integer() }
        let groups = numbers.integer()
        let linear = refused { () throws(FoldingError) in
            switch (kind, pair) {
            case (0, 0): try LinearLayer.convolution(shape, groups: groups)
            case (1, 0): try LinearLayer.transposedConvolution(shape, groups: groups)
            case (2, 0): try LinearLayer.dense(shape)
            case (0, _):
                try LinearLayer.convolution(
                    shape, groups: groups, inputAxis: input, outputAxis: output)
            case (1, _):
                try LinearLayer.transposedConvolution(
                    shape, groups: groups, inputAxis: input, outputAxis: output)
            default: try LinearLayer.dense(shape, inputAxis: input, outputAxis: output)
            }
        }
        guard let linear else { return nil }
        precondition(linear.inputs > 0 && linear.outputs > 0)
        self.linear = linear
        isAfter = numbers.byte() % 2 == 0
        // Lengths that fit, unless the shape is too large or a byte says otherwise.
        func length(_ right: Int) -> Int {
            let right = min(right, Self.mostWeights)
            return numbers.byte() < 240 ? right : Int(numbers.byte())
        }
        let channels = length(isAfter ? linear.outputs : linear.inputs)
        func parameter() -> AffineParameter<Scalar> {
            switch numbers.byte() % 3 {
            case 0: .perChannel(numbers.scalars(channels))
            case 1: .shared(Scalar(numbers.double()))
            default: .absent
            }
        }
        let (gamma, beta) = (parameter(), parameter())
        let mean: [Double] = numbers.scalars(channels)
        let variance: [Double] = numbers.scalars(channels)
        let isPositive = numbers.byte() < 220
        let layer = refused { () throws(NormalizationError) in
            try BatchNorm(
                channels: channels, gamma: gamma, beta: beta,
                runningStatistics: RunningStatistics(
                    mean: mean, variance: isPositive ? variance.map(\.magnitude) : variance))
        }
        guard let layer else { return nil }
        self.layer = layer
        padding = FoldedPadding.allCases[Int(numbers.byte()) % FoldedPadding.allCases.count]
        bias = numbers.byte() % 2 == 0 ? numbers.scalars(length(linear.outputs)) : nil
        weights = numbers.scalars(length(linear.shape.reduce(1, *)))
    }

    func run() {
        if isAfter {
            let folded = refused { () throws(FoldingError) in
                try layer.folded(after: linear, weights: weights, bias: bias)
            }
            guard let folded else { return }
            precondition(folded.weights.count == weights.count)
            precondition(folded.bias.count == linear.outputs)
        } else {
            let folded = refused { () throws(FoldingError) in
                try layer.folded(
                    before: linear, weights: weights, bias: bias, padding: padding)
            }
            guard let folded else { return }
            precondition(folded.weights.count == weights.count)
            precondition(folded.bias.count == linear.outputs)
            if let values = folded.paddingValues { precondition(values.count == linear.inputs) }
        }
    }
}

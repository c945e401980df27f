import Normalization
import SeededRandom

/// Adds layers to a network, all initialized from one seed.
struct NetworkBuilder<Scalar: NormalizationScalar> {
    let kind: NormalizationKind
    let classes: Int
    let seed: Int
    var random: SplitMix64
    var layers: [any Layer<Scalar>] = []

    init(kind: NormalizationKind, classes: Int, seed: Int) {
        self.kind = kind
        self.classes = classes
        self.seed = seed
        random = SplitMix64(mixing: seed)
    }

    mutating func addDense(_ inputs: Int, _ outputs: Int, hasBias: Bool = true, gain: Double = 2) {
        layers.append(
            Dense<Scalar>(
                inputs: inputs, outputs: outputs, hasBias: hasBias, gain: gain, random: &random))
    }

    /// The normalization under study of samples or frames of `shape`, channels first.
    mutating func addNormalization(
        _ shape: [Int], gammaStart: Double = 1, isPadded: Bool = false
    ) throws {
        let step: (any Layer<Scalar>)? = try kind.step(
            shape: shape, gammaStart: Scalar(gammaStart), classes: classes, isPadded: isPadded)
        if let step { layers.append(step) }
    }

    mutating func addHidden(_ inputs: Int, _ outputs: Int) throws {
        addDense(inputs, outputs, hasBias: kind == .none)
        try addNormalization([outputs])
        layers.append(ReLU<Scalar>())
    }

    mutating func addConvolutions(_ sampleShape: [Int]) throws {
        var (height, width) = (sampleShape[1], sampleShape[2])
        for index in 0..<6 {
            layers.append(
                Convolution<Scalar>(
                    inputs: index == 0 ? sampleShape[0] : 16, outputs: 16, hasBias: kind == .none,
                    random: &random))
            try addNormalization([16, height, width])
            layers.append(ReLU<Scalar>())
            if index == 2 {
                layers.append(Pooling<Scalar>(.max))
                (height, width) = (height / 2, width / 2)
            }
        }
        layers.append(Pooling<Scalar>(.average))
    }

    mutating func addDropout(_ rate: Double) {
        if rate > 0 { layers.append(Dropout<Scalar>(rate: rate, seed: seed)) }
    }

    mutating func addResidual(_ width: Int, _ gammaStart: Double) throws {
        try addBlock { block in
            try block.addHidden(width, width)
            block.addDense(width, width, hasBias: block.kind == .none)
            try block.addNormalization([width], gammaStart: gammaStart)
        }
        layers.append(ReLU<Scalar>())
    }

    /// Normalization and self-attention, normalization and two dense layers, each added to its input.
    mutating func addAttention(_ width: Int, _ heads: Int) throws {
        try addBlock { block in
            try block.addNormalization([width], isPadded: true)
            block.layers.append(
                SelfAttention<Scalar>(width: width, heads: heads, random: &block.random))
        }
        try addBlock { block in
            try block.addNormalization([width], isPadded: true)
            block.addDense(width, 2 * width)
            block.layers.append(ReLU<Scalar>())
            block.addDense(2 * width, width, gain: 1)
        }
    }

    /// What `add` adds, as one step that adds its output to its input.
    private mutating func addBlock(_ add: (inout NetworkBuilder) throws -> Void) rethrows {
        var block = NetworkBuilder(kind: kind, classes: classes, seed: seed)
        block.random = random
        try add(&block)
        random = block.random
        layers.append(Residual(block.layers))
    }
}

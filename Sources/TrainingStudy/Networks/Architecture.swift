package import Normalization
import SeededRandom

/// The networks of the study. Every weighted layer but the last is followed by the normalization
/// under study, then by its nonlinearity; it has a bias of its own where there is no normalization.
package enum Architecture: Sendable, Hashable {
    /// Six 3×3 convolutions of 16 channels, max pooling after the third and average pooling after
    /// the sixth, dropout, one dense layer.
    case convolutional(dropout: Double)
    /// Dense layers of `width` units, `depth` weighted layers in all.
    case perceptron(width: Int, depth: Int)
    /// A dense layer, `blocks` residual blocks of two dense layers, a dense layer; γ of the last
    /// normalization of each block starts at `gammaStart`.
    case residual(width: Int, blocks: Int, gammaStart: Double)
    /// Dense layer and normalization on each frame, a tanh recurrence, dropout, one dense layer.
    case recurrent(units: Int, dropout: Double)

    /// A network of this kind for samples of `sampleShape`, initialized from `seed`.
    package func network<Scalar: NormalizationScalar>(
        _ scalar: Scalar.Type = Scalar.self, sampleShape: [Int], classes: Int,
        kind: NormalizationKind, seed: Int
    ) throws -> Network<Scalar> {
        var builder = Builder<Scalar>(kind: kind, seed: seed)
        switch self {
        case .convolutional(let dropout):
            try builder.addConvolutions(sampleShape)
            builder.addDropout(dropout)
            builder.addDense(16 * (sampleShape[1] / 4) * (sampleShape[2] / 4), classes, gain: 1)
        case .perceptron(let width, let depth):
            var inputs = sampleShape.reduce(1, *)
            for _ in 1..<depth {
                try builder.addHidden(inputs, width)
                inputs = width
            }
            builder.addDense(inputs, classes, gain: 1)
        case .residual(let width, let blocks, let gammaStart):
            try builder.addHidden(sampleShape.reduce(1, *), width)
            for _ in 0..<blocks { try builder.addResidual(width, gammaStart) }
            builder.addDense(width, classes, gain: 1)
        case .recurrent(let units, let dropout):
            builder.layers.append(FramePacking<Scalar>())
            builder.addDense(sampleShape[0], units, hasBias: kind == .none, gain: 1)
            try builder.addNormalization(units)
            builder.layers.append(Recurrence<Scalar>(units: units, random: &builder.random))
            builder.addDropout(dropout)
            builder.addDense(units, classes, gain: 1)
        }
        return Network(builder.layers)
    }
}

private struct Builder<Scalar: NormalizationScalar> {
    let kind: NormalizationKind
    let seed: Int
    var random: SplitMix64
    var layers: [any Layer<Scalar>] = []

    init(kind: NormalizationKind, seed: Int) {
        self.kind = kind
        self.seed = seed
        random = SplitMix64(mixing: seed)
    }

    mutating func addDense(_ inputs: Int, _ outputs: Int, hasBias: Bool = true, gain: Double = 2) {
        layers.append(
            Dense<Scalar>(
                inputs: inputs, outputs: outputs, hasBias: hasBias, gain: gain, random: &random))
    }

    mutating func addNormalization(_ channels: Int, gammaStart: Double = 1) throws {
        let layer: BatchNorm<Scalar>? = try kind.batchNorm(
            channels: channels, gammaStart: Scalar(gammaStart))
        if let layer { layers.append(BatchNormalization(layer)) }
    }

    mutating func addHidden(_ inputs: Int, _ outputs: Int) throws {
        addDense(inputs, outputs, hasBias: kind == .none)
        try addNormalization(outputs)
        layers.append(ReLU<Scalar>())
    }

    mutating func addConvolutions(_ sampleShape: [Int]) throws {
        for index in 0..<6 {
            layers.append(
                Convolution<Scalar>(
                    inputs: index == 0 ? sampleShape[0] : 16, outputs: 16, hasBias: kind == .none,
                    random: &random))
            try addNormalization(16)
            layers.append(ReLU<Scalar>())
            if index == 2 { layers.append(Pooling<Scalar>(.max)) }
        }
        layers.append(Pooling<Scalar>(.average))
    }

    mutating func addDropout(_ rate: Double) {
        if rate > 0 { layers.append(Dropout<Scalar>(rate: rate, seed: seed)) }
    }

    mutating func addResidual(_ width: Int, _ gammaStart: Double) throws {
        var block = Builder(kind: kind, seed: seed)
        block.random = random
        try block.addHidden(width, width)
        block.addDense(width, width, hasBias: kind == .none)
        try block.addNormalization(width, gammaStart: gammaStart)
        random = block.random
        layers.append(Residual(block.layers))
        layers.append(ReLU<Scalar>())
    }
}

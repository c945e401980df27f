package import Normalization

/// The networks of the study. Every weighted layer but the last is followed by the normalization
/// under study, then by its nonlinearity; it has a bias of its own where there is no normalization.
/// Self-attention is normalized before its layers, as transformers are.
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
    /// A dense layer on each frame and its position; `blocks` times normalization and self-attention,
    /// then normalization and two dense layers, each added to its input; normalization, the mean over
    /// the frames, one dense layer.
    case attention(width: Int, heads: Int, blocks: Int)
    /// Two dense layers of `width` units on `noise` random numbers and the class that is asked for,
    /// a dense layer, tanh: the drawing half of a generative adversarial network. Where the
    /// normalization is told the class, the input is not.
    case generator(noise: Int, width: Int)

    /// A network of this kind for samples of `sampleShape`, initialized from `seed`.
    package func network<Scalar: NormalizationScalar>(
        _ scalar: Scalar.Type = Scalar.self, sampleShape: [Int], classes: Int,
        kind: NormalizationKind, seed: Int
    ) throws -> Network<Scalar> {
        var builder = NetworkBuilder<Scalar>(kind: kind, classes: classes, seed: seed)
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
            try builder.addNormalization([units])
            builder.layers.append(Recurrence<Scalar>(units: units, random: &builder.random))
            builder.addDropout(dropout)
            builder.addDense(units, classes, gain: 1)
        case .attention(let width, let heads, let blocks):
            builder.layers.append(FrameRows<Scalar>())
            builder.addDense(sampleShape[0], width, gain: 1)
            builder.layers.append(PositionEncoding<Scalar>(width: width))
            for _ in 0..<blocks { try builder.addAttention(width, heads) }
            try builder.addNormalization([width], isPadded: true)
            builder.layers.append(FrameMean<Scalar>())
            builder.addDense(width, classes, gain: 1)
        case .generator(let noise, let width):
            try builder.addHidden(noise + (kind == .conditional ? 0 : classes), width)
            try builder.addHidden(width, width)
            builder.addDense(width, sampleShape.reduce(1, *), gain: 1)
            builder.layers.append(HyperbolicTangent<Scalar>())
        }
        return Network(builder.layers)
    }
}

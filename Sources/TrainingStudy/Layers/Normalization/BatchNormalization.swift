package import Normalization

/// What a batch is normalized with in training.
package enum BatchSamples: Sendable, Equatable {
    /// The statistics of all rows.
    case all
    /// Those of all rows, moved toward the running ones: batch renormalization.
    case renormalized
    /// Those of each part of at most so many samples by itself: ghost batches.
    case parts(size: Int)
    /// Those of the frames of padded sequences that are not padding.
    case valid
}

/// The library's batch normalization as a step of a network: channels at axis 1, γ and β as
/// parameters without weight decay.
package final class BatchNormalization<Scalar: NormalizationScalar>: Layer {
    /// What forward leaves to backward.
    private enum Statistics {
        case whole(NormalizingStatistics)
        case parts([BatchStatistics])
        case masked(BatchStatistics, PositionMask, shape: [Int])
    }

    private var layer: BatchNorm<Scalar>
    private let samples: BatchSamples
    private let gamma: Parameter<Scalar>
    private let beta: Parameter<Scalar>
    private var input = Tensor<Scalar>(shape: [0, 1])
    private var statistics: Statistics?

    /// A step around `layer`, which it takes a copy of.
    package init(_ layer: BatchNorm<Scalar>, over samples: BatchSamples = .all) {
        self.layer = layer
        self.samples = samples
        gamma = Parameter("gamma", layer.gamma.values, decays: false)
        beta = Parameter("beta", layer.beta.values, decays: false)
    }

    package var isNormalization: Bool { true }

    package var parameters: [Parameter<Scalar>] { [gamma, beta].filter { !$0.values.isEmpty } }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) throws -> Tensor<Scalar> {
        layer.gamma.replaceValues(with: gamma.values)
        layer.beta.replaceValues(with: beta.values)
        guard pass.isTraining else {
            // Padding stays finite and reaches nothing.
            let output = try layer.inference(input.values, shape: input.shape)
            return Tensor(shape: input.shape, values: output)
        }
        let (output, statistics) = try train(input, pass)
        (self.input, self.statistics) = (input, statistics)
        return Tensor(shape: input.shape, values: output)
    }

    private func train(
        _ input: Tensor<Scalar>, _ pass: Pass
    ) throws -> (output: [Scalar], statistics: Statistics) {
        switch samples {
        case .all:
            let (output, batch) = try layer.forwardAndCommit(input.values, shape: input.shape)
            return (output, .whole(.batch(batch)))
        case .renormalized:
            // The paper's schedule, with the end of training where its limits are widest.
            let (output, renorm) = try layer.forwardRenormalized(
                input.values, shape: input.shape,
                limits: .paper(atUpdate: Int(40_000 * pass.progress)))
            try layer.commit(renorm.batch)
            return (output, .whole(.renormalized(renorm)))
        case .parts(let size):
            let (output, parts) = try layer.forward(
                input.values, ghostSize: size, shape: input.shape)
            try layer.commit(parts)
            return (output, .parts(parts))
        case .valid:
            let shape = [pass.lengths.count, pass.lengths.first ?? 0, layer.channels]
            let mask = try PositionMask(
                lengths: pass.lengths, geometry: Geometry(shape, channelAxis: 2))
            let (output, batch) = try layer.forward(
                input.values, shape: shape, channelAxis: 2, mask: mask)
            try layer.commit(batch)
            return (output, .masked(batch, mask, shape: shape))
        }
    }

    package func backward(_ gradient: Tensor<Scalar>) throws -> Tensor<Scalar> {
        guard let statistics else { preconditionFailure("backward before a training forward") }
        let gradients =
            switch statistics {
            case .whole(let statistics):
                try layer.backward(
                    gradient.values, input: input.values, normalizedBy: statistics,
                    shape: input.shape)
            case .parts(let parts):
                try layer.backward(
                    gradient.values, input: input.values, normalizedBy: parts, shape: input.shape)
            case .masked(let statistics, let mask, let shape):
                try layer.backward(
                    gradient.values, input: input.values, normalizedBy: .batch(statistics),
                    shape: shape, channelAxis: 2, mask: mask)
            }
        gamma.gradient = gradients.gamma ?? []
        beta.gradient = gradients.beta ?? []
        return Tensor(shape: input.shape, values: gradients.input ?? [])
    }
}

extension AffineParameter {
    /// The same kind of parameter with other numbers, as many.
    mutating func replaceValues(with values: [Scalar]) {
        switch self {
        case .absent: break
        case .shared: self = .shared(values[0])
        case .perChannel: self = .perChannel(values)
        }
    }
}

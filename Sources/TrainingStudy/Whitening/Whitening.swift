package import Normalization

/// The library's whitening as a step of a network: channels at axis 1, γ and β as parameters without weight
/// decay.
package final class Whitening<Scalar: NormalizationScalar>: Layer {
    private var layer: WhiteningNorm<Scalar>
    private let gamma: Parameter<Scalar>
    private let beta: Parameter<Scalar>
    private var input = Tensor<Scalar>(shape: [0, 1])
    private var statistics: WhiteningStatistics?

    /// A step around `layer`, which has γ and β per channel; it takes a copy.
    package init(_ layer: WhiteningNorm<Scalar>) {
        self.layer = layer
        gamma = Parameter("gamma", layer.gamma.values, decays: false)
        beta = Parameter("beta", layer.beta.values, decays: false)
    }

    package var parameters: [Parameter<Scalar>] { [gamma, beta] }
    package var isNormalization: Bool { true }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) throws -> Tensor<Scalar> {
        layer.gamma = .perChannel(gamma.values)
        layer.beta = .perChannel(beta.values)
        guard pass.isTraining else {
            return Tensor(
                shape: input.shape, values: try layer.inference(input.values, shape: input.shape))
        }
        let (output, statistics) = try layer.forwardAndCommit(input.values, shape: input.shape)
        (self.input, self.statistics) = (input, statistics)
        return Tensor(shape: input.shape, values: output)
    }

    package func backward(_ gradient: Tensor<Scalar>) throws -> Tensor<Scalar> {
        guard let statistics else { preconditionFailure("backward before a training forward") }
        let gradients = try layer.backward(
            gradient.values, input: input.values, normalizedBy: .batch(statistics),
            shape: input.shape)
        gamma.gradient = gradients.gamma ?? []
        beta.gradient = gradients.beta ?? []
        return Tensor(shape: input.shape, values: gradients.input ?? [])
    }
}

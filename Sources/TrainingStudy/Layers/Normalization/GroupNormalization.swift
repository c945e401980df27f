package import Normalization

/// The library's group normalization as a step of a network: channels at axis 1, γ and β as
/// parameters without weight decay.
package final class GroupNormalization<Scalar: NormalizationScalar>: Layer {
    private var layer: GroupNorm<Scalar>
    private let gamma: Parameter<Scalar>
    private let beta: Parameter<Scalar>
    private var input = Tensor<Scalar>(shape: [0, 1])
    private var statistics: GroupStatistics?

    /// A step around `layer`, which it takes a copy of.
    package init(_ layer: GroupNorm<Scalar>) {
        self.layer = layer
        gamma = Parameter("gamma", layer.gamma.values, decays: false)
        beta = Parameter("beta", layer.beta.values, decays: false)
    }

    package var isNormalization: Bool { true }

    package var parameters: [Parameter<Scalar>] { [gamma, beta].filter { !$0.values.isEmpty } }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) throws -> Tensor<Scalar> {
        layer.gamma.replaceValues(with: gamma.values)
        layer.beta.replaceValues(with: beta.values)
        guard pass.isTraining else {
            let output = try layer.inference(input.values, shape: input.shape)
            return Tensor(shape: input.shape, values: output)
        }
        let (output, statistics) = try layer.forward(input.values, shape: input.shape)
        (self.input, self.statistics) = (input, statistics)
        return Tensor(shape: input.shape, values: output)
    }

    package func backward(_ gradient: Tensor<Scalar>) throws -> Tensor<Scalar> {
        let gradients = try layer.backward(
            gradient.values, input: input.values, normalizedBy: statistics, shape: input.shape)
        gamma.gradient = gradients.gamma ?? []
        beta.gradient = gradients.beta ?? []
        return Tensor(shape: input.shape, values: gradients.input ?? [])
    }
}

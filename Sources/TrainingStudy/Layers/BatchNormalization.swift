package import Normalization

/// The library's layer as a step of a network: channels at axis 1, γ and β as parameters without
/// weight decay.
package final class BatchNormalization<Scalar: NormalizationScalar>: Layer {
    private var layer: BatchNorm<Scalar>
    private let gamma: Parameter<Scalar>
    private let beta: Parameter<Scalar>
    private var input = Tensor<Scalar>(shape: [0, 1])
    private var statistics: BatchStatistics?

    /// A step around `layer`, which it takes a copy of.
    package init(_ layer: BatchNorm<Scalar>) {
        self.layer = layer
        gamma = Parameter("gamma", layer.gamma.values, decays: false)
        beta = Parameter("beta", layer.beta.values, decays: false)
    }

    package var parameters: [Parameter<Scalar>] { [gamma, beta].filter { !$0.values.isEmpty } }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) throws -> Tensor<Scalar> {
        layer.gamma.replaceValues(with: gamma.values)
        layer.beta.replaceValues(with: beta.values)
        guard pass.isTraining else {
            let output = try layer.inference(input.values, shape: input.shape)
            return Tensor(shape: input.shape, values: output)
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

extension AffineParameter {
    /// The same kind of parameter with other numbers, as many.
    fileprivate mutating func replaceValues(with values: [Scalar]) {
        switch self {
        case .absent: break
        case .shared: self = .shared(values[0])
        case .perChannel: self = .perChannel(values)
        }
    }
}

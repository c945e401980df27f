package import Normalization

/// A layer of rows whose γ and β can be put in their places.
package protocol TrainableRows: RowNormalization {
    /// The scale γ.
    var gamma: AffineParameter<Scalar> { get set }
    /// The shift β.
    var beta: AffineParameter<Scalar> { get set }
}

extension LayerNorm: TrainableRows {}
extension RMSNorm: TrainableRows {}

/// The library's layer or RMS normalization as a step of a network: all axes but the first are
/// normalized together, γ and β are parameters without weight decay.
package final class RowNormalizing<Norm: TrainableRows>: Layer {
    package typealias Scalar = Norm.Scalar

    private var layer: Norm
    private let gamma: Parameter<Scalar>
    private let beta: Parameter<Scalar>
    private var input = Tensor<Scalar>(shape: [0, 1])
    private var statistics: RowStatistics?

    /// A step around `layer`, which it takes a copy of.
    package init(_ layer: Norm) {
        self.layer = layer
        gamma = Parameter("gamma", layer.gamma.values, decays: false)
        beta = Parameter("beta", layer.beta.values, decays: false)
    }

    package var isNormalization: Bool { true }

    package var parameters: [Parameter<Scalar>] { [gamma, beta].filter { !$0.values.isEmpty } }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) throws -> Tensor<Scalar> {
        layer.gamma.replaceValues(with: gamma.values)
        layer.beta.replaceValues(with: beta.values)
        let axes = input.shape.count - 1
        guard pass.isTraining else {
            let output = try layer.inference(input.values, shape: input.shape, lastAxes: axes)
            return Tensor(shape: input.shape, values: output)
        }
        let (output, statistics) = try layer.forward(
            input.values, shape: input.shape, lastAxes: axes)
        (self.input, self.statistics) = (input, statistics)
        return Tensor(shape: input.shape, values: output)
    }

    package func backward(_ gradient: Tensor<Scalar>) throws -> Tensor<Scalar> {
        let gradients = try layer.backward(
            gradient.values, input: input.values, normalizedBy: statistics, shape: input.shape,
            lastAxes: input.shape.count - 1)
        gamma.gradient = gradients.gamma ?? []
        beta.gradient = gradients.beta ?? []
        return Tensor(shape: input.shape, values: gradients.input ?? [])
    }
}

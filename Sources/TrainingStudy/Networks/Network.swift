package import Normalization

/// A chain of layers, with the time it has spent in normalization and altogether.
package final class Network<Scalar: NormalizationScalar> {
    /// The layers, first to last.
    package let layers: [any Layer<Scalar>]
    /// Time in the layers' passes since the start.
    package private(set) var timeInLayers = Duration.zero
    /// The part of it spent in normalization.
    package private(set) var timeInNormalization = Duration.zero

    /// A network of these layers.
    package init(_ layers: [any Layer<Scalar>]) { self.layers = layers }

    /// What training changes.
    package var parameters: [Parameter<Scalar>] { layers.flatMap { $0.parameters } }

    /// The number of trainable numbers.
    package var parameterCount: Int { parameters.reduce(0) { $0 + $1.values.count } }

    /// The norm of the gradient of each weight matrix after a backward pass, first layer first.
    package var weightGradientNorms: [Double] {
        parameters.filter(\.decays).map(\.gradientNorm)
    }

    /// The output of the last layer.
    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) throws -> Tensor<Scalar> {
        try layers.reduce(input) { input, layer in
            try timed(layer) { try layer.forward(input, pass) }
        }
    }

    /// Backward through all layers from ∂L/∂output: ∂L/∂input.
    @discardableResult
    package func backward(_ gradient: Tensor<Scalar>) throws -> Tensor<Scalar> {
        try layers.reversed().reduce(gradient) { gradient, layer in
            try timed(layer) { try layer.backward(gradient) }
        }
    }

    /// The output of every layer in turn.
    package func trace(_ input: Tensor<Scalar>, _ pass: Pass) throws -> [Tensor<Scalar>] {
        var outputs: [Tensor<Scalar>] = []
        for layer in layers { outputs.append(try layer.forward(outputs.last ?? input, pass)) }
        return outputs
    }

    private func timed(
        _ layer: any Layer<Scalar>, _ body: () throws -> Tensor<Scalar>
    ) rethrows -> Tensor<Scalar> {
        let start = ContinuousClock.now
        defer {
            let spent = ContinuousClock.now - start
            timeInLayers += spent
            if layer.isNormalization { timeInNormalization += spent }
        }
        return try body()
    }
}

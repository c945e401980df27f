package import Normalization

/// Stochastic gradient descent with momentum: v ← momentum · v + g, w ← w − learningRate · v, where
/// weight decay adds `weightDecay` · w to the gradient of weights, and of nothing else.
package struct Momentum: Optimizer, Sendable {
    /// The step size.
    package var learningRate: Double
    /// How much of the last direction is kept.
    package var momentum: Double
    /// The factor of the weights in their gradient.
    package var weightDecay: Double

    /// An optimizer.
    package init(learningRate: Double, momentum: Double = 0.9, weightDecay: Double = 1e-4) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
    }

    package func step<Scalar: NormalizationScalar>(_ parameters: [Parameter<Scalar>]) {
        for parameter in parameters {
            move(
                &parameter.values, &parameter.velocity, parameter.gradient,
                rate: Scalar(learningRate), keep: Scalar(momentum),
                decay: parameter.decays ? Scalar(weightDecay) : 0)
        }
    }
}

@specialized(where Scalar == Float)
private func move<Scalar: NormalizationScalar>(
    _ values: inout [Scalar], _ velocity: inout [Scalar], _ gradient: [Scalar], rate: Scalar,
    keep: Scalar, decay: Scalar
) {
    precondition(values.count == gradient.count && values.count == velocity.count)
    var values = values.mutableSpan
    var velocity = velocity.mutableSpan
    let gradient = gradient.span
    for index in 0..<values.count {
        velocity[index] = keep * velocity[index] + gradient[index] + decay * values[index]
        values[index] -= rate * velocity[index]
    }
}

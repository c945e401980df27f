import Foundation
package import Normalization

/// Adam: the running mean of the gradient over the root of its running square, both corrected for
/// their start at zero.
///
///     m ← β₁ · m + (1 − β₁) · g      v ← β₂ · v + (1 − β₂) · g²
///     w ← w − learningRate · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + 1e-8)
///
/// - References: D. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", 2014,
///   <https://arxiv.org/abs/1412.6980>.
package struct Adam: Optimizer, Sendable {
    /// The step size.
    package var learningRate: Double
    /// β₁, how much of the last direction is kept.
    package var momentum: Double
    /// β₂, how much of the last squares is kept.
    package var memory: Double

    /// An optimizer.
    package init(learningRate: Double, momentum: Double = 0.9, memory: Double = 0.999) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.memory = memory
    }

    package func step<Scalar: NormalizationScalar>(_ parameters: [Parameter<Scalar>]) {
        for parameter in parameters {
            parameter.updates += 1
            let correction = 1 - pow(momentum, Double(parameter.updates))
            let squaresCorrection = 1 - pow(memory, Double(parameter.updates))
            move(
                parameter, rate: Scalar(learningRate / correction), keep: Scalar(momentum),
                keepSquares: Scalar(memory), squaresCorrection: Scalar(1 / squaresCorrection))
        }
    }
}

@specialized(where Scalar == Float)
private func move<Scalar: NormalizationScalar>(
    _ parameter: Parameter<Scalar>, rate: Scalar, keep: Scalar, keepSquares: Scalar,
    squaresCorrection: Scalar
) {
    let count = parameter.values.count
    if parameter.squares.isEmpty { parameter.squares = zeros(count) }
    precondition(parameter.gradient.count == count)
    // Out of the object while they change: an access to it for each element takes longer than the sums.
    var (values, velocity, squares) = (parameter.values, parameter.velocity, parameter.squares)
    (parameter.values, parameter.velocity, parameter.squares) = ([], [], [])
    let gradient = parameter.gradient
    for index in 0..<count {
        let arriving = gradient[index]
        velocity[index] = keep * velocity[index] + (1 - keep) * arriving
        squares[index] = keepSquares * squares[index] + (1 - keepSquares) * arriving * arriving
        let size = (squares[index] * squaresCorrection).squareRoot()
        values[index] -= rate * velocity[index] / (size + 1e-8)
    }
    (parameter.values, parameter.velocity, parameter.squares) = (values, velocity, squares)
}

package import Normalization

/// Numbers that training changes, with the gradient of the last backward pass.
package final class Parameter<Scalar: NormalizationScalar> {
    /// What it is, such as "weight" or "gamma".
    package let name: String
    /// Whether weight decay applies: to weights, and neither to biases nor to γ and β.
    package let decays: Bool
    /// The numbers.
    package var values: [Scalar]
    /// ∂L/∂values, written by the layer's backward pass.
    package internal(set) var gradient: [Scalar]
    /// The running direction of the optimizer.
    var velocity: [Scalar]
    /// The running squares of the gradient, for an optimizer that has them.
    var squares: [Scalar] = []
    /// The steps so far, for an optimizer that counts them.
    var updates = 0

    /// A parameter at its start.
    package init(_ name: String, _ values: [Scalar], decays: Bool) {
        self.name = name
        self.decays = decays
        self.values = values
        gradient = Array(repeating: 0, count: values.count)
        velocity = gradient
    }

    /// The Euclidean norm of the gradient.
    package var gradientNorm: Double { norm(gradient) }
}

@specialized(where Scalar == Float)
private func norm<Scalar: NormalizationScalar>(_ values: [Scalar]) -> Double {
    var sum = 0.0
    for value in values { sum += Double(value) * Double(value) }
    return sum.squareRoot()
}

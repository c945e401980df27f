import Foundation
package import Normalization

/// y = tanh(x), of any shape.
package final class HyperbolicTangent<Scalar: NormalizationScalar>: Layer {
    private var output: [Scalar] = []

    /// A saturating step.
    package init() {}

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        let output = hyperbolicTangents(input.values)
        if pass.isTraining { self.output = output }
        return Tensor(shape: input.shape, values: output)
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        Tensor(
            shape: gradient.shape, values: whereTangentsPass(gradient.values, output))
    }
}

@specialized(where Scalar == Float)
private func hyperbolicTangents<Scalar: NormalizationScalar>(_ input: [Scalar]) -> [Scalar] {
    var output: [Scalar] = zeros(input.count)
    for index in output.indices { output[index] = Scalar(tanh(Double(input[index]))) }
    return output
}

/// The gradient times 1 − y².
@specialized(where Scalar == Float)
private func whereTangentsPass<Scalar: NormalizationScalar>(
    _ gradient: [Scalar], _ output: [Scalar]
) -> [Scalar] {
    var result: [Scalar] = zeros(gradient.count)
    for index in result.indices {
        result[index] = gradient[index] * (1 - output[index] * output[index])
    }
    return result
}

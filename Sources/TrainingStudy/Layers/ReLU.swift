package import Normalization

/// y = max(0, x), of any shape.
package final class ReLU<Scalar: NormalizationScalar>: Layer {
    private var output: [Scalar] = []

    /// A rectifier.
    package init() {}

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        let output = rectified(input.values)
        if pass.isTraining { self.output = output }
        return Tensor(shape: input.shape, values: output)
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        Tensor(shape: gradient.shape, values: whereRectifierPasses(gradient.values, output))
    }
}

// NaN passes, so that a diverged training shows.
@specialized(where Scalar == Float)
private func rectified<Scalar: NormalizationScalar>(_ input: [Scalar]) -> [Scalar] {
    var output = input
    for index in output.indices where output[index] < 0 { output[index] = 0 }
    return output
}

@specialized(where Scalar == Float)
private func whereRectifierPasses<Scalar: NormalizationScalar>(
    _ gradient: [Scalar], _ output: [Scalar]
) -> [Scalar] {
    precondition(gradient.count == output.count)
    var result = gradient
    for index in result.indices where output[index] <= 0 { result[index] = 0 }
    return result
}

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
    var values = output.mutableSpan
    // A choice and not a branch, so that the loop becomes vector code.
    for index in 0..<values.count { values[index] = values[index] < 0 ? 0 : values[index] }
    return output
}

@specialized(where Scalar == Float)
private func whereRectifierPasses<Scalar: NormalizationScalar>(
    _ gradient: [Scalar], _ output: [Scalar]
) -> [Scalar] {
    precondition(gradient.count == output.count)
    var result = gradient
    var values = result.mutableSpan
    let output = output.span
    for index in 0..<values.count { values[index] = output[index] > 0 ? values[index] : 0 }
    return result
}

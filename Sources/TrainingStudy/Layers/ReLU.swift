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

// NaN passes, so that a diverged training shows. Input and output are apart because a loop that
// overwrites its input does not become vector code.
@specialized(where Scalar == Float)
private func rectified<Scalar: NormalizationScalar>(_ input: [Scalar]) -> [Scalar] {
    var output = [Scalar](repeating: 0, count: input.count)
    var values = output.mutableSpan
    let input = input.span
    for index in 0..<values.count {
        let value = input[index]
        values[index] = value < 0 ? 0 : value
    }
    return output
}

@specialized(where Scalar == Float)
private func whereRectifierPasses<Scalar: NormalizationScalar>(
    _ gradient: [Scalar], _ output: [Scalar]
) -> [Scalar] {
    precondition(gradient.count == output.count)
    var result = [Scalar](repeating: 0, count: gradient.count)
    var values = result.mutableSpan
    let (gradient, output) = (gradient.span, output.span)
    for index in 0..<values.count {
        let arriving = gradient[index]
        values[index] = output[index] > 0 ? arriving : 0
    }
    return result
}

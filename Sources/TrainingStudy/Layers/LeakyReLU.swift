package import Normalization

/// y = x where x is positive, else x / 5, of any shape: what a discriminator's gradient gets through.
///
/// - References: A. Radford, L. Metz and S. Chintala, "Unsupervised Representation Learning with Deep
///   Convolutional Generative Adversarial Networks", 2015, <https://arxiv.org/abs/1511.06434>.
package final class LeakyReLU<Scalar: NormalizationScalar>: Layer {
    private var input: [Scalar] = []

    /// A rectifier that leaks.
    package init() {}

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        if pass.isTraining { self.input = input.values }
        return Tensor(shape: input.shape, values: leaked(input.values, input.values))
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        Tensor(shape: gradient.shape, values: leaked(gradient.values, input))
    }
}

/// The values, a fifth of those whose `input` is negative.
@specialized(where Scalar == Float)
private func leaked<Scalar: NormalizationScalar>(
    _ values: [Scalar], _ input: [Scalar]
) -> [Scalar] {
    precondition(values.count == input.count)
    var result: [Scalar] = zeros(values.count)
    var output = result.mutableSpan
    let (values, input) = (values.span, input.span)
    for index in 0..<output.count {
        let value = values[index]
        output[index] = input[index] < 0 ? value / 5 : value
    }
    return result
}

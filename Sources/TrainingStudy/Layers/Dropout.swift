package import Normalization

/// In training each element is zeroed with probability `rate` and the others are divided by
/// 1 − rate; in inference nothing happens.
///
/// - References: N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
///   Overfitting", JMLR 15, 2014.
package final class Dropout<Scalar: NormalizationScalar>: Layer {
    private let rate: Double
    private var random: RandomSource
    private var factors: [Scalar] = []

    /// A layer that drops elements with probability `rate`, at least 0 and below 1.
    package init(rate: Double, seed: Int) {
        precondition((0..<1).contains(rate), "dropout rate \(rate)")
        self.rate = rate
        random = RandomSource(seed: seed)
    }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        guard pass.isTraining else { return input }
        let kept = Scalar(1 / (1 - rate))
        factors = input.values.map { _ in random.uniform() < rate ? 0 : kept }
        return Tensor(shape: input.shape, values: zip(input.values, factors).map { $0 * $1 })
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        Tensor(shape: gradient.shape, values: zip(gradient.values, factors).map { $0 * $1 })
    }
}

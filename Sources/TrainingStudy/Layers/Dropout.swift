package import Normalization
import SeededRandom

/// In training each element is zeroed with probability `rate` and the others are divided by
/// 1 − rate; in inference nothing happens.
///
/// - References: N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
///   Overfitting", JMLR 15, 2014.
package final class Dropout<Scalar: NormalizationScalar>: Layer {
    private let rate: Double
    private var random: SplitMix64
    private var factors: [Scalar] = []

    /// A layer that drops elements with probability `rate`, at least 0 and below 1.
    package init(rate: Double, seed: Int) {
        precondition((0..<1).contains(rate), "dropout rate \(rate)")
        self.rate = rate
        random = SplitMix64(mixing: seed)
    }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        guard pass.isTraining else { return input }
        factors = drawFactors(input.values.count, rate, &random)
        return Tensor(shape: input.shape, values: products(input.values, factors))
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        Tensor(shape: gradient.shape, values: products(gradient.values, factors))
    }
}

/// 0 with probability `rate`, else 1 / (1 − rate).
@specialized(where Scalar == Float)
private func drawFactors<Scalar: NormalizationScalar>(
    _ count: Int, _ rate: Double, _ random: inout SplitMix64
) -> [Scalar] {
    var factors = [Scalar](repeating: Scalar(1 / (1 - rate)), count: count)
    for index in factors.indices where random.uniform() < rate { factors[index] = 0 }
    return factors
}

@specialized(where Scalar == Float)
private func products<Scalar: NormalizationScalar>(_ a: [Scalar], _ b: [Scalar]) -> [Scalar] {
    var result = a
    for index in result.indices { result[index] *= b[index] }
    return result
}

import Foundation
package import Normalization

/// The loss of a discriminator's logits: −log σ(l) where it is to say that an image is real, and
/// −log(1 − σ(l)) where drawn. A generator's loss is that of its images called real.
///
/// - References: I. Goodfellow et al., "Generative Adversarial Networks", 2014,
///   <https://arxiv.org/abs/1406.2661>.
package enum AdversarialLoss {
    /// The mean loss and its gradient with respect to the logits.
    ///
    /// - Parameters:
    ///   - logits: (N, 1).
    ///   - targets: what is to be said of each: 1 for real, 0 for drawn, or a number between.
    package static func evaluate<Scalar: NormalizationScalar>(
        _ logits: Tensor<Scalar>, _ targets: [Double]
    ) -> (loss: Double, gradient: Tensor<Scalar>) {
        precondition(logits.values.count == targets.count)
        var gradient = logits
        var loss = 0.0
        for (index, target) in targets.enumerated() {
            let logit = Double(logits.values[index])
            // log(1 + e^l) − t · l, with the exponential of a number that is not positive.
            loss += max(logit, 0) + log1p(exp(-abs(logit))) - target * logit
            let share = 1 / (1 + exp(-logit))
            gradient.values[index] = Scalar((share - target) / Double(targets.count))
        }
        return (loss / Double(max(1, targets.count)), gradient)
    }
}

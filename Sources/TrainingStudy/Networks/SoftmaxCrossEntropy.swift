import Foundation
package import Normalization

/// The loss of a classifier: the mean over samples of −log softmax(logits)[label].
package enum SoftmaxCrossEntropy {
    /// Loss, its gradient with respect to the logits, and how many labels have the largest logit.
    ///
    /// - Parameters:
    ///   - logits: (N, classes).
    ///   - labels: N numbers from 0 to classes − 1.
    package static func evaluate<Scalar: NormalizationScalar>(
        _ logits: Tensor<Scalar>, _ labels: [Int]
    ) -> (loss: Double, gradient: Tensor<Scalar>, correct: Int) {
        let (rows, classes) = (logits.rows, logits.width)
        precondition(rows == labels.count, "\(rows) rows, \(labels.count) labels")
        var gradient = logits
        var (loss, correct) = (0.0, 0)
        for row in 0..<rows {
            let values = logits.values[row * classes..<(row + 1) * classes].map(Double.init)
            // The largest goes out first, so that no exponential overflows.
            let largest = values.max() ?? 0
            let exponentials = values.map { exp($0 - largest) }
            let sum = exponentials.reduce(0, +)
            loss += log(sum) + largest - values[labels[row]]
            if values.firstIndex(of: largest) == labels[row] { correct += 1 }
            for (index, exponential) in exponentials.enumerated() {
                let target = index == labels[row] ? 1.0 : 0.0
                gradient.values[row * classes + index] =
                    Scalar((exponential / sum - target) / Double(rows))
            }
        }
        return (loss / Double(max(1, rows)), gradient, correct)
    }
}

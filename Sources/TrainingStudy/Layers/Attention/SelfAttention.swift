import Foundation
package import Normalization
package import SeededRandom

/// Self-attention with several heads. Each frame becomes a mean of its sequence's frames, weighted by
/// how well its query fits their keys; padding is neither asked nor answered.
///
///     P = softmax(Q · Kᵀ / √d)      output = concatenated heads P · V, through one dense layer
///
/// Input and output (N · longest, width), rows as ``FrameRows`` lays them out; each of the `heads`
/// has d = width / heads numbers of a row.
///
/// - References: A. Vaswani et al., "Attention Is All You Need", 2017, section 3.2,
///   <https://arxiv.org/abs/1706.03762>.
package final class SelfAttention<Scalar: NormalizationScalar>: Layer {
    private let width: Int
    private let heads: Int
    /// Queries, keys and values of a frame, one after the other.
    private let projection: Dense<Scalar>
    private let mixing: Dense<Scalar>
    private var projected: [Scalar] = []
    private var lengths: [Int] = []
    /// P of every sequence and head, each length × length.
    private var weights: [[Scalar]] = []

    private var size: Int { width / heads }
    private var scale: Scalar { Scalar(1 / Double(size).squareRoot()) }

    /// A layer with weights of variance 1 / width.
    package init(width: Int, heads: Int, random: inout SplitMix64) {
        precondition(width.isMultiple(of: heads), "\(width) numbers, \(heads) heads")
        self.width = width
        self.heads = heads
        projection = Dense(inputs: width, outputs: 3 * width, gain: 1, random: &random)
        mixing = Dense(inputs: width, outputs: width, gain: 1, random: &random)
    }

    package var parameters: [Parameter<Scalar>] { projection.parameters + mixing.parameters }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        let projected = projection.forward(input, pass).values
        var mixed = Tensor<Scalar>(shape: input.shape)
        var weights: [[Scalar]] = []
        for head in Self.heads(of: pass.lengths, heads, width) {
            var scores: [Scalar] = zeros(head.length * head.length)
            multiply(
                m: head.length, n: head.length, k: size, projected, head.query, projected,
                head.key, transB: true, into: &scores, MatrixView(rowLength: head.length))
            softmaxRows(&scores, head.length, scale)
            multiply(
                m: head.length, n: size, k: head.length, scores,
                MatrixView(rowLength: head.length), projected, head.value, into: &mixed.values,
                head.output)
            if pass.isTraining { weights.append(scores) }
        }
        if pass.isTraining {
            (self.projected, lengths, self.weights) = (projected, pass.lengths, weights)
        }
        return mixing.forward(mixed, pass)
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        let mixed = mixing.backward(gradient).values
        var result = Tensor<Scalar>(shape: [gradient.rows, 3 * width])
        for (head, weights) in zip(Self.heads(of: lengths, heads, width), weights) {
            let square = MatrixView(rowLength: head.length)
            // ∂V = Pᵀ · ∂output
            multiply(
                m: head.length, n: size, k: head.length, weights, square, transA: true, mixed,
                head.output, into: &result.values, head.value)
            var scores: [Scalar] = zeros(head.length * head.length)
            multiply(
                m: head.length, n: head.length, k: size, mixed, head.output, projected,
                head.value, transB: true, into: &scores, square)
            differentiateSoftmax(weights, &scores, head.length, scale)
            multiply(
                m: head.length, n: size, k: head.length, scores, square, projected, head.key,
                into: &result.values, head.query)
            multiply(
                m: head.length, n: size, k: head.length, scores, square, transA: true, projected,
                head.query, into: &result.values, head.key)
        }
        return projection.backward(result)
    }

    /// Where the numbers of one head of one sequence stand.
    private struct Head {
        let length: Int
        let query: MatrixView
        let key: MatrixView
        let value: MatrixView
        let output: MatrixView
    }

    private static func heads(of lengths: [Int], _ heads: Int, _ width: Int) -> [Head] {
        let (longest, size) = (lengths.first ?? 0, width / heads)
        return lengths.enumerated().flatMap { sequence, length in
            (0..<heads).map { head in
                let (row, column) = (sequence * longest, head * size)
                func view(_ part: Int) -> MatrixView {
                    MatrixView(
                        start: row * 3 * width + part * width + column, rowLength: 3 * width)
                }
                return Head(
                    length: length, query: view(0), key: view(1), value: view(2),
                    output: MatrixView(start: row * width + column, rowLength: width))
            }
        }
    }
}

/// softmax of each row of scores times `scale`, in place.
@specialized(where Scalar == Float)
private func softmaxRows<Scalar: NormalizationScalar>(
    _ scores: inout [Scalar], _ length: Int, _ scale: Scalar
) {
    for start in stride(from: 0, to: scores.count, by: length) {
        var largest = scores[start]
        for place in start..<start + length where scores[place] > largest {
            largest = scores[place]
        }
        var sum: Scalar = 0
        for place in start..<start + length {
            let value = Scalar(exp(Double((scores[place] - largest) * scale)))
            scores[place] = value
            sum += value
        }
        for place in start..<start + length { scores[place] /= sum }
    }
}

/// ∂L/∂scores from ∂L/∂P in place: scale · P · (∂P − Σ P · ∂P), row by row.
@specialized(where Scalar == Float)
private func differentiateSoftmax<Scalar: NormalizationScalar>(
    _ weights: [Scalar], _ gradient: inout [Scalar], _ length: Int, _ scale: Scalar
) {
    for start in stride(from: 0, to: gradient.count, by: length) {
        var sum: Scalar = 0
        for place in start..<start + length { sum += weights[place] * gradient[place] }
        for place in start..<start + length {
            gradient[place] = scale * weights[place] * (gradient[place] - sum)
        }
    }
}

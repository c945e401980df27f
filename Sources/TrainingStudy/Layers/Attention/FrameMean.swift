package import Normalization

/// The mean of the frames of each sequence, without its padding.
///
/// Input (N · longest, width), rows as ``FrameRows`` lays them out; output (N, width).
package final class FrameMean<Scalar: NormalizationScalar>: Layer {
    private var lengths: [Int] = []

    /// A mean over frames.
    package init() {}

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        var output = Tensor<Scalar>(shape: [pass.lengths.count, input.width])
        addRows(input.values, pass.lengths, input.width, into: &output.values)
        if pass.isTraining { lengths = pass.lengths }
        return output
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        let rows = lengths.count * (lengths.first ?? 0)
        var result = Tensor<Scalar>(shape: [rows, gradient.width])
        spreadRows(gradient.values, lengths, gradient.width, into: &result.values)
        return result
    }
}

@specialized(where Scalar == Float)
private func addRows<Scalar: NormalizationScalar>(
    _ rows: [Scalar], _ lengths: [Int], _ width: Int, into means: inout [Scalar]
) {
    let longest = lengths.first ?? 0
    for (sequence, length) in lengths.enumerated() {
        for row in sequence * longest..<sequence * longest + length {
            for place in 0..<width {
                means[sequence * width + place] += rows[row * width + place] / Scalar(length)
            }
        }
    }
}

@specialized(where Scalar == Float)
private func spreadRows<Scalar: NormalizationScalar>(
    _ means: [Scalar], _ lengths: [Int], _ width: Int, into rows: inout [Scalar]
) {
    let longest = lengths.first ?? 0
    for (sequence, length) in lengths.enumerated() {
        for row in sequence * longest..<sequence * longest + length {
            for place in 0..<width {
                rows[row * width + place] = means[sequence * width + place] / Scalar(length)
            }
        }
    }
}

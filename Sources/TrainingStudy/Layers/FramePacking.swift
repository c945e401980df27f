package import Normalization

/// The frames of sequences of different lengths as the rows of one matrix, without the padding, so
/// that no padding enters the statistics of a normalization that follows.
///
/// Input (N, features, T), longest sequence first, as `Pass.lengths` says; output (Σ lengths,
/// features): the first frames of all sequences, then the second ones of those that have one, …
package final class FramePacking<Scalar: NormalizationScalar>: Layer {
    private var inputShape: [Int] = []
    private var lengths: [Int] = []

    /// A packing step.
    package init() {}

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        let (features, frames) = (input.shape[1], input.shape[2])
        var rows: [Scalar] = []
        rows.reserveCapacity(pass.lengths.reduce(0, +) * features)
        for (frame, active) in activeSequences(pass.lengths).enumerated() {
            for sequence in 0..<active {
                for feature in 0..<features {
                    rows.append(input.values[(sequence * features + feature) * frames + frame])
                }
            }
        }
        if pass.isTraining { (inputShape, lengths) = (input.shape, pass.lengths) }
        return Tensor(shape: [rows.count / features, features], values: rows)
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        let (features, frames) = (inputShape[1], inputShape[2])
        var result = Tensor<Scalar>(shape: inputShape)
        var source = gradient.values.makeIterator()
        for (frame, active) in activeSequences(lengths).enumerated() {
            for sequence in 0..<active {
                for feature in 0..<features {
                    result.values[(sequence * features + feature) * frames + frame] =
                        source.next() ?? 0
                }
            }
        }
        return result
    }
}

/// How many sequences are still running at each frame, for lengths in falling order.
func activeSequences(_ lengths: [Int]) -> [Int] {
    precondition(lengths.elementsEqual(lengths.sorted(by: >)), "longest sequence first")
    return (0..<(lengths.first ?? 0)).map { frame in lengths.prefix { $0 > frame }.count }
}

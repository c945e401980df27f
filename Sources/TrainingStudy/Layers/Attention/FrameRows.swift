package import Normalization

/// The frames of padded sequences as the rows of one matrix, sequence by sequence, cut to the length
/// of the batch's longest: padding stays, and what follows must leave it out.
///
/// Input (N, features, T), longest sequence first, as `Pass.lengths` says; output (N · longest,
/// features).
package final class FrameRows<Scalar: NormalizationScalar>: Layer {
    private var inputShape: [Int] = []
    private var longest = 0

    /// A step that lays frames out as rows.
    package init() {}

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        let (features, frames) = (input.shape[1], input.shape[2])
        let longest = pass.lengths.first ?? 0
        var rows: [Scalar] = zeros(input.rows * longest * features)
        transposePlanes(
            input.values, (features, frames), count: input.rows, columns: longest, into: &rows)
        if pass.isTraining { (inputShape, self.longest) = (input.shape, longest) }
        return Tensor(shape: [input.rows * longest, features], values: rows)
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        let (features, frames) = (inputShape[1], inputShape[2])
        var result = Tensor<Scalar>(shape: inputShape)
        for sample in 0..<inputShape[0] {
            for frame in 0..<longest {
                for feature in 0..<features {
                    result.values[(sample * features + feature) * frames + frame] =
                        gradient.values[(sample * longest + frame) * features + feature]
                }
            }
        }
        return result
    }
}

/// The first `columns` columns of each of `count` matrices as the rows of the result.
@specialized(where Scalar == Float)
private func transposePlanes<Scalar: NormalizationScalar>(
    _ values: [Scalar], _ size: (rows: Int, columns: Int), count: Int, columns: Int,
    into result: inout [Scalar]
) {
    for plane in 0..<count {
        for column in 0..<columns {
            for row in 0..<size.rows {
                result[(plane * columns + column) * size.rows + row] =
                    values[(plane * size.rows + row) * size.columns + column]
            }
        }
    }
}

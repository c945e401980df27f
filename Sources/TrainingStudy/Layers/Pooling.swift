package import Normalization

/// The largest or the mean value of each 2×2 square of an image; a last odd row or column is left
/// out.
///
/// Input (N, C, H, W), output (N, C, H/2, W/2).
package final class Pooling<Scalar: NormalizationScalar>: Layer {
    /// How a square becomes one number.
    package enum Method: Sendable {
        /// The largest of the four; its place alone receives the gradient.
        case max
        /// Their mean; each receives a quarter of the gradient.
        case average
    }

    private let method: Method
    private var inputShape: [Int] = []
    /// Where in the input the largest value of each square was.
    private var winners: [Int] = []

    /// A pooling layer.
    package init(_ method: Method) { self.method = method }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        let (height, width) = (input.shape[2], input.shape[3])
        var output = Tensor<Scalar>(
            shape: [input.rows, input.shape[1], height / 2, width / 2])
        switch method {
        case .average: poolAverage(input.values, height, width, into: &output.values)
        case .max:
            let winners = poolMaximum(input.values, height, width, into: &output.values)
            if pass.isTraining { self.winners = winners }
        }
        if pass.isTraining { inputShape = input.shape }
        return output
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        var result = Tensor<Scalar>(shape: inputShape)
        switch method {
        case .average:
            spreadAverage(gradient.values, inputShape[2], inputShape[3], into: &result.values)
        case .max:
            giveToWinners(gradient.values, winners, into: &result.values)
        }
        return result
    }
}

/// The input index of the top left corner of an output position.
private func corner(_ index: Int, _ height: Int, _ width: Int) -> Int {
    let (rows, columns) = (height / 2, width / 2)
    let (plane, place) = index.quotientAndRemainder(dividingBy: rows * columns)
    return plane * height * width + place / columns * 2 * width + place % columns * 2
}

@specialized(where Scalar == Float)
private func poolAverage<Scalar: NormalizationScalar>(
    _ input: [Scalar], _ height: Int, _ width: Int, into output: inout [Scalar]
) {
    for index in output.indices {
        let at = corner(index, height, width)
        output[index] =
            (input[at] + input[at + 1] + input[at + width] + input[at + width + 1]) / 4
    }
}

@specialized(where Scalar == Float)
private func spreadAverage<Scalar: NormalizationScalar>(
    _ gradient: [Scalar], _ height: Int, _ width: Int, into result: inout [Scalar]
) {
    for index in gradient.indices {
        let at = corner(index, height, width)
        let part = gradient[index] / 4
        for place in [at, at + 1, at + width, at + width + 1] { result[place] += part }
    }
}

@specialized(where Scalar == Float)
private func poolMaximum<Scalar: NormalizationScalar>(
    _ input: [Scalar], _ height: Int, _ width: Int, into output: inout [Scalar]
) -> [Int] {
    var winners = [Int](repeating: 0, count: output.count)
    for index in output.indices {
        let at = corner(index, height, width)
        var winner = at
        if input[at + 1] > input[winner] { winner = at + 1 }
        if input[at + width] > input[winner] { winner = at + width }
        if input[at + width + 1] > input[winner] { winner = at + width + 1 }
        winners[index] = winner
        output[index] = input[winner]
    }
    return winners
}

@specialized(where Scalar == Float)
private func giveToWinners<Scalar: NormalizationScalar>(
    _ gradient: [Scalar], _ winners: [Int], into result: inout [Scalar]
) {
    for index in gradient.indices { result[winners[index]] += gradient[index] }
}

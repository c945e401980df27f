package import Normalization
package import SeededRandom

/// A 3×3 convolution of images with a border of zeros, so that height and width stay: im2col and
/// one `gemm` a sample forward, two backward.
///
/// Input (N, inputs, H, W), output (N, outputs, H, W). Patches are made again in backward instead of
/// being kept: they are nine times the input.
package final class Convolution<Scalar: NormalizationScalar>: Layer {
    let inputs: Int
    let outputs: Int
    let weight: Parameter<Scalar>
    let bias: Parameter<Scalar>?
    private var input = Tensor<Scalar>(shape: [0, 0, 0, 0])

    private var patchLength: Int { inputs * 9 }

    /// A layer with weights by He's rule and a bias of zeros, or none.
    package init(inputs: Int, outputs: Int, hasBias: Bool = true, random: inout SplitMix64) {
        self.inputs = inputs
        self.outputs = outputs
        weight = Parameter(
            "weight", .he(count: outputs * inputs * 9, fanIn: inputs * 9, &random), decays: true)
        bias = hasBias ? Parameter("bias", Array(repeating: 0, count: outputs), decays: false) : nil
    }

    package var parameters: [Parameter<Scalar>] { [weight] + (bias.map { [$0] } ?? []) }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        let patches = Patches(channels: inputs, height: input.shape[2], width: input.shape[3])
        let area = patches.area
        var output = Tensor<Scalar>(
            shape: [input.rows, outputs, input.shape[2], input.shape[3]])
        if let bias { fillPlanes(&output.values, bias.values, area) }
        var columns: [Scalar] = zeros(patchLength * area)
        for sample in 0..<input.rows {
            patches.gather(input.values, at: sample * inputs * area, into: &columns)
            multiply(
                m: outputs, n: area, k: patchLength, weight.values,
                MatrixView(rowLength: patchLength), columns, MatrixView(rowLength: area), beta: 1,
                into: &output.values,
                MatrixView(start: sample * outputs * area, rowLength: area))
        }
        if pass.isTraining { self.input = input }
        return output
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        let patches = Patches(channels: inputs, height: input.shape[2], width: input.shape[3])
        let area = patches.area
        var inputGradient = Tensor<Scalar>(shape: input.shape)
        var columns: [Scalar] = zeros(patchLength * area)
        weight.gradient = zeros(weight.values.count)
        for sample in 0..<input.rows {
            let outputView = MatrixView(start: sample * outputs * area, rowLength: area)
            patches.gather(input.values, at: sample * inputs * area, into: &columns)
            multiply(
                m: outputs, n: patchLength, k: area, gradient.values, outputView, columns,
                MatrixView(rowLength: area), transB: true, beta: 1, into: &weight.gradient,
                MatrixView(rowLength: patchLength))
            multiply(
                m: patchLength, n: area, k: outputs, weight.values,
                MatrixView(rowLength: patchLength), transA: true, gradient.values, outputView,
                into: &columns, MatrixView(rowLength: area))
            patches.scatter(&columns, into: &inputGradient.values, at: sample * inputs * area)
        }
        if let bias { bias.gradient = channelSums(gradient.values, outputs, area) }
        return inputGradient
    }
}

/// Σ over samples and positions of each channel of a (N, channels, area) tensor.
@specialized(where Scalar == Float)
func channelSums<Scalar: NormalizationScalar>(
    _ values: [Scalar], _ channels: Int, _ area: Int
) -> [Scalar] {
    var sums = [Scalar](repeating: 0, count: channels)
    for start in stride(from: 0, to: values.count, by: area) {
        var sum: Scalar = 0
        for position in start..<start + area { sum += values[position] }
        sums[start / area % channels] += sum
    }
    return sums
}

/// Sets every value of a (N, channels, area) tensor to its channel's number.
@specialized(where Scalar == Float)
func fillPlanes<Scalar: NormalizationScalar>(
    _ values: inout [Scalar], _ numbers: [Scalar], _ area: Int
) {
    for start in stride(from: 0, to: values.count, by: area) {
        let number = numbers[start / area % numbers.count]
        for position in start..<start + area { values[position] = number }
    }
}

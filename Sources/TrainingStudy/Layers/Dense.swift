package import Normalization
package import SeededRandom

/// y = x · Wᵀ + b on rows, by one `gemm` forward and two backward.
///
/// Input (N, …) of width `inputs`, output (N, outputs).
package final class Dense<Scalar: NormalizationScalar>: Layer {
    let inputs: Int
    let outputs: Int
    let weight: Parameter<Scalar>
    let bias: Parameter<Scalar>?
    private var input = Tensor<Scalar>(shape: [0, 0])

    /// A layer with weights by He's rule and a bias of zeros, or none.
    package init(
        inputs: Int, outputs: Int, hasBias: Bool = true, gain: Double = 2,
        random: inout SplitMix64
    ) {
        self.inputs = inputs
        self.outputs = outputs
        weight = Parameter(
            "weight", .he(count: inputs * outputs, fanIn: inputs, gain: gain, &random),
            decays: true)
        bias = hasBias ? Parameter("bias", Array(repeating: 0, count: outputs), decays: false) : nil
    }

    package var parameters: [Parameter<Scalar>] { [weight] + (bias.map { [$0] } ?? []) }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        var output = Tensor<Scalar>(shape: [input.rows, outputs])
        if let bias { fillPlanes(&output.values, bias.values, 1) }
        multiply(
            m: input.rows, n: outputs, k: inputs, input.values, MatrixView(rowLength: inputs),
            weight.values, MatrixView(rowLength: inputs), transB: true, beta: 1,
            into: &output.values, MatrixView(rowLength: outputs))
        if pass.isTraining { self.input = input }
        return output
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        multiply(
            m: outputs, n: inputs, k: input.rows, gradient.values, MatrixView(rowLength: outputs),
            transA: true, input.values, MatrixView(rowLength: inputs), into: &weight.gradient,
            MatrixView(rowLength: inputs))
        if let bias {
            bias.gradient = Array(repeating: 0, count: outputs)
            addColumnSums(
                gradient.values, rows: gradient.rows, columns: outputs, to: &bias.gradient)
        }
        var inputGradient = Tensor<Scalar>(shape: input.shape)
        multiply(
            m: input.rows, n: inputs, k: outputs, gradient.values, MatrixView(rowLength: outputs),
            weight.values, MatrixView(rowLength: inputs), into: &inputGradient.values,
            MatrixView(rowLength: inputs))
        return inputGradient
    }
}

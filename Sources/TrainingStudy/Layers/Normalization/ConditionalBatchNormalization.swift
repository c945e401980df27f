package import Normalization

/// Conditional batch normalization as a step of a network: channels at axis 1, γ and β of each
/// sample are the rows of two tables that its class chooses.
///
/// The pass names the classes. The rows are gathered before the library's call, and the gradients of
/// the rows of a class are added up after it.
///
/// - References: H. de Vries et al., "Modulating Early Visual Processing by Language", 2017,
///   <https://arxiv.org/abs/1707.00683>; V. Dumoulin et al., "A Learned Representation for Artistic
///   Style", 2016, <https://arxiv.org/abs/1610.07629>.
package final class ConditionalBatchNormalization<Scalar: NormalizationScalar>: Layer {
    private var layer: BatchNorm<Scalar>
    private let gammas: Parameter<Scalar>
    private let betas: Parameter<Scalar>
    private var input = Tensor<Scalar>(shape: [0, 1])
    private var classes: [Int] = []
    private var statistics: BatchStatistics?

    /// A step whose γ (all 1) and β (all 0) have a row for each class.
    package init(channels: Int, classes: Int) throws(NormalizationError) {
        layer = try BatchNorm(
            channels: channels, gamma: .absent, beta: .absent,
            runningStatistics: RunningStatistics(channels: channels), threadLimit: 1)
        let count = channels * classes
        gammas = Parameter("gammas", [Scalar](repeating: 1, count: count), decays: false)
        betas = Parameter("betas", [Scalar](repeating: 0, count: count), decays: false)
    }

    package var isNormalization: Bool { true }

    package var parameters: [Parameter<Scalar>] { [gammas, betas] }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) throws -> Tensor<Scalar> {
        precondition(pass.classes.count == input.rows, "a class for each sample")
        let gamma = rows(gammas.values, pass.classes)
        let beta = rows(betas.values, pass.classes)
        guard pass.isTraining else {
            let output = try layer.inference(
                input.values, scaledBy: gamma, shiftedBy: beta, shape: input.shape)
            return Tensor(shape: input.shape, values: output)
        }
        let (output, statistics) = try layer.forward(
            input.values, scaledBy: gamma, shiftedBy: beta, shape: input.shape)
        try layer.commit(statistics)
        (self.input, classes, self.statistics) = (input, pass.classes, statistics)
        return Tensor(shape: input.shape, values: output)
    }

    package func backward(_ gradient: Tensor<Scalar>) throws -> Tensor<Scalar> {
        guard let statistics else { preconditionFailure("backward before a training forward") }
        let gradients = try layer.backward(
            gradient.values, input: input.values, scaledBy: rows(gammas.values, classes),
            shiftedBy: rows(betas.values, classes), normalizedBy: .batch(statistics),
            shape: input.shape)
        gammas.gradient = sums(gradients.gamma ?? [])
        betas.gradient = sums(gradients.beta ?? [])
        return Tensor(shape: input.shape, values: gradients.input ?? [])
    }

    /// The table's row of each sample's class.
    private func rows(_ table: [Scalar], _ classes: [Int]) -> [Scalar] {
        let width = layer.channels
        return classes.flatMap { table[$0 * width..<($0 + 1) * width] }
    }

    /// What the rows of each class add up to, as a table.
    private func sums(_ rows: [Scalar]) -> [Scalar] {
        let width = layer.channels
        var table: [Scalar] = zeros(gammas.values.count)
        for (sample, row) in classes.enumerated() {
            for channel in 0..<width {
                table[row * width + channel] += rows[sample * width + channel]
            }
        }
        return table
    }
}

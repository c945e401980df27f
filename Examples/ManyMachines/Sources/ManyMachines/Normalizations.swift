import Normalization

/// What normalizes between a convolution and its ReLU.
public enum Kind: String, Sendable, CaseIterable {
    /// Batch normalization with the statistics of the rank's own samples.
    case local
    /// Batch normalization with the statistics of all ranks' samples.
    case synchronized
    /// Group normalization, whose statistics are of each sample alone.
    case group
}

/// Batch normalization, by each rank alone or by all together. Channels are last.
final class BatchNormalization: Layer {
    private var layer: BatchNorm<Double>
    /// The ranks whose samples count; of one rank there is no exchange.
    private let exchange: any StatisticsExchange
    private let gamma: Parameter
    private let beta: Parameter
    private var input = Tensor(zeros: [0])
    private var statistics: SynchronizedStatistics?

    init(
        channels: Int, over exchange: any StatisticsExchange, threadLimit: Int?
    ) throws {
        layer = try .standard(channels: channels)
        layer.threadLimit = threadLimit
        self.exchange = exchange
        (gamma, beta) = (Parameter(layer.gamma.values), Parameter(layer.beta.values))
    }

    var parameters: [Parameter] { [gamma, beta] }

    func forward(_ input: Tensor, isTraining: Bool) throws -> Tensor {
        layer.gamma = .perChannel(gamma.values)
        layer.beta = .perChannel(beta.values)
        guard isTraining else {
            return Tensor(
                shape: input.shape,
                values: try layer.inference(input.values, shape: input.shape, channelAxis: -1))
        }
        let (output, statistics) = try layer.forwardAndCommit(
            input.values, shape: input.shape, channelAxis: -1, over: exchange)
        (self.input, self.statistics) = (input, statistics)
        return Tensor(shape: input.shape, values: output)
    }

    func backward(_ gradient: Tensor) throws -> Tensor {
        guard let statistics else { preconditionFailure("backward before a training forward") }
        // ∂γ and ∂β are this rank's, and add up with the other gradients.
        let gradients = try layer.backward(
            gradient.values, input: input.values, normalizedBy: statistics, shape: input.shape,
            channelAxis: -1, over: exchange)
        (gamma.gradient, beta.gradient) = (gradients.gamma ?? [], gradients.beta ?? [])
        return Tensor(shape: input.shape, values: gradients.input ?? [])
    }
}

/// Group normalization. Channels are last.
final class GroupNormalization: Layer {
    private var layer: GroupNorm<Double>
    private let gamma: Parameter
    private let beta: Parameter
    private var input = Tensor(zeros: [0])
    private var statistics: GroupStatistics?

    init(channels: Int, groups: Int, threadLimit: Int?) throws {
        layer = try GroupNorm(channels: channels, groups: groups)
        layer.threadLimit = threadLimit
        (gamma, beta) = (Parameter(layer.gamma.values), Parameter(layer.beta.values))
    }

    var parameters: [Parameter] { [gamma, beta] }

    func forward(_ input: Tensor, isTraining: Bool) throws -> Tensor {
        layer.gamma = .perChannel(gamma.values)
        layer.beta = .perChannel(beta.values)
        let (output, statistics) = try layer.forward(
            input.values, shape: input.shape, channelAxis: -1)
        if isTraining { (self.input, self.statistics) = (input, statistics) }
        return Tensor(shape: input.shape, values: output)
    }

    func backward(_ gradient: Tensor) throws -> Tensor {
        let gradients = try layer.backward(
            gradient.values, input: input.values, normalizedBy: statistics, shape: input.shape,
            channelAxis: -1)
        (gamma.gradient, beta.gradient) = (gradients.gamma ?? [], gradients.beta ?? [])
        return Tensor(shape: input.shape, values: gradients.input ?? [])
    }
}

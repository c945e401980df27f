/// Where the network's time goes, by kind of step, over all layers.
public struct StageTimes: Sendable, Equatable {
    /// The products of the convolutions.
    public var convolution = Duration.zero
    /// Bias and ReLU.
    public var activation = Duration.zero
    /// Batch normalization.
    public var normalization = Duration.zero
    /// Max pooling.
    public var pooling = Duration.zero
    /// The dense layer and the sigmoid.
    public var dense = Duration.zero

    /// No time yet.
    public init() {}

    /// The sum.
    public var total: Duration { convolution + activation + normalization + pooling + dense }

    /// Adds the times of another thread.
    mutating func add(_ other: StageTimes) {
        convolution += other.convolution
        activation += other.activation
        normalization += other.normalization
        pooling += other.pooling
        dense += other.dense
    }
}

/// ε, update weight and variance estimator of a framework, which only make sense together.
public struct Preset: Sendable, Equatable {
    /// The small number inside the root.
    public var epsilon: Double
    /// The weight of the new value in the running statistics.
    public var weight: UpdateWeight
    /// The variance that enters the running statistics.
    public var estimator: VarianceEstimator

    /// A convention of one's own.
    public init(epsilon: Double, weight: UpdateWeight, estimator: VarianceEstimator) {
        self.epsilon = epsilon
        self.weight = weight
        self.estimator = estimator
    }

    /// PyTorch's defaults: ε 1e-5, new weight 0.1, unbiased variance. The default here too.
    public static let pyTorch = Preset(
        epsilon: 1e-5, weight: .newWeight(0.1), estimator: .unbiased)
    /// Keras's defaults: ε 1e-3, decay 0.99, biased variance.
    public static let keras = Preset(epsilon: 1e-3, weight: .decay(0.99), estimator: .biased)
    /// ONNX's defaults: ε 1e-5, decay 0.9, biased variance.
    public static let onnx = Preset(epsilon: 1e-5, weight: .decay(0.9), estimator: .biased)
}

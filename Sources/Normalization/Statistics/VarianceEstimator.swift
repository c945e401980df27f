/// Which estimate of the variance is meant.
public enum VarianceEstimator: String, Sendable, CaseIterable, Codable {
    /// M2/(m − 1), what PyTorch puts into its running variance.
    case unbiased
    /// M2/m, what every framework normalizes with, and what Keras and ONNX put into theirs.
    case biased
}

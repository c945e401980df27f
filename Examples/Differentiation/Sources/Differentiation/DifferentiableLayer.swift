public import Normalization

/// What differentiation needs of a layer: forward, backward, and γ and β to move.
public protocol DifferentiableLayer<Scalar> {
    /// The type of the numbers.
    associatedtype Scalar: NormalizationScalar
    /// What forward hands to backward.
    associatedtype Statistics

    /// γ.
    var gamma: AffineParameter<Scalar> { get set }
    /// β.
    var beta: AffineParameter<Scalar> { get set }

    /// y, and what backward needs beside x.
    func forward(_ x: Tensor<Scalar>) throws -> (output: [Scalar], statistics: Statistics)
    /// ∂x, ∂γ and ∂β.
    func backward(
        _ gradient: Tensor<Scalar>, input x: Tensor<Scalar>, normalizedBy statistics: Statistics
    ) throws -> Gradients<Scalar>
}

/// Batch norm in training.
extension BatchNorm: DifferentiableLayer {
    /// The layer's own forward.
    public func forward(
        _ x: Tensor<Scalar>
    ) throws -> (output: [Scalar], statistics: BatchStatistics) {
        try forward(x.values, shape: x.shape)
    }

    /// The layer's own backward, all gradients.
    public func backward(
        _ gradient: Tensor<Scalar>, input x: Tensor<Scalar>,
        normalizedBy statistics: BatchStatistics
    ) throws -> Gradients<Scalar> {
        try backward(
            gradient.values, input: x.values, normalizedBy: .batch(statistics), shape: x.shape)
    }
}

/// Batch norm with its running statistics, as constants: in inference, and in fine-tuning with frozen ones.
public struct Frozen<Scalar: NormalizationScalar>: DifferentiableLayer {
    /// The layer, whose running statistics stay.
    public var layer: BatchNorm<Scalar>
    /// γ of the layer.
    public var gamma: AffineParameter<Scalar> {
        get { layer.gamma }
        set { layer.gamma = newValue }
    }
    /// β of the layer.
    public var beta: AffineParameter<Scalar> {
        get { layer.beta }
        set { layer.beta = newValue }
    }

    /// A layer that is frozen.
    public init(_ layer: BatchNorm<Scalar>) { self.layer = layer }

    /// The layer's own forward.
    public func forward(_ x: Tensor<Scalar>) throws -> (output: [Scalar], statistics: Void) {
        (try layer.inference(x.values, shape: x.shape), ())
    }

    /// The layer's own backward, all gradients.
    public func backward(
        _ gradient: Tensor<Scalar>, input x: Tensor<Scalar>, normalizedBy statistics: Void
    ) throws -> Gradients<Scalar> {
        try layer.backward(
            gradient.values, input: x.values, normalizedBy: .running, shape: x.shape)
    }
}

extension GroupNorm: DifferentiableLayer {
    /// The layer's own forward.
    public func forward(
        _ x: Tensor<Scalar>
    ) throws -> (output: [Scalar], statistics: GroupStatistics) {
        try forward(x.values, shape: x.shape)
    }

    /// The layer's own backward, all gradients.
    public func backward(
        _ gradient: Tensor<Scalar>, input x: Tensor<Scalar>,
        normalizedBy statistics: GroupStatistics
    ) throws -> Gradients<Scalar> {
        try backward(
            gradient.values, input: x.values, normalizedBy: statistics, shape: x.shape)
    }
}

/// Layer and RMS norm over the last axis.
extension RowNormalization {
    /// The layer's own forward.
    public func forward(
        _ x: Tensor<Scalar>
    ) throws -> (output: [Scalar], statistics: RowStatistics) {
        try forward(x.values, shape: x.shape)
    }

    /// The layer's own backward, all gradients.
    public func backward(
        _ gradient: Tensor<Scalar>, input x: Tensor<Scalar>, normalizedBy statistics: RowStatistics
    ) throws -> Gradients<Scalar> {
        try backward(
            gradient.values, input: x.values, normalizedBy: statistics, shape: x.shape)
    }
}

extension LayerNorm: DifferentiableLayer {}
extension RMSNorm: DifferentiableLayer {}

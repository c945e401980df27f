public import Normalization
public import _Differentiation

/// Numbers that are differentiated, and a shape that is not. A tensor is its own tangent vector.
///
/// `Span` is not differentiable, hence arrays. The compiler's own tangent vector of a struct with an array in it
/// would wrap that array twice, hence one by hand.
public struct Tensor<Scalar: NormalizationScalar>: Differentiable, AdditiveArithmetic, Sendable {
    /// The numbers, row-major.
    public var values: [Scalar]
    /// The dimensions, slowest first.
    public var shape: [Int]

    /// A tensor is its own tangent vector.
    public typealias TangentVector = Tensor

    /// A tensor of as many numbers as its shape says; a call of a layer checks that.
    public init(_ values: [Scalar], shape: [Int]) {
        (self.values, self.shape) = (values, shape)
    }

    /// Nothing, which stands for zeros of any shape: differentiation asks for a zero before it knows one.
    public static var zero: Tensor { Tensor([], shape: []) }

    /// The sum of two tensors of one shape, either of which may be ``zero``.
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        if a.values.isEmpty { return b }
        if b.values.isEmpty { return a }
        return a.combined(with: b) { $0 + $1 }
    }

    /// The difference of two tensors of one shape, either of which may be ``zero``.
    public static func - (a: Tensor, b: Tensor) -> Tensor {
        if b.values.isEmpty { return a }
        if a.values.isEmpty { return Tensor(b.values.map { -$0 }, shape: b.shape) }
        return a.combined(with: b) { $0 - $1 }
    }

    /// The tensor times a number.
    public func scaled(by factor: Scalar) -> Tensor {
        Tensor(values.map { factor * $0 }, shape: shape)
    }

    private func combined(with other: Tensor, _ operation: (Scalar, Scalar) -> Scalar) -> Tensor {
        precondition(shape == other.shape, "expected shape \(shape), got \(other.shape)")
        return Tensor(zip(values, other.values).map(operation), shape: shape)
    }
}

extension Tensor where Scalar: Differentiable, Scalar.TangentVector == Scalar {
    /// Σ self · weights, a loss whose gradient is `weights`.
    @differentiable(reverse,wrt: self)
    public func dot(_ weights: Tensor) -> Scalar {
        precondition(shape == weights.shape, "expected shape \(shape), got \(weights.shape)")
        return zip(values, weights.values).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// The sum, and the way back from its slope.
    @derivative(of: dot, wrt: self)
    public func dotDerivative(
        _ weights: Tensor
    ) -> (value: Scalar, pullback: (Scalar) -> Tensor) {
        (dot(weights), { weights.scaled(by: $0) })
    }
}

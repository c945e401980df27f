package import Normalization

/// y = x + f(x), f a chain of layers that keeps the shape.
///
/// Where f ends in a normalization whose γ starts at 0, the block starts as the identity.
///
/// - References: K. He et al., "Deep Residual Learning for Image Recognition", 2015,
///   <https://arxiv.org/abs/1512.03385>; P. Goyal et al., "Accurate, Large Minibatch SGD", 2017,
///   section 5.1, for γ at 0, <https://arxiv.org/abs/1706.02677>.
package final class Residual<Scalar: NormalizationScalar>: Layer {
    let layers: [any Layer<Scalar>]

    /// A block around `layers`.
    package init(_ layers: [any Layer<Scalar>]) { self.layers = layers }

    package var parameters: [Parameter<Scalar>] { layers.flatMap { $0.parameters } }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) throws -> Tensor<Scalar> {
        try input + layers.reduce(input) { try $1.forward($0, pass) }
    }

    package func backward(_ gradient: Tensor<Scalar>) throws -> Tensor<Scalar> {
        try gradient + layers.reversed().reduce(gradient) { try $1.backward($0) }
    }
}

extension Tensor {
    fileprivate static func + (a: Tensor, b: Tensor) -> Tensor {
        precondition(a.shape == b.shape, "a residual block keeps the shape")
        return Tensor(shape: a.shape, values: sums(a.values, b.values))
    }
}

@specialized(where Scalar == Float)
private func sums<Scalar: NormalizationScalar>(_ a: [Scalar], _ b: [Scalar]) -> [Scalar] {
    var result = a
    for index in result.indices { result[index] += b[index] }
    return result
}

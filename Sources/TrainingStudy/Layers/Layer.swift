package import Normalization

/// What a forward pass must know beside its input.
package struct Pass: Sendable {
    /// Whether the pass trains: batch statistics and dropout, or running statistics and none.
    package var isTraining: Bool
    /// The number of frames of each sequence of the batch, longest first; empty for other data.
    package var lengths: [Int]

    /// A training pass.
    package static let training = Pass(isTraining: true, lengths: [])
    /// An inference pass.
    package static let inference = Pass(isTraining: false, lengths: [])

    /// A pass over sequences of these lengths, or over anything else with none.
    package init(isTraining: Bool, lengths: [Int]) {
        self.isTraining = isTraining
        self.lengths = lengths
    }
}

/// A differentiable step of a network.
///
/// `forward` keeps what `backward` needs; `backward` takes ∂L/∂output of the last training pass,
/// writes the gradients of the parameters and returns ∂L/∂input.
package protocol Layer<Scalar>: AnyObject {
    /// The element type.
    associatedtype Scalar: NormalizationScalar
    /// What training changes, in a fixed order.
    var parameters: [Parameter<Scalar>] { get }
    /// The output for `input`.
    func forward(_ input: Tensor<Scalar>, _ pass: Pass) throws -> Tensor<Scalar>
    /// ∂L/∂input from ∂L/∂output.
    func backward(_ gradient: Tensor<Scalar>) throws -> Tensor<Scalar>
}

extension Layer {
    /// None, for layers that only transform.
    package var parameters: [Parameter<Scalar>] { [] }
}

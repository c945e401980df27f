package import Normalization

/// What a forward pass must know beside its input.
package struct Pass: Sendable {
    /// Whether the pass trains: batch statistics and dropout, or running statistics and none.
    package var isTraining: Bool
    /// The number of frames of each sequence of the batch, longest first; empty for other data.
    package var lengths: [Int]
    /// The class that each sample is to be of, where a network is told; else empty.
    package var classes: [Int] = []
    /// How much of the training is done, from 0 to 1.
    package var progress = 0.0

    /// A training pass.
    package static let training = Pass(isTraining: true, lengths: [])
    /// An inference pass.
    package static let inference = Pass(isTraining: false, lengths: [])

    /// A pass over sequences of these lengths, or over anything else with none.
    package init(isTraining: Bool, lengths: [Int]) {
        self.isTraining = isTraining
        self.lengths = lengths
    }

    /// A pass of a network that is told the classes.
    package init(isTraining: Bool, classes: [Int]) {
        self.init(isTraining: isTraining, lengths: [])
        self.classes = classes
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
    /// Whether the time of the step counts as time spent in normalization.
    var isNormalization: Bool { get }
    /// The output for `input`.
    func forward(_ input: Tensor<Scalar>, _ pass: Pass) throws -> Tensor<Scalar>
    /// ∂L/∂input from ∂L/∂output.
    func backward(_ gradient: Tensor<Scalar>) throws -> Tensor<Scalar>
}

extension Layer {
    /// None, for layers that only transform.
    package var parameters: [Parameter<Scalar>] { [] }
    /// It does not, for all but the layers under study.
    package var isNormalization: Bool { false }
}

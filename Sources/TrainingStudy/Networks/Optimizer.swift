package import Normalization

/// A rule that moves parameters along their gradients.
package protocol Optimizer {
    /// One step of every parameter along its gradient.
    func step<Scalar: NormalizationScalar>(_ parameters: [Parameter<Scalar>])
}

/// What follows a normalization in the same walk: a residual, an activation, both or nothing.
@safe
struct Epilogue<Scalar: NormalizationScalar> {
    var residual: TensorPointer<Scalar>?
    var activation: Activation
    /// Receives where f′ is 1, a bit an element.
    var mask: UnsafeMutablePointer<UInt8>?

    static var nothing: Epilogue {
        unsafe Epilogue(residual: nil, activation: .identity, mask: nil)
    }
    var isNothing: Bool { unsafe residual == nil && activation == .identity && mask == nil }
}

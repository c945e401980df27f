internal import CKernels

extension FusedEngine {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gate<Scalar: NormalizationScalar>(
        _ gradient: UnsafePointer<Scalar>, _ block: Block, by mask: UnsafePointer<UInt8>,
        _ activation: Activation, into gated: UnsafeMutablePointer<Scalar>
    ) {
        let (at, code) = (block.offset, activation.code)
        unsafe withUnsafePointer(to: ckernels_block(block)) { shape in
            unsafe passes(of: Scalar.self).activation_backward_masked(
                gradient + at, shape, mask, at, code, activation.negativeSlope, gated + at)
        }
    }
}

extension Activation {
    /// The kernels' name for it.
    var code: Int32 {
        let code =
            switch self {
            case .identity: CKERNELS_IDENTITY
            case .relu: CKERNELS_RELU
            case .relu6: CKERNELS_RELU6
            case .leakyReLU: CKERNELS_LEAKY_RELU
            case .silu: CKERNELS_SILU
            case .hardSwish: CKERNELS_HARD_SWISH
            }
        return Int32(code)
    }

    /// Of the leaky ReLU.
    var negativeSlope: Double {
        if case .leakyReLU(let slope) = self { slope } else { 0 }
    }
}

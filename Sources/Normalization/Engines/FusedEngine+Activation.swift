internal import CFusedKernels

extension FusedEngine {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func activate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, adding residual: UnsafePointer<Scalar>?, _ block: Block,
        by map: ForwardMap<Scalar>, _ activation: Activation,
        into y: UnsafeMutablePointer<Scalar>, mask: UnsafeMutablePointer<UInt8>?,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        let (at, code) = (block.offset, activation.code)
        let residual = unsafe residual.map { unsafe $0 + at }
        unsafe withUnsafePointer(to: cfused_block(block)) { shape in
            if Scalar.self == Float.self {
                var table = unsafe forwardTable32(map, block.firstChannel)
                unsafe kernels.f32.normalize_activate(
                    cast(x + at), residual.map { unsafe cast($0) }, shape, &table, code,
                    Float(activation.slope), cast(y + at), block.streams, mask, at)
            } else {
                var table = unsafe forwardTable64(map, block.firstChannel)
                unsafe kernels.f64.normalize_activate(
                    cast(x + at), residual.map { unsafe cast($0) }, shape, &table, code,
                    activation.slope, cast(y + at), block.streams, mask, at)
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, adding residual: UnsafePointer<Scalar>?,
        _ gradient: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        _ activation: Activation, into gated: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        let (at, code) = (block.offset, activation.code)
        let residual = unsafe residual.map { unsafe $0 + at }
        unsafe withUnsafePointer(to: cfused_block(block)) { shape in
            if Scalar.self == Float.self {
                var table = unsafe forwardTable32(map, block.firstChannel)
                unsafe kernels.f32.gate_gradient(
                    cast(x + at), residual.map { unsafe cast($0) }, cast(gradient + at), shape,
                    &table, code, Float(activation.slope), cast(gated + at))
            } else {
                var table = unsafe forwardTable64(map, block.firstChannel)
                unsafe kernels.f64.gate_gradient(
                    cast(x + at), residual.map { unsafe cast($0) }, cast(gradient + at), shape,
                    &table, code, activation.slope, cast(gated + at))
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gate<Scalar: NormalizationScalar>(
        _ gradient: UnsafePointer<Scalar>, _ block: Block, by mask: UnsafePointer<UInt8>,
        _ activation: Activation, into gated: UnsafeMutablePointer<Scalar>
    ) {
        let (at, code) = (block.offset, activation.code)
        unsafe withUnsafePointer(to: cfused_block(block)) { shape in
            if Scalar.self == Float.self {
                unsafe kernels.f32.gate_masked(
                    cast(gradient + at), shape, mask, at, code, Float(activation.slope),
                    cast(gated + at))
            } else {
                unsafe kernels.f64.gate_masked(
                    cast(gradient + at), shape, mask, at, code, activation.slope,
                    cast(gated + at))
            }
        }
    }
}

extension Activation {
    /// The kernels' name for it.
    fileprivate var code: Int32 {
        let code =
            switch self {
            case .identity: CFUSED_IDENTITY
            case .relu: CFUSED_RELU
            case .relu6: CFUSED_RELU6
            case .leakyReLU: CFUSED_LEAKY_RELU
            case .silu: CFUSED_SILU
            case .hardSwish: CFUSED_HARD_SWISH
            }
        return Int32(code)
    }

    fileprivate var slope: Double {
        if case .leakyReLU(let slope) = self { slope } else { 0 }
    }
}

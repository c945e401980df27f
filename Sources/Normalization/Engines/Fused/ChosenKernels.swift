internal import CKernels

/// The kernels of this process, chosen once: the widest, unless the environment names others.
enum ChosenKernels {
    static nonisolated(unsafe) let all = unsafe ckernels_chosen().pointee

    /// The passes for tensors of a format: elements of the table are as `ElementFormat` names them.
    @inline(__always)
    static func passes(of format: ElementFormat) -> ckernels_passes {
        let table = unsafe all.passes
        return switch format {
        case .float: unsafe table.0!.pointee
        case .double: unsafe table.1!.pointee
        case .float16: unsafe table.2!.pointee
        case .bfloat16: unsafe table.3!.pointee
        }
    }

    /// Elements of 16 bits as numbers of the arithmetic, which is `Float`.
    static func widen<Scalar>(
        _ from: TensorPointer<Scalar>, _ count: Int, into target: UnsafeMutablePointer<Scalar>
    ) {
        unsafe passes(of: from.format).widen(from.address, count, target)
    }

    /// Numbers as elements of 16 bits, rounded to nearest, ties to even.
    static func narrow<Scalar>(
        _ from: UnsafePointer<Scalar>, _ count: Int, into target: MutableTensorPointer<Scalar>
    ) {
        unsafe passes(of: target.format).narrow(from, count, target.address)
    }
}

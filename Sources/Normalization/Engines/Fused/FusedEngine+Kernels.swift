internal import CKernels

extension FusedEngine {
    /// The instruction set whose kernels run here.
    static var instructionSet: String { unsafe String(cString: kernels.name) }

    /// Chosen once: the widest, unless the environment names others.
    nonisolated(unsafe) static let kernels = unsafe ckernels_chosen().pointee

    /// The passes for an element type: the table's elements are `CKERNELS_FLOAT`, `CKERNELS_DOUBLE`.
    @inline(__always)
    static func passes<Scalar: NormalizationScalar>(of _: Scalar.Type) -> ckernels_passes {
        unsafe Scalar.self == Float.self ? kernels.passes.0 : kernels.passes.1
    }

    /// The output as the C struct; null where there is none.
    @inline(__always)
    static func withOutput<Scalar>(
        _ output: PendingOutput<Scalar>?, _ body: (UnsafePointer<ckernels_output>?) -> Void
    ) {
        guard let output = unsafe output else { return body(nil) }
        let (block, epilogue) = unsafe (output.block, output.epilogue)
        let at = block.offset
        let (kind, tables) = unsafe kindAndTables(output)
        var description = unsafe ckernels_output(
            kind: Int32(kind), activation: epilogue.activation.code,
            non_temporal: block.bypassesCache ? 1 : 0, block: ckernels_block(block),
            mask: epilogue.mask, first_bit: at,
            negative_slope: epilogue.activation.negativeSlope, x: output.x + at,
            residual: epilogue.residual.map { unsafe UnsafeRawPointer($0 + at) },
            g: output.gradient.map { unsafe UnsafeRawPointer($0 + at) }, y: output.output + at,
            tables: tables)
        unsafe body(&description)
    }

    @inline(__always)
    private static func kindAndTables<Scalar>(
        _ output: PendingOutput<Scalar>
    ) -> (Int, ckernels_tables) {
        let c = unsafe output.block.firstChannel
        var tables = unsafe ckernels_tables()
        let forward = unsafe output.forwardMap
        unsafe tables.center = UnsafeRawPointer(forward.center + c)
        unsafe tables.scale = UnsafeRawPointer(forward.scale + c)
        switch unsafe output.map {
        case .forward:
            unsafe tables.shift = UnsafeRawPointer(forward.shift + c)
            return unsafe (CKERNELS_NORMALIZE, tables)
        case .gate:
            unsafe tables.shift = UnsafeRawPointer(forward.shift + c)
            return unsafe (CKERNELS_ACTIVATION_BACKWARD, tables)
        case .backward(_, let map):
            unsafe tables.deviation_scale = UnsafeRawPointer(map.slope + c)
            unsafe tables.gradient_center = UnsafeRawPointer(map.gradientCenter + c)
            unsafe tables.correction = UnsafeRawPointer(map.residue + c)
            return unsafe (CKERNELS_INPUT_GRADIENT, tables)
        }
    }
}

extension ckernels_block {
    init(_ block: Block) {
        self.init(
            outer: block.outer, channels: block.channels, inner: block.inner,
            outer_stride: block.outerStride, channel_stride: block.channelStride)
    }
}

/// The same pointer, where the element types are known to be one.
@inline(__always)
func cast<From, To>(_ pointer: UnsafePointer<From>) -> UnsafePointer<To> {
    unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: To.self)
}

@inline(__always)
func cast<From, To>(_ pointer: UnsafeMutablePointer<From>) -> UnsafePointer<To> {
    unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: To.self)
}

@inline(__always)
func cast<From, To>(_ pointer: UnsafeMutablePointer<From>) -> UnsafeMutablePointer<To> {
    unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: To.self)
}

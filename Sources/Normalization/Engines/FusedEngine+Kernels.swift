internal import CFusedKernels

extension FusedEngine {
    /// The instruction set whose kernels run here.
    static var instructionSet: String { unsafe String(cString: kernels.name) }

    /// Chosen once: the widest, unless the environment names others.
    nonisolated(unsafe) static let kernels = unsafe cfused_kernels_chosen().pointee
}

extension FusedEngine {
    /// What the kernels are told of an output; `nil` where there is none.
    @inline(__always)
    static func withOutput32<Scalar>(
        _ output: PendingOutput<Scalar>?, _ body: (UnsafePointer<cfused_output_f32>?) -> Void
    ) {
        guard let output = unsafe output else { return body(nil) }
        let (c, at) = unsafe (output.block.firstChannel, output.block.offset)
        var description = unsafe cfused_output_f32()
        unsafe description.form = form(output)
        unsafe description.x = cast(output.x + at)
        unsafe description.y = cast(output.output + at)
        if let residual = unsafe output.epilogue.residual {
            unsafe description.residual = cast(residual + at)
        }
        unsafe description.slope = Float(output.epilogue.activation.slope)
        if let gradient = unsafe output.gradient { unsafe description.g = cast(gradient + at) }
        switch unsafe output.map {
        case .forward(let map, _), .gate(_, let map, _):
            unsafe description.forward = cfused_forward_f32(
                center: cast(map.center + c), scale: cast(map.scale + c),
                shift: cast(map.shift + c))
        case .backward(_, let map):
            unsafe description.backward = cfused_backward_f32(
                center: cast(map.forward.center + c), slope: cast(map.slope + c),
                gradient_center: cast(map.gradientCenter + c), scale: cast(map.forward.scale + c),
                residue: cast(map.residue + c))
        }
        unsafe body(&description)
    }

    @inline(__always)
    static func withOutput64<Scalar>(
        _ output: PendingOutput<Scalar>?, _ body: (UnsafePointer<cfused_output_f64>?) -> Void
    ) {
        guard let output = unsafe output else { return body(nil) }
        let (c, at) = unsafe (output.block.firstChannel, output.block.offset)
        var description = unsafe cfused_output_f64()
        unsafe description.form = form(output)
        unsafe description.x = cast(output.x + at)
        unsafe description.y = cast(output.output + at)
        if let residual = unsafe output.epilogue.residual {
            unsafe description.residual = cast(residual + at)
        }
        unsafe description.slope = output.epilogue.activation.slope
        if let gradient = unsafe output.gradient { unsafe description.g = cast(gradient + at) }
        switch unsafe output.map {
        case .forward(let map, _), .gate(_, let map, _):
            unsafe description.forward = cfused_forward_f64(
                center: cast(map.center + c), scale: cast(map.scale + c),
                shift: cast(map.shift + c))
        case .backward(_, let map):
            unsafe description.backward = cfused_backward_f64(
                center: cast(map.forward.center + c), slope: cast(map.slope + c),
                gradient_center: cast(map.gradientCenter + c), scale: cast(map.forward.scale + c),
                residue: cast(map.residue + c))
        }
        unsafe body(&description)
    }

    /// What of it does not depend on the element type.
    @inline(__always)
    private static func form<Scalar>(_ output: PendingOutput<Scalar>) -> cfused_form {
        let map =
            switch unsafe output.map {
            case .forward: CFUSED_NORMALIZE
            case .gate: CFUSED_GATE
            case .backward: CFUSED_INPUT_GRADIENT
            }
        return unsafe cfused_form(
            map: Int32(map), activation: output.epilogue.activation.code,
            streaming: output.block.bypassesCache ? 1 : 0, block: cfused_block(output.block),
            mask: output.epilogue.mask, first: output.block.offset)
    }
}

extension cfused_block {
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

internal import CFusedKernels

extension FusedEngine {
    /// The instruction set whose kernels run here.
    static var instructionSet: String { unsafe String(cString: kernels.name) }

    nonisolated(unsafe) static let kernels = unsafe cfused_kernels_at(
        cfused_kernels_count() - 1
    ).pointee
}

extension FusedEngine {
    @inline(__always)
    static func forwardTable32<Scalar>(
        _ map: ForwardMap<Scalar>, _ c: Int
    ) -> cfused_forward_f32 {
        unsafe cfused_forward_f32(
            center: cast(map.center + c), scale: cast(map.scale + c), shift: cast(map.shift + c))
    }

    @inline(__always)
    static func forwardTable64<Scalar>(
        _ map: ForwardMap<Scalar>, _ c: Int
    ) -> cfused_forward_f64 {
        unsafe cfused_forward_f64(
            center: cast(map.center + c), scale: cast(map.scale + c), shift: cast(map.shift + c))
    }
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
        unsafe description.x = cast(output.x + at)
        unsafe description.block = cfused_block(output.block)
        unsafe description.y = cast(output.output + at)
        unsafe description.streaming = output.block.streams
        switch unsafe output.map {
        case .forward(let map): unsafe description.forward = forwardTable32(map, c)
        case .backward(let gradient, let map):
            unsafe description.g = cast(gradient + at)
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
        unsafe description.x = cast(output.x + at)
        unsafe description.block = cfused_block(output.block)
        unsafe description.y = cast(output.output + at)
        unsafe description.streaming = output.block.streams
        switch unsafe output.map {
        case .forward(let map): unsafe description.forward = forwardTable64(map, c)
        case .backward(let gradient, let map):
            unsafe description.g = cast(gradient + at)
            unsafe description.backward = cfused_backward_f64(
                center: cast(map.forward.center + c), slope: cast(map.slope + c),
                gradient_center: cast(map.gradientCenter + c), scale: cast(map.forward.scale + c),
                residue: cast(map.residue + c))
        }
        unsafe body(&description)
    }
}

extension cfused_block {
    init(_ block: Block) {
        self.init(
            outer: block.outer, channels: block.channels, inner: block.inner,
            outer_stride: block.outerStride, channel_stride: block.channelStride)
    }
}

extension Block {
    var streams: Int32 { bypassesCache ? 1 : 0 }
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

internal import CKernels

extension FusedEngine {
    /// The instruction set whose kernels run here.
    static var instructionSet: String { unsafe String(cString: ChosenKernels.all.name) }

    /// The output as the C struct; null where there is none.
    @inline(__always)
    static func withOutput<Scalar>(
        _ output: OutputTask<Scalar>?, _ body: (UnsafePointer<ckernels_output>?) -> Void
    ) {
        guard let output else { return body(nil) }
        let (block, epilogue) = (output.block, output.epilogue)
        let at = block.offset
        let (kind, tables) = unsafe kindAndTables(output)
        var description = unsafe ckernels_output(
            kind: Int32(kind), activation: epilogue.activation.code,
            non_temporal: block.isNonTemporal ? 1 : 0, block: ckernels_block(block),
            padding: output.padding, mask: epilogue.mask, first_bit: at,
            negative_slope: epilogue.activation.negativeSlope, x: (output.x + at).address,
            residual: epilogue.residual.map { unsafe ($0 + at).address },
            g: output.gradient.map { unsafe ($0 + at).address },
            y: (output.output + at).address, tables: tables)
        unsafe body(&description)
    }

    /// The kernels' name for an output's kind, and the tables from the block's first lane on.
    @inline(__always)
    private static func kindAndTables<Scalar>(
        _ output: OutputTask<Scalar>
    ) -> (Int, ckernels_tables) {
        func table<Element>(_ table: Table<Element>) -> UnsafeRawPointer {
            unsafe UnsafeRawPointer(table.pointer(at: output.block.firstLane))
        }
        var tables = unsafe ckernels_tables()
        switch output.kind {
        case .normalized(let k, _):
            unsafe (tables.center, tables.scale) = (table(k.center), table(k.scale))
            unsafe tables.shift = table(k.shift)
            return unsafe (CKERNELS_NORMALIZE, tables)
        case .activationBackward(_, let k, _):
            unsafe (tables.center, tables.scale) = (table(k.center), table(k.scale))
            unsafe tables.shift = table(k.shift)
            return unsafe (CKERNELS_ACTIVATION_BACKWARD, tables)
        case .inputGradient(_, let k):
            unsafe setGradientTables(of: k, &tables, table)
            unsafe tables.scale = table(k.normalize.scale)
            return unsafe (CKERNELS_INPUT_GRADIENT, tables)
        case .weightedInputGradient(_, let k):
            unsafe setGradientTables(of: k, &tables, table)
            unsafe tables.scale = table(k.roundedInverseDeviation)
            unsafe tables.weight = table(k.weight)
            return unsafe (CKERNELS_WEIGHTED_INPUT_GRADIENT, tables)
        case .maskedActivationBackward:
            preconditionFailure("has a kernel of its own")
        }
    }

    /// The tables that both forms of ∂x share.
    @inline(__always)
    private static func setGradientTables<Scalar>(
        of k: InputGradientCoefficients<Scalar>, _ tables: inout ckernels_tables,
        _ table: (Table<Scalar>) -> UnsafeRawPointer
    ) {
        unsafe tables.center = table(k.normalize.center)
        unsafe tables.deviation_scale = table(k.deviationScale)
        unsafe tables.gradient_center = table(k.gradientCenter)
        unsafe tables.correction = table(k.correction)
    }
}

extension ckernels_block {
    init(_ block: Block) {
        self.init(
            outer: block.outer, channels: block.lanes, inner: block.inner,
            outer_stride: block.outerStride, channel_stride: block.laneStride)
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
        if case .leakyReLU(let negativeSlope) = self { negativeSlope } else { 0 }
    }
}

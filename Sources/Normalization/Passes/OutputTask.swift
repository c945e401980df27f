/// An output of a block whose coefficients are known: what to compute, from which tensors, into which.
///
/// It is written at once, or while the next block is read for its sums, so that memory is read and
/// written at the same time.
@safe
struct OutputTask<Scalar: NormalizationScalar> {
    @safe
    enum Kind {
        /// y = f(γ · (x − μ) · s + β + residual), and into a mask, which was zero, where f′ is 1.
        case normalized(NormalizeCoefficients<Scalar>, Epilogue<Scalar>)
        /// dz = g · f′(z), from the gradient g, x, and what z was made with.
        case activationBackward(
            UnsafePointer<Scalar>, NormalizeCoefficients<Scalar>, Epilogue<Scalar>)
        /// dz = g · f′, with f′ from the mask that was written with f; x is g.
        case maskedActivationBackward(UnsafePointer<UInt8>, Activation)
        /// ∂x = γ · s · (g − A/m − x̂ · B/m), from the gradient g and x.
        case inputGradient(UnsafePointer<Scalar>, InputGradientCoefficients<Scalar>)
        /// ∂x = s · (γ · g − P/k − x̂ · Q/k), from the gradient g and x.
        case weightedInputGradient(UnsafePointer<Scalar>, InputGradientCoefficients<Scalar>)
    }

    let x: UnsafePointer<Scalar>
    let block: Block
    let kind: Kind
    let output: UnsafeMutablePointer<Scalar>

    init(
        _ kind: Kind, of x: UnsafePointer<Scalar>, _ block: Block,
        into output: UnsafeMutablePointer<Scalar>
    ) {
        unsafe self.x = x
        self.kind = kind
        unsafe self.output = output
        // In place, the lines to write are in cache; dz is read at once.
        let target = unsafe UnsafePointer(output)
        let isElsewhere =
            switch kind {
            case .normalized(_, let epilogue): unsafe target != x && target != epilogue.residual
            case .activationBackward, .maskedActivationBackward: false
            case .inputGradient(let g, _), .weightedInputGradient(let g, _):
                unsafe target != x && target != g
            }
        self.block = block.nonTemporal(ifAllowed: isElsewhere)
    }

    /// The same output narrowed to some of its block's lanes, counted within the block.
    func narrowed(toLanes range: Range<Int>) -> OutputTask {
        unsafe OutputTask(kind, of: x, block.narrowed(toLanes: range), into: output)
    }

    /// The coefficients of x̂, and which lanes are out of range; `nil` where neither matters.
    var coefficients: NormalizeCoefficients<Scalar>? {
        switch kind {
        case .normalized(let coefficients, _), .activationBackward(_, let coefficients, _):
            coefficients
        case .inputGradient(_, let coefficients), .weightedInputGradient(_, let coefficients):
            coefficients.normalize
        case .maskedActivationBackward: nil
        }
    }

    /// What follows y, or z.
    var epilogue: Epilogue<Scalar> {
        switch kind {
        case .normalized(_, let epilogue), .activationBackward(_, _, let epilogue): epilogue
        default: .nothing
        }
    }

    /// ∂y, where it is read beside x.
    var gradient: UnsafePointer<Scalar>? {
        switch kind {
        case .normalized, .maskedActivationBackward: nil
        case .activationBackward(let g, _, _), .inputGradient(let g, _),
            .weightedInputGradient(let g, _):
            unsafe g
        }
    }
}

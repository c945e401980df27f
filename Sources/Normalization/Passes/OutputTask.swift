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
            TensorPointer<Scalar>, NormalizeCoefficients<Scalar>, Epilogue<Scalar>)
        /// dz = g · f′, with f′ from the mask that was written with f; x is g.
        case maskedActivationBackward(UnsafePointer<UInt8>, Activation)
        /// ∂x = γ · s · (g − A/m − x̂ · B/m), from the gradient g and x.
        case inputGradient(TensorPointer<Scalar>, InputGradientCoefficients<Scalar>)
        /// ∂x = s · (γ · g − P/k − x̂ · Q/k), from the gradient g and x.
        case weightedInputGradient(TensorPointer<Scalar>, InputGradientCoefficients<Scalar>)
    }

    let x: TensorPointer<Scalar>
    let block: Block
    let kind: Kind
    let output: MutableTensorPointer<Scalar>
    /// Where the gradient is that behind an activation, which is gone back through first: of tensors of 16
    /// bits dz is nowhere in memory, where it would be rounded.
    let through: ActivationSource<Scalar>?
    /// Zeros that are written behind each plane of the block, at most up to the next one: positions that a
    /// mask leaves out.
    private(set) var padding = 0

    init(
        _ kind: Kind, of x: TensorPointer<Scalar>, _ block: Block,
        into output: MutableTensorPointer<Scalar>, through: ActivationSource<Scalar>? = nil
    ) {
        unsafe self.x = x
        self.kind = kind
        unsafe self.output = output
        self.through = through
        // In place, the lines to write are in cache; dz is read at once.
        let target = unsafe output.reading
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
        unsafe OutputTask(
            kind, of: x, block.narrowed(toLanes: range), into: output, through: through
        ).padded(by: padding)
    }

    /// The same output with so many zeros behind each plane.
    func padded(by padding: Int) -> OutputTask {
        var task = self
        task.padding = padding
        return task
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
    var gradient: TensorPointer<Scalar>? {
        switch kind {
        case .normalized, .maskedActivationBackward: nil
        case .activationBackward(let g, _, _), .inputGradient(let g, _),
            .weightedInputGradient(let g, _):
            unsafe g
        }
    }
}

/// An activation to go back through before the normalization: dz = g · f′(z).
@safe
struct ActivationBackward<Scalar: NormalizationScalar> {
    var activation: Activation
    /// g, the gradient behind the activation.
    var gradient: TensorPointer<Scalar>
    /// What forward wrote; without it f′ is made again from x, the residual and β.
    var mask: UnsafePointer<UInt8>?
    var residual: TensorPointer<Scalar>?
    /// Receives dz, the gradient behind the normalization; it may be where ∂x goes, or g.
    var dz: MutableTensorPointer<Scalar>

    /// dz of one block.
    func task(
        _ x: TensorPointer<Scalar>, _ block: Block, by coefficients: NormalizeCoefficients<Scalar>
    ) -> OutputTask<Scalar> {
        if let mask = unsafe mask {
            return unsafe OutputTask(
                .maskedActivationBackward(mask, activation), of: gradient, block, into: dz)
        }
        let epilogue = unsafe Epilogue(residual: residual, activation: activation, mask: nil)
        return unsafe OutputTask(
            .activationBackward(gradient, coefficients, epilogue), of: x, block, into: dz)
    }
}

/// An activation with what z is made of: for gradients behind it that are not in memory.
@safe
struct ActivationSource<Scalar: NormalizationScalar> {
    let activation: ActivationBackward<Scalar>
    let x: TensorPointer<Scalar>
    let coefficients: NormalizeCoefficients<Scalar>
}

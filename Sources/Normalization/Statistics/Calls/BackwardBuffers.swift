/// The memory of backward's arguments, while it may be used.
@safe
struct BackwardBuffers<Scalar: NormalizationScalar> {
    var gradient: TensorBuffer<Scalar>
    var x: TensorBuffer<Scalar>
    var residual: TensorBuffer<Scalar>? = nil
    var activation = Activation.identity
    var mask: UnsafeBufferPointer<UInt8>? = nil
    var dx: MutableTensorBuffer<Scalar>? = nil
    var residualGradient: MutableTensorBuffer<Scalar>? = nil

    /// Whether there is something to go back through before the normalization.
    private var hasActivation: Bool { activation != .identity || residualGradient != nil }

    /// Calls `body` with the memory of x and the gradient, and a place for ∂x.
    static func with<Element: NormalizationElement, Result>(
        _ gradient: Span<Element>, _ x: Span<Element>, _ dx: inout MutableSpan<Element>,
        _ body: (BackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        try with(gradient, x) { buffers throws(NormalizationError) in
            try unsafe dx.withUnsafeMutableBufferPointer { dx throws(NormalizationError) in
                var buffers = buffers
                unsafe buffers.dx = MutableTensorBuffer(dx)
                return try body(buffers)
            }
        }
    }

    /// The same where the gradient becomes ∂x.
    static func inPlace<Element: NormalizationElement, Result>(
        _ gradient: inout MutableSpan<Element>, _ x: Span<Element>,
        _ body: (BackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        try unsafe gradient.withUnsafeMutableBufferPointer { dx throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                let dx = unsafe MutableTensorBuffer<Scalar>(dx)
                return try unsafe body(
                    BackwardBuffers(gradient: TensorBuffer(dx), x: TensorBuffer(x), dx: dx))
            }
        }
    }

    /// The same without a place for ∂x.
    static func with<Element: NormalizationElement, Result>(
        _ gradient: Span<Element>, _ x: Span<Element>,
        _ body: (BackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        try unsafe gradient.withUnsafeBufferPointer { gradient throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe body(
                    BackwardBuffers(gradient: TensorBuffer(gradient), x: TensorBuffer(x)))
            }
        }
    }

    /// Calls `body` with these buffers, and with what stands between the normalization and its output.
    func through<Element: NormalizationElement, Result>(
        _ activation: Activation, _ residual: Span<Element>?, _ mask: Span<UInt8>?,
        _ residualGradient: UnsafeMutableBufferPointer<Element>?,
        _ body: (BackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        unsafe try withBuffer(of: residual) { residual throws(NormalizationError) in
            unsafe try withBuffer(of: mask) { mask throws(NormalizationError) in
                var buffers = self
                buffers.activation = activation
                unsafe buffers.residual = residual.map { unsafe TensorBuffer($0) }
                unsafe buffers.mask = mask
                unsafe buffers.residualGradient = residualGradient.map {
                    unsafe MutableTensorBuffer($0)
                }
                return try body(buffers)
            }
        }
    }

    /// Throws unless every buffer has its length, and no output shares
    /// memory with an input, but for one that is g to the byte, or x where no activation is made again
    /// from it.
    func check(_ geometry: Geometry) throws(NormalizationError) {
        let (g, x) = (CallBuffer(.gradient, gradient), CallBuffer(.input, x))
        let residual = residual.map { CallBuffer(.residual, $0) }
        let dx = dx.map { CallBuffer(.inputGradient, $0) }
        let dz = residualGradient.map { CallBuffer(.residualGradient, $0) }
        // One by one: an array of them would take as long as the rest of a small call's checks.
        try g.check(count: geometry.count)
        try x.check(count: geometry.count)
        try residual?.check(count: geometry.count)
        try dx?.check(count: geometry.count)
        try dz?.check(count: geometry.count)
        var bits: CallBuffer?
        if let mask = unsafe mask {
            try activation.checkMask(bytes: mask.count, geometry)
            bits = unsafe CallBuffer(.mask, mask)
        }
        func checkOutput(_ output: CallBuffer) throws(NormalizationError) {
            try g.checkOverlap(with: output, allowingSame: true)
            try x.checkOverlap(with: output, allowingSame: !hasActivation)
            try residual?.checkOverlap(with: output, allowingSame: false)
            try bits?.checkOverlap(with: output, allowingSame: false)
        }
        if let dx { try checkOutput(dx) }
        guard let dz else { return }
        try checkOutput(dz)
        try dx?.checkOverlap(with: dz, allowingSame: false)
    }

    /// What is written.
    var outputs: (CallBuffer?, CallBuffer?) {
        (
            dx.map { CallBuffer(.inputGradient, $0) },
            residualGradient.map { CallBuffer(.residualGradient, $0) }
        )
    }

    /// The tensors, unless they are empty.
    func tensors() -> BackwardTensors<Scalar>? {
        guard let x = unsafe x.start, let g = unsafe gradient.start else { return nil }
        let dx = unsafe dx?.start
        var activation: ActivationBackward<Scalar>?
        if hasActivation, let dz = unsafe residualGradient?.start ?? dx {
            activation = unsafe ActivationBackward(
                activation: self.activation, gradient: g, mask: mask?.baseAddress,
                residual: residual?.start, dz: dz)
        }
        return unsafe BackwardTensors(x: x, gradient: g, activation: activation, dx: dx)
    }
}

/// The tensors of backward, once they are checked.
@safe
struct BackwardTensors<Scalar: NormalizationScalar> {
    var x: TensorPointer<Scalar>
    /// g, the gradient of the output.
    var gradient: TensorPointer<Scalar>
    var activation: ActivationBackward<Scalar>?
    var dx: MutableTensorPointer<Scalar>?

    /// g behind the normalization: dz where there is an activation. That of tensors of 16 bits is made
    /// where it is used: in memory it would be rounded.
    var normalizedGradient: TensorPointer<Scalar> {
        guard let activation, unsafe !x.format.isHalf else { return unsafe gradient }
        return unsafe activation.dz.reading
    }

    func reduction(by coefficients: NormalizeCoefficients<Scalar>) -> GradientReduction<Scalar> {
        unsafe GradientReduction(
            x: x, gradient: normalizedGradient, coefficients: coefficients, activation: activation)
    }

    /// ∂x of one block with batch statistics; `nil` where there is no place for it.
    func inputGradient(
        by coefficients: InputGradientCoefficients<Scalar>
    ) -> ((Block) -> OutputTask<Scalar>)? {
        let (x, g) = unsafe (x, normalizedGradient)
        let through = through(coefficients.normalize)
        return unsafe dx.map { dx in
            {
                unsafe OutputTask(
                    .inputGradient(g, coefficients), of: x, $0, into: dx, through: through)
            }
        }
    }

    /// ∂x of one block whose lanes share statistics; `nil` where there is no place for it.
    func weightedInputGradient(
        by coefficients: InputGradientCoefficients<Scalar>
    ) -> ((Block) -> OutputTask<Scalar>)? {
        let (x, g) = unsafe (x, normalizedGradient)
        let through = through(coefficients.normalize)
        return unsafe dx.map { dx in
            {
                unsafe OutputTask(
                    .weightedInputGradient(g, coefficients), of: x, $0, into: dx, through: through)
            }
        }
    }

    /// ∂x of one block with running statistics.
    ///
    /// - Parameter normalize: what an activation is made again with.
    func scaledGradient(
        by scaling: NormalizeCoefficients<Scalar>, _ normalize: NormalizeCoefficients<Scalar>
    ) -> ((Block) -> OutputTask<Scalar>)? {
        let g = unsafe normalizedGradient
        let through = through(normalize)
        return unsafe dx.map { dx in
            {
                unsafe OutputTask(
                    .normalized(scaling, .nothing), of: g, $0, into: dx, through: through)
            }
        }
    }

    /// Writes dz and ∂x of one block, where no sums are wanted.
    func writeOutputs(
        of block: Block, by normalize: NormalizeCoefficients<Scalar>,
        _ output: ((Block) -> OutputTask<Scalar>)?, _ write: (OutputTask<Scalar>) -> Void
    ) {
        let task = output?(block)
        if let activation, task?.through == nil {
            write(unsafe activation.task(x, block, by: normalize))
        }
        if let task { write(task) }
    }

    /// What ∂x goes back through, where dz is not in memory.
    private func through(_ normalize: NormalizeCoefficients<Scalar>) -> ActivationSource<Scalar>? {
        guard let activation, unsafe x.format.isHalf else { return nil }
        return unsafe ActivationSource(activation: activation, x: x, coefficients: normalize)
    }
}

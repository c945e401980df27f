/// The memory of backward's arguments, while it may be used.
@safe
struct BackwardBuffers<Scalar: NormalizationScalar> {
    var gradient: UnsafeBufferPointer<Scalar>
    var x: UnsafeBufferPointer<Scalar>
    var residual: UnsafeBufferPointer<Scalar>? = nil
    var activation = Activation.identity
    var mask: UnsafeBufferPointer<UInt8>? = nil
    var dx: UnsafeMutableBufferPointer<Scalar>? = nil
    var residualGradient: UnsafeMutableBufferPointer<Scalar>? = nil

    /// Whether there is something to go back through before the normalization.
    private var hasActivation: Bool { unsafe activation != .identity || residualGradient != nil }

    /// Calls `body` with the memory of x and the gradient, and a place for ∂x.
    static func with<Result>(
        _ gradient: Span<Scalar>, _ x: Span<Scalar>, _ dx: inout MutableSpan<Scalar>,
        _ body: (BackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        try with(gradient, x) { buffers throws(NormalizationError) in
            try unsafe dx.withUnsafeMutableBufferPointer { dx throws(NormalizationError) in
                var buffers = buffers
                unsafe buffers.dx = dx
                return try body(buffers)
            }
        }
    }

    /// The same where the gradient becomes ∂x.
    static func inPlace<Result>(
        _ gradient: inout MutableSpan<Scalar>, _ x: Span<Scalar>,
        _ body: (BackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        try unsafe gradient.withUnsafeMutableBufferPointer { dx throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe body(
                    BackwardBuffers(gradient: UnsafeBufferPointer(dx), x: x, dx: dx))
            }
        }
    }

    /// The same without a place for ∂x.
    static func with<Result>(
        _ gradient: Span<Scalar>, _ x: Span<Scalar>,
        _ body: (BackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        try unsafe gradient.withUnsafeBufferPointer { gradient throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe body(BackwardBuffers(gradient: gradient, x: x))
            }
        }
    }

    /// Calls `body` with these buffers, and with what stands between the normalization and its output.
    func through<Result>(
        _ activation: Activation, _ residual: Span<Scalar>?, _ mask: Span<UInt8>?,
        _ residualGradient: UnsafeMutableBufferPointer<Scalar>?,
        _ body: (BackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        unsafe try withBuffer(of: residual) { residual throws(NormalizationError) in
            unsafe try withBuffer(of: mask) { mask throws(NormalizationError) in
                var buffers = self
                buffers.activation = activation
                unsafe buffers.residual = residual
                unsafe buffers.mask = mask
                unsafe buffers.residualGradient = residualGradient
                return try body(buffers)
            }
        }
    }

    /// Throws unless every buffer has its length, and no output shares
    /// memory with an input, but for one that is g to the byte, or x where no activation is made again
    /// from it.
    func check(_ geometry: Geometry) throws(NormalizationError) {
        let (g, x) = unsafe (CallBuffer(.gradient, gradient), CallBuffer(.input, x))
        let residual = unsafe residual.map { unsafe CallBuffer(.residual, $0) }
        let dx = unsafe dx.map { unsafe CallBuffer(.inputGradient, $0) }
        let dz = unsafe residualGradient.map { unsafe CallBuffer(.residualGradient, $0) }
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
        unsafe (
            dx.map { unsafe CallBuffer(.inputGradient, $0) },
            residualGradient.map { unsafe CallBuffer(.residualGradient, $0) }
        )
    }

    /// The tensors, unless they are empty.
    func tensors() -> BackwardTensors<Scalar>? {
        guard let x = unsafe x.baseAddress, let g = unsafe gradient.baseAddress else { return nil }
        let dx = unsafe dx?.baseAddress
        var activation: ActivationBackward<Scalar>?
        if hasActivation, let dz = unsafe residualGradient?.baseAddress ?? dx {
            activation = unsafe ActivationBackward(
                activation: self.activation, gradient: g, mask: mask?.baseAddress,
                residual: residual?.baseAddress, dz: dz)
        }
        return unsafe BackwardTensors(x: x, gradient: g, activation: activation, dx: dx)
    }
}

/// The tensors of backward, once they are checked.
@safe
struct BackwardTensors<Scalar: NormalizationScalar> {
    var x: UnsafePointer<Scalar>
    /// g, the gradient of the output.
    var gradient: UnsafePointer<Scalar>
    var activation: ActivationBackward<Scalar>?
    var dx: UnsafeMutablePointer<Scalar>?

    /// g behind the normalization: dz where there is an activation.
    var normalizedGradient: UnsafePointer<Scalar> {
        unsafe activation.map { unsafe UnsafePointer($0.dz) } ?? gradient
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
        return unsafe dx.map { dx in
            { unsafe OutputTask(.inputGradient(g, coefficients), of: x, $0, into: dx) }
        }
    }

    /// ∂x of one block whose lanes share statistics; `nil` where there is no place for it.
    func weightedInputGradient(
        by coefficients: InputGradientCoefficients<Scalar>
    ) -> ((Block) -> OutputTask<Scalar>)? {
        let (x, g) = unsafe (x, normalizedGradient)
        return unsafe dx.map { dx in
            { unsafe OutputTask(.weightedInputGradient(g, coefficients), of: x, $0, into: dx) }
        }
    }

    /// ∂x of one block with running statistics.
    func scaledGradient(
        by scaling: NormalizeCoefficients<Scalar>
    ) -> ((Block) -> OutputTask<Scalar>)? {
        let g = unsafe normalizedGradient
        return unsafe dx.map { dx in
            { unsafe OutputTask(.normalized(scaling, .nothing), of: g, $0, into: dx) }
        }
    }
}

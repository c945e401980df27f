/// The memory of the arguments of a call from x to y, while it may be used.
@safe
struct NormalizeBuffers<Scalar: NormalizationScalar> {
    var x: TensorBuffer<Scalar>
    var residual: TensorBuffer<Scalar>?
    var activation: Activation
    var y: MutableTensorBuffer<Scalar>
    var mask: UnsafeMutableBufferPointer<UInt8>?
    /// What errors call x and y.
    var inputName = NormalizationError.Argument.input
    var outputName = NormalizationError.Argument.output

    /// Calls `body` with the memory of these arguments.
    static func with<Element: NormalizationElement, Result>(
        _ x: Span<Element>, _ residual: Span<Element>?, _ activation: Activation,
        _ y: inout MutableSpan<Element>, _ mask: consuming MutableSpan<UInt8>?,
        _ body: (NormalizeBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: mask) { mask throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe y.withUnsafeMutableBufferPointer { y throws(NormalizationError) in
                    try unsafe with(
                        TensorBuffer(x), residual, activation, MutableTensorBuffer(y), mask, body)
                }
            }
        }
    }

    /// The same where x becomes y.
    static func inPlace<Element: NormalizationElement, Result>(
        _ x: inout MutableSpan<Element>, _ residual: Span<Element>?, _ activation: Activation,
        _ mask: consuming MutableSpan<UInt8>?,
        _ body: (NormalizeBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: mask) { mask throws(NormalizationError) in
            try unsafe x.withUnsafeMutableBufferPointer { x throws(NormalizationError) in
                let x = unsafe MutableTensorBuffer<Scalar>(x)
                return try unsafe with(TensorBuffer(x), residual, activation, x, mask, body)
            }
        }
    }

    private static func with<Element: NormalizationElement, Result>(
        _ x: TensorBuffer<Scalar>, _ residual: Span<Element>?, _ activation: Activation,
        _ y: MutableTensorBuffer<Scalar>, _ mask: UnsafeMutableBufferPointer<UInt8>?,
        _ body: (NormalizeBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        unsafe try withBuffer(of: residual) { residual throws(NormalizationError) in
            try unsafe body(
                NormalizeBuffers(
                    x: x, residual: residual.map { unsafe TensorBuffer($0) },
                    activation: activation, y: y, mask: mask))
        }
    }

    /// Throws unless every buffer has its length, and no output shares
    /// memory with an input, but for y that is x to the byte.
    func check(_ geometry: Geometry) throws(NormalizationError) {
        let (input, output) = (CallBuffer(inputName, x), CallBuffer(outputName, y))
        let added = residual.map { CallBuffer(.residual, $0) }
        // One by one: an array of them would take as long as the rest of a small call's checks.
        try input.check(count: geometry.count)
        try output.check(count: geometry.count)
        try added?.check(count: geometry.count)
        try input.checkOverlap(with: output, allowingSame: true)
        try added?.checkOverlap(with: output, allowingSame: false)
        guard let mask = unsafe mask else { return }
        try activation.checkMask(bytes: mask.count, geometry)
        let bits = unsafe CallBuffer(.mask, mask)
        try input.checkOverlap(with: bits, allowingSame: false)
        try output.checkOverlap(with: bits, allowingSame: false)
        try added?.checkOverlap(with: bits, allowingSame: false)
    }

    /// What is written.
    var outputs: (CallBuffer, CallBuffer?) {
        unsafe (CallBuffer(outputName, y), mask.map { unsafe CallBuffer(.mask, $0) })
    }

    /// The tensors, unless they are empty.
    func tensors() -> NormalizeTensors<Scalar>? {
        guard let x = unsafe x.start, let y = unsafe y.start else { return nil }
        return unsafe NormalizeTensors(
            x: x, y: y,
            epilogue: Epilogue(
                residual: residual?.start, activation: activation, mask: mask?.baseAddress))
    }
}

/// The tensors of a call from x to y, once they are checked.
@safe
struct NormalizeTensors<Scalar: NormalizationScalar> {
    var x: TensorPointer<Scalar>
    var y: MutableTensorPointer<Scalar>
    var epilogue: Epilogue<Scalar>

    /// Makes the mask zero, where there is one: outputs only set bits.
    func clearMask(of geometry: Geometry) {
        unsafe epilogue.mask?.update(repeating: 0, count: geometry.maskByteCount)
    }

    /// y of one block.
    func output(
        _ block: Block, by coefficients: NormalizeCoefficients<Scalar>
    ) -> OutputTask<Scalar> {
        unsafe OutputTask(.normalized(coefficients, epilogue), of: x, block, into: y)
    }
}

extension Activation {
    /// Throws unless a mask of so many bytes serves this activation of this tensor.
    func checkMask(bytes: Int, _ geometry: Geometry) throws(NormalizationError) {
        guard hasMask else { throw .noMask(activation: "\(self)") }
        guard bytes == geometry.maskByteCount else {
            throw .wrongMaskLength(expected: geometry.maskByteCount, actual: bytes)
        }
    }
}

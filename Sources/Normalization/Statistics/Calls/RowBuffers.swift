/// The memory of the arguments of a call from x to y, by rows, while it may be used.
@safe
struct RowBuffers<Scalar: NormalizationScalar> {
    var x: TensorBuffer<Scalar>
    var y: MutableTensorBuffer<Scalar>
    /// Added behind the normalization.
    var residual: TensorBuffer<Scalar>? = nil
    var activation = Activation.identity
    /// Added before it, and where the sum goes.
    var addend: TensorBuffer<Scalar>? = nil
    var sum: MutableTensorBuffer<Scalar>? = nil

    /// Calls `body` with the memory of these arguments.
    static func with<Element: NormalizationElement, Result>(
        _ x: Span<Element>, _ residual: Span<Element>?, _ activation: Activation,
        _ y: inout MutableSpan<Element>,
        _ body: (RowBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe y.withUnsafeMutableBufferPointer { y throws(NormalizationError) in
                unsafe try withBuffer(of: residual) { residual throws(NormalizationError) in
                    try unsafe body(
                        RowBuffers(
                            x: TensorBuffer(x), y: MutableTensorBuffer(y),
                            residual: residual.map { unsafe TensorBuffer($0) },
                            activation: activation))
                }
            }
        }
    }

    /// The same where x becomes y.
    static func inPlace<Element: NormalizationElement, Result>(
        _ x: inout MutableSpan<Element>, _ residual: Span<Element>?, _ activation: Activation,
        _ body: (RowBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        try unsafe x.withUnsafeMutableBufferPointer { x throws(NormalizationError) in
            unsafe try withBuffer(of: residual) { residual throws(NormalizationError) in
                let x = unsafe MutableTensorBuffer<Scalar>(x)
                return try unsafe body(
                    RowBuffers(
                        x: TensorBuffer(x), y: x,
                        residual: residual.map { unsafe TensorBuffer($0) },
                        activation: activation))
            }
        }
    }

    /// The same where what is normalized is a sum, which is kept.
    static func with<Element: NormalizationElement, Result>(
        sumOf x: Span<Element>, and addend: Span<Element>, _ sum: inout MutableSpan<Element>,
        _ y: inout MutableSpan<Element>,
        _ body: (RowBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe addend.withUnsafeBufferPointer { addend throws(NormalizationError) in
                try unsafe sum.withUnsafeMutableBufferPointer { sum throws(NormalizationError) in
                    try unsafe y.withUnsafeMutableBufferPointer { y throws(NormalizationError) in
                        try unsafe body(
                            RowBuffers(
                                x: TensorBuffer(x), y: MutableTensorBuffer(y),
                                addend: TensorBuffer(addend), sum: MutableTensorBuffer(sum)))
                    }
                }
            }
        }
    }

    /// The same where x becomes the sum.
    static func with<Element: NormalizationElement, Result>(
        adding addend: Span<Element>, to x: inout MutableSpan<Element>,
        _ y: inout MutableSpan<Element>,
        _ body: (RowBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        try unsafe x.withUnsafeMutableBufferPointer { x throws(NormalizationError) in
            try unsafe addend.withUnsafeBufferPointer { addend throws(NormalizationError) in
                try unsafe y.withUnsafeMutableBufferPointer { y throws(NormalizationError) in
                    let x = unsafe MutableTensorBuffer<Scalar>(x)
                    return try unsafe body(
                        RowBuffers(
                            x: TensorBuffer(x), y: MutableTensorBuffer(y),
                            addend: TensorBuffer(addend), sum: x))
                }
            }
        }
    }

    /// Throws unless every buffer has its length, and no output shares memory with an input, but for y
    /// or the sum that is x to the byte.
    func check(count: Int) throws(NormalizationError) {
        let (input, output) = (CallBuffer(.input, x), CallBuffer(.output, y))
        let residual = (residual ?? addend).map { CallBuffer(.residual, $0) }
        let sum = sum.map { CallBuffer(.sum, $0) }
        try input.check(count: count)
        try output.check(count: count)
        try residual?.check(count: count)
        try sum?.check(count: count)
        // Where there is a sum, y is another buffer than x.
        try input.checkOverlap(with: output, allowingSame: sum == nil)
        try residual?.checkOverlap(with: output, allowingSame: false)
        guard let sum else { return }
        try input.checkOverlap(with: sum, allowingSame: true)
        try residual?.checkOverlap(with: sum, allowingSame: false)
        try output.checkOverlap(with: sum, allowingSame: false)
    }

    /// The output, unless the tensors are empty.
    func output(nonTemporal: Bool) -> RowOutput<Scalar>? {
        guard let x = unsafe x.start, let y = unsafe y.start else { return nil }
        var output = unsafe RowOutput(of: x, into: y)
        unsafe output.addend = addend?.start
        unsafe output.sum = sum?.start
        unsafe output.epilogue = Epilogue(
            residual: residual?.start, activation: activation, mask: nil)
        // In place, the lines to write are in cache.
        let sum = unsafe sum?.start?.reading
        let isElsewhere = unsafe y.reading != x && sum != x
        output.isNonTemporal = nonTemporal && isElsewhere
        return output
    }
}

/// The memory of the arguments of a call from x to y, by rows, while it may be used.
@safe
struct RowBuffers<Scalar: NormalizationScalar> {
    var x: UnsafeBufferPointer<Scalar>
    var y: UnsafeMutableBufferPointer<Scalar>
    /// Added behind the normalization.
    var residual: UnsafeBufferPointer<Scalar>? = nil
    var activation = Activation.identity
    /// Added before it, and where the sum goes.
    var addend: UnsafeBufferPointer<Scalar>? = nil
    var sum: UnsafeMutableBufferPointer<Scalar>? = nil

    /// Calls `body` with the memory of these arguments.
    static func with<Result>(
        _ x: Span<Scalar>, _ residual: Span<Scalar>?, _ activation: Activation,
        _ y: inout MutableSpan<Scalar>,
        _ body: (RowBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe y.withUnsafeMutableBufferPointer { y throws(NormalizationError) in
                unsafe try withBuffer(of: residual) { residual throws(NormalizationError) in
                    try unsafe body(
                        RowBuffers(x: x, y: y, residual: residual, activation: activation))
                }
            }
        }
    }

    /// The same where x becomes y.
    static func inPlace<Result>(
        _ x: inout MutableSpan<Scalar>, _ residual: Span<Scalar>?, _ activation: Activation,
        _ body: (RowBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        try unsafe x.withUnsafeMutableBufferPointer { x throws(NormalizationError) in
            unsafe try withBuffer(of: residual) { residual throws(NormalizationError) in
                try unsafe body(
                    RowBuffers(
                        x: UnsafeBufferPointer(x), y: x, residual: residual, activation: activation)
                )
            }
        }
    }

    /// The same where what is normalized is a sum, which is kept.
    static func with<Result>(
        sumOf x: Span<Scalar>, and addend: Span<Scalar>, _ sum: inout MutableSpan<Scalar>,
        _ y: inout MutableSpan<Scalar>,
        _ body: (RowBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe addend.withUnsafeBufferPointer { addend throws(NormalizationError) in
                try unsafe sum.withUnsafeMutableBufferPointer { sum throws(NormalizationError) in
                    try unsafe y.withUnsafeMutableBufferPointer { y throws(NormalizationError) in
                        try unsafe body(RowBuffers(x: x, y: y, addend: addend, sum: sum))
                    }
                }
            }
        }
    }

    /// The same where x becomes the sum.
    static func with<Result>(
        adding addend: Span<Scalar>, to x: inout MutableSpan<Scalar>,
        _ y: inout MutableSpan<Scalar>,
        _ body: (RowBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        try unsafe x.withUnsafeMutableBufferPointer { x throws(NormalizationError) in
            try unsafe addend.withUnsafeBufferPointer { addend throws(NormalizationError) in
                try unsafe y.withUnsafeMutableBufferPointer { y throws(NormalizationError) in
                    try unsafe body(
                        RowBuffers(x: UnsafeBufferPointer(x), y: y, addend: addend, sum: x))
                }
            }
        }
    }

    /// Throws unless every buffer has its length, and no output shares memory with an input, but for y
    /// or the sum that is x to the byte.
    func check(count: Int) throws(NormalizationError) {
        let (input, output) = unsafe (CallBuffer(.input, x), CallBuffer(.output, y))
        let residual = unsafe (residual ?? addend).map { unsafe CallBuffer(.residual, $0) }
        let sum = unsafe sum.map { unsafe CallBuffer(.sum, $0) }
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
        guard let x = unsafe x.baseAddress, let y = unsafe y.baseAddress else { return nil }
        var output = unsafe RowOutput(of: x, into: y)
        unsafe output.addend = addend?.baseAddress
        unsafe output.sum = sum?.baseAddress
        unsafe output.epilogue = Epilogue(
            residual: residual?.baseAddress, activation: activation, mask: nil)
        // In place, the lines to write are in cache.
        let sum = unsafe sum?.baseAddress.map { unsafe UnsafePointer($0) }
        let isElsewhere = unsafe UnsafePointer(y) != x && sum != x
        output.isNonTemporal = nonTemporal && isElsewhere
        return output
    }
}

/// The memory of the arguments of backward, by rows, while it may be used.
@safe
struct RowBackwardBuffers<Scalar: NormalizationScalar> {
    var gradient: TensorBuffer<Scalar>
    var x: TensorBuffer<Scalar>
    var residual: TensorBuffer<Scalar>? = nil
    var activation = Activation.identity
    /// The gradient that comes to x by another way.
    var sumGradient: TensorBuffer<Scalar>? = nil
    var dx: MutableTensorBuffer<Scalar>? = nil
    var residualGradient: MutableTensorBuffer<Scalar>? = nil

    /// Whether there is something to go back through before the normalization.
    var hasActivation: Bool { activation != .identity || residualGradient != nil }

    /// Calls `body` with the memory of x and the gradient, and a place for ∂x.
    static func with<Element: NormalizationElement, Result>(
        _ gradient: Span<Element>, _ x: Span<Element>, _ dx: inout MutableSpan<Element>,
        _ body: (RowBackwardBuffers) throws(NormalizationError) -> Result
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
        _ body: (RowBackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        try unsafe gradient.withUnsafeMutableBufferPointer { dx throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                let dx = unsafe MutableTensorBuffer<Scalar>(dx)
                return try unsafe body(
                    RowBackwardBuffers(gradient: TensorBuffer(dx), x: TensorBuffer(x), dx: dx))
            }
        }
    }

    /// The same without a place for ∂x.
    static func with<Element: NormalizationElement, Result>(
        _ gradient: Span<Element>, _ x: Span<Element>,
        _ body: (RowBackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        try unsafe gradient.withUnsafeBufferPointer { gradient throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe body(
                    RowBackwardBuffers(gradient: TensorBuffer(gradient), x: TensorBuffer(x)))
            }
        }
    }

    /// Calls `body` with these buffers, and with what stands beside the normalization.
    func through<Element: NormalizationElement, Result>(
        _ activation: Activation, _ residual: Span<Element>?, _ sumGradient: Span<Element>?,
        _ residualGradient: UnsafeMutableBufferPointer<Element>?,
        _ body: (RowBackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result where Element.Arithmetic == Scalar {
        unsafe try withBuffer(of: residual) { residual throws(NormalizationError) in
            unsafe try withBuffer(of: sumGradient) { sumGradient throws(NormalizationError) in
                var buffers = self
                buffers.activation = activation
                unsafe buffers.residual = residual.map { unsafe TensorBuffer($0) }
                unsafe buffers.sumGradient = sumGradient.map { unsafe TensorBuffer($0) }
                unsafe buffers.residualGradient = residualGradient.map {
                    unsafe MutableTensorBuffer($0)
                }
                return try body(buffers)
            }
        }
    }

    /// Throws unless every buffer has its length, and no output shares memory with an input, but for one
    /// that is g to the byte, ∂x that is the sum's gradient, or x where no activation is made again from it.
    func check(count: Int) throws(NormalizationError) {
        let (g, x) = (CallBuffer(.gradient, gradient), CallBuffer(.input, x))
        let residual = residual.map { CallBuffer(.residual, $0) }
        let other = sumGradient.map { CallBuffer(.sumGradient, $0) }
        let dx = dx.map { CallBuffer(.inputGradient, $0) }
        let dz = residualGradient.map { CallBuffer(.residualGradient, $0) }
        try g.check(count: count)
        try x.check(count: count)
        try residual?.check(count: count)
        try other?.check(count: count)
        try dx?.check(count: count)
        try dz?.check(count: count)
        func checkOutput(_ output: CallBuffer, takesSum: Bool) throws(NormalizationError) {
            try g.checkOverlap(with: output, allowingSame: true)
            try x.checkOverlap(with: output, allowingSame: !hasActivation)
            try residual?.checkOverlap(with: output, allowingSame: false)
            try other?.checkOverlap(with: output, allowingSame: takesSum)
        }
        // Behind an activation ∂x's place may hold dz before the sum's gradient is read.
        if let dx { try checkOutput(dx, takesSum: !hasActivation) }
        guard let dz else { return }
        try checkOutput(dz, takesSum: false)
        try dx?.checkOverlap(with: dz, allowingSame: false)
    }

    /// The gradient's task, unless the tensors are empty, and what is done before it: the way back
    /// through an activation into dz, in its own place or ∂x's.
    func tasks(nonTemporal: Bool) -> (RowGradient<Scalar>, activation: RowOutput<Scalar>?)? {
        guard let x = unsafe x.start, let g = unsafe gradient.start else { return nil }
        let dx = unsafe dx?.start
        var activation: RowOutput<Scalar>?
        var normalized = unsafe g
        if hasActivation, let dz = unsafe residualGradient?.start ?? dx {
            var output = unsafe RowOutput(of: x, into: dz)
            unsafe output.gradient = g
            unsafe output.epilogue = Epilogue(
                residual: residual?.start, activation: self.activation, mask: nil)
            activation = output
            unsafe normalized = dz.reading
        }
        // In place, the lines to write are in cache.
        let other = unsafe sumGradient?.start
        let isElsewhere = unsafe dx.map { dx in
            let target = unsafe dx.reading
            return unsafe target != x && target != normalized && target != other
        }
        let task = unsafe RowGradient(
            x: x, gradient: normalized, addend: other, dx: dx,
            isNonTemporal: nonTemporal && isElsewhere == true)
        return (task, activation)
    }
}

/// The memory of the arguments of backward, by rows, while it may be used.
@safe
struct RowBackwardBuffers<Scalar: NormalizationScalar> {
    var gradient: UnsafeBufferPointer<Scalar>
    var x: UnsafeBufferPointer<Scalar>
    var residual: UnsafeBufferPointer<Scalar>? = nil
    var activation = Activation.identity
    /// The gradient that comes to x by another way.
    var sumGradient: UnsafeBufferPointer<Scalar>? = nil
    var dx: UnsafeMutableBufferPointer<Scalar>? = nil
    var residualGradient: UnsafeMutableBufferPointer<Scalar>? = nil

    /// Whether there is something to go back through before the normalization.
    var hasActivation: Bool { unsafe activation != .identity || residualGradient != nil }

    /// Calls `body` with the memory of x and the gradient, and a place for ∂x.
    static func with<Result>(
        _ gradient: Span<Scalar>, _ x: Span<Scalar>, _ dx: inout MutableSpan<Scalar>,
        _ body: (RowBackwardBuffers) throws(NormalizationError) -> Result
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
        _ body: (RowBackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        try unsafe gradient.withUnsafeMutableBufferPointer { dx throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe body(
                    RowBackwardBuffers(gradient: UnsafeBufferPointer(dx), x: x, dx: dx))
            }
        }
    }

    /// The same without a place for ∂x.
    static func with<Result>(
        _ gradient: Span<Scalar>, _ x: Span<Scalar>,
        _ body: (RowBackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        try unsafe gradient.withUnsafeBufferPointer { gradient throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe body(RowBackwardBuffers(gradient: gradient, x: x))
            }
        }
    }

    /// Calls `body` with these buffers, and with what stands beside the normalization.
    func through<Result>(
        _ activation: Activation, _ residual: Span<Scalar>?, _ sumGradient: Span<Scalar>?,
        _ residualGradient: UnsafeMutableBufferPointer<Scalar>?,
        _ body: (RowBackwardBuffers) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        unsafe try withBuffer(of: residual) { residual throws(NormalizationError) in
            unsafe try withBuffer(of: sumGradient) { sumGradient throws(NormalizationError) in
                var buffers = self
                buffers.activation = activation
                unsafe buffers.residual = residual
                unsafe buffers.sumGradient = sumGradient
                unsafe buffers.residualGradient = residualGradient
                return try body(buffers)
            }
        }
    }

    /// Throws unless every buffer has its length, and no output shares memory with an input, but for one
    /// that is g to the byte, ∂x that is the sum's gradient, or x where no activation is made again from it.
    func check(count: Int) throws(NormalizationError) {
        let (g, x) = unsafe (CallBuffer(.gradient, gradient), CallBuffer(.input, x))
        let residual = unsafe residual.map { unsafe CallBuffer(.residual, $0) }
        let other = unsafe sumGradient.map { unsafe CallBuffer(.sumGradient, $0) }
        let dx = unsafe dx.map { unsafe CallBuffer(.inputGradient, $0) }
        let dz = unsafe residualGradient.map { unsafe CallBuffer(.residualGradient, $0) }
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
        guard let x = unsafe x.baseAddress, let g = unsafe gradient.baseAddress else { return nil }
        let dx = unsafe dx?.baseAddress
        var activation: RowOutput<Scalar>?
        var normalized = unsafe g
        if hasActivation, let dz = unsafe residualGradient?.baseAddress ?? dx {
            var output = unsafe RowOutput(of: x, into: dz)
            unsafe output.gradient = g
            unsafe output.epilogue = Epilogue(
                residual: residual?.baseAddress, activation: self.activation, mask: nil)
            activation = output
            unsafe normalized = UnsafePointer(dz)
        }
        // In place, the lines to write are in cache.
        let other = unsafe sumGradient?.baseAddress
        let isElsewhere = unsafe dx.map { dx in
            let target = unsafe UnsafePointer(dx)
            return unsafe target != x && target != normalized && target != other
        }
        let task = unsafe RowGradient(
            x: x, gradient: normalized, addend: other, dx: dx,
            isNonTemporal: nonTemporal && isElsewhere == true)
        return (task, activation)
    }
}

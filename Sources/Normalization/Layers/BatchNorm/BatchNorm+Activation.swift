extension BatchNorm {
    /// Inference, an optional residual added, and an activation, in one walk over memory.
    ///
    ///     y = f(γ_c · (x − running mean_c) / √(running variance_c + ε) + β_c + residual)
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements.
    ///   - residual: as many, or `nil`.
    ///   - activation: f.
    ///   - y: the output, as many.
    ///   - geometry: how the tensors are read.
    /// - Throws: as plain `inference` on spans.
    public func inference(
        _ x: Span<Scalar>, adding residual: Span<Scalar>? = nil, then activation: Activation,
        into y: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) {
        try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe withOptionalBuffer(residual) { residual throws(NormalizationError) in
                try unsafe y.withUnsafeMutableBufferPointer { y throws(NormalizationError) in
                    try unsafe inference(
                        x, adding: residual, then: activation, into: y, geometry: geometry)
                }
            }
        }
    }

    /// Inference, an optional residual and an activation in place: `x` becomes y.
    ///
    /// - Throws: as plain `inference` on spans; x is as it was then.
    public func inferenceInPlace(
        _ x: inout MutableSpan<Scalar>, adding residual: Span<Scalar>? = nil,
        then activation: Activation, geometry: Geometry
    ) throws(NormalizationError) {
        try unsafe withOptionalBuffer(residual) { residual throws(NormalizationError) in
            try unsafe x.withUnsafeMutableBufferPointer { x throws(NormalizationError) in
                try unsafe inference(
                    UnsafeBufferPointer(x), adding: residual, then: activation, into: x,
                    geometry: geometry)
            }
        }
    }

    /// Inference, an optional residual and an activation, between buffers.
    ///
    /// `x` and `y` may be the same buffer; any other overlap with y is an error.
    ///
    /// - Throws: as plain `inference` on spans,
    ///   and ``NormalizationError/overlap(_:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @unsafe
    public func inference(
        _ x: UnsafeBufferPointer<Scalar>, adding residual: UnsafeBufferPointer<Scalar>?,
        then activation: Activation, into y: UnsafeMutableBufferPointer<Scalar>,
        geometry: Geometry
    ) throws(NormalizationError) {
        guard runningStatistics != nil else {
            _ = try unsafe forward(
                x, adding: residual, then: activation, into: y, geometry: geometry)
            return
        }
        try unsafe checkActivated(x, residual, y, geometry)
        let running = try checkedRunningStatistics()
        guard let source = x.baseAddress, let target = y.baseAddress, geometry.count > 0 else {
            return
        }
        unsafe execution(.inference, geometry).inference(
            source, then: Epilogue(residual: residual?.baseAddress, activation: activation),
            mean: running.mean, variance: running.variance, gamma: gamma, beta: beta,
            epsilon: epsilon, into: target)
    }

    /// Training forward, an optional residual added, and an activation, in one walk from the
    /// statistics to y. The running statistics stay as they are; ``commit(_:)`` takes the batch's in.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements.
    ///   - residual: as many, or `nil`.
    ///   - activation: f.
    ///   - y: the output, as many.
    ///   - geometry: how the tensors are read.
    /// - Returns: count, mean and M2 per channel.
    /// - Throws: as plain `forward` on spans.
    public func forward(
        _ x: Span<Scalar>, adding residual: Span<Scalar>? = nil, then activation: Activation,
        into y: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics {
        try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe withOptionalBuffer(residual) { residual throws(NormalizationError) in
                try unsafe y.withUnsafeMutableBufferPointer { y throws(NormalizationError) in
                    try unsafe forward(
                        x, adding: residual, then: activation, into: y, geometry: geometry)
                }
            }
        }
    }

    /// Training forward with an activation, which also writes where the activation's derivative is 1,
    /// a bit an element. With this mask backward needs neither y nor the residual, and does not make
    /// z again from x.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements.
    ///   - residual: as many, or `nil`.
    ///   - activation: f, with ``Activation/hasMask``.
    ///   - y: the output, as many.
    ///   - mask: receives the bits, ``Geometry/maskByteCount`` bytes; what was in it is lost.
    ///   - geometry: how the tensors are read.
    /// - Returns: count, mean and M2 per channel.
    /// - Throws: as plain `forward` on spans,
    ///   ``NormalizationError/wrongMaskLength(expected:actual:)``,
    ///   ``NormalizationError/noMask(_:)``.
    public func forward(
        _ x: Span<Scalar>, adding residual: Span<Scalar>? = nil, then activation: Activation,
        into y: inout MutableSpan<Scalar>, mask: inout MutableSpan<UInt8>, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics {
        try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe withOptionalBuffer(residual) { residual throws(NormalizationError) in
                try unsafe y.withUnsafeMutableBufferPointer { y throws(NormalizationError) in
                    try unsafe mask.withUnsafeMutableBufferPointer {
                        mask throws(NormalizationError) in
                        try unsafe forward(
                            x, adding: residual, then: activation, into: y, mask: mask,
                            geometry: geometry)
                    }
                }
            }
        }
    }

    /// Training forward, an optional residual and an activation in place: `x` becomes y. Backward
    /// needs x, so keep it or recompute it.
    ///
    /// - Throws: as plain `forward` on spans; x is as it was then.
    public func forwardInPlace(
        _ x: inout MutableSpan<Scalar>, adding residual: Span<Scalar>? = nil,
        then activation: Activation, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics {
        try unsafe withOptionalBuffer(residual) { residual throws(NormalizationError) in
            try unsafe x.withUnsafeMutableBufferPointer { x throws(NormalizationError) in
                try unsafe forward(
                    UnsafeBufferPointer(x), adding: residual, then: activation, into: x,
                    geometry: geometry)
            }
        }
    }

    /// Training forward, an optional residual and an activation, between buffers; with `mask`, also
    /// the bits that `forward` with a mask on spans writes.
    ///
    /// `x` and `y` may be the same buffer; any other overlap with an output is an error.
    ///
    /// - Throws: as the forms with spans, and ``NormalizationError/overlap(_:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @unsafe
    public func forward(
        _ x: UnsafeBufferPointer<Scalar>, adding residual: UnsafeBufferPointer<Scalar>?,
        then activation: Activation, into y: UnsafeMutableBufferPointer<Scalar>,
        mask: UnsafeMutableBufferPointer<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics {
        try unsafe checkActivated(x, residual, y, geometry)
        try checkBatchStatistics(of: geometry)
        if let mask = unsafe mask {
            try checkMask(of: activation, bytes: mask.count, geometry)
            let bits = UnsafeRawBufferPointer(mask)
            try unsafe checkApart((.input, UnsafeRawBufferPointer(x)), (.mask, bits))
            try unsafe checkApart((.output, UnsafeRawBufferPointer(y)), (.mask, bits))
            if let residual = unsafe residual {
                try unsafe checkApart(
                    (.residual, UnsafeRawBufferPointer(residual)), (.mask, bits))
            }
        }
        guard let source = x.baseAddress, let target = y.baseAddress, geometry.count > 0 else {
            return BatchStatistics(emptyWithChannels: channels)
        }
        return unsafe execution(.training, geometry).forward(
            source,
            then: Epilogue(
                residual: residual?.baseAddress, activation: activation, mask: mask?.baseAddress),
            gamma: gamma, beta: beta, epsilon: epsilon, into: target)
    }

    private func checkActivated(
        _ x: UnsafeBufferPointer<Scalar>, _ residual: UnsafeBufferPointer<Scalar>?,
        _ y: UnsafeMutableBufferPointer<Scalar>, _ geometry: Geometry
    ) throws(NormalizationError) {
        try check(geometry, (.input, x.count), (.output, y.count))
        let target = UnsafeBufferPointer(y)
        try unsafe checkOverlap((.input, x), (.output, target))
        if let residual = unsafe residual {
            try check(geometry, (.residual, residual.count))
            try unsafe checkApart(
                (.residual, UnsafeRawBufferPointer(residual)),
                (.output, UnsafeRawBufferPointer(y)))
        }
    }
}

extension BatchNorm {
    /// Throws unless a mask of so many bytes serves this activation of this tensor.
    func checkMask(
        of activation: Activation, bytes: Int, _ geometry: Geometry
    ) throws(NormalizationError) {
        guard activation.hasMask else { throw .noMask(activation) }
        guard bytes == geometry.maskByteCount else {
            throw .wrongMaskLength(expected: geometry.maskByteCount, actual: bytes)
        }
    }
}

/// Throws where two buffers share memory at all.
func checkApart(
    _ first: (NormalizationError.Argument, UnsafeRawBufferPointer),
    _ second: (NormalizationError.Argument, UnsafeRawBufferPointer)
) throws(NormalizationError) {
    let (firstName, a) = unsafe first
    let (secondName, b) = unsafe second
    guard let aStart = a.baseAddress, let bStart = b.baseAddress else { return }
    if unsafe aStart < bStart + b.count && bStart < aStart + a.count {
        throw .overlap(firstName, secondName)
    }
}

func withOptionalBuffer<Element, Result>(
    _ span: Span<Element>?,
    _ body: (UnsafeBufferPointer<Element>?) throws(NormalizationError) -> Result
) throws(NormalizationError) -> Result {
    guard let span else { return try body(nil) }
    return try unsafe span.withUnsafeBufferPointer { buffer throws(NormalizationError) in
        try unsafe body(buffer)
    }
}

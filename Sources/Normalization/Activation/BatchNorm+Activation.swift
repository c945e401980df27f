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
    /// - Throws: as ``inference(_:into:geometry:)-(Span<Scalar>,_,_)``.
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
    /// - Throws: as ``inference(_:into:geometry:)-(Span<Scalar>,_,_)``; x is as it was then.
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
    /// - Throws: as ``inference(_:into:geometry:)-(Span<Scalar>,_,_)``,
    ///   and ``NormalizationError/overlap(_:_:)``.
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
            mean: running.mean,
            variance: running.variance, gamma: gamma, beta: beta, epsilon: epsilon, into: target)
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
    /// - Throws: as ``forward(_:into:geometry:)-(Span<Scalar>,_,_)``.
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

    /// Training forward, an optional residual and an activation, between buffers.
    ///
    /// `x` and `y` may be the same buffer; any other overlap with y is an error.
    ///
    /// - Throws: as ``forward(_:into:geometry:)-(Span<Scalar>,_,_)``,
    ///   and ``NormalizationError/overlap(_:_:)``.
    @unsafe
    public func forward(
        _ x: UnsafeBufferPointer<Scalar>, adding residual: UnsafeBufferPointer<Scalar>?,
        then activation: Activation, into y: UnsafeMutableBufferPointer<Scalar>,
        geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics {
        try unsafe checkActivated(x, residual, y, geometry)
        try checkBatchStatistics(of: geometry)
        guard let source = x.baseAddress, let target = y.baseAddress, geometry.count > 0 else {
            return BatchStatistics(emptyWithChannels: channels)
        }
        return unsafe execution(.training, geometry).forward(
            source, then: Epilogue(residual: residual?.baseAddress, activation: activation),
            gamma: gamma, beta: beta,
            epsilon: epsilon, into: target)
    }

    /// Backward through an activation: ∂x, and those of ∂γ and ∂β that are wanted.
    ///
    /// f′(z) is made again from x while a block is in cache, so that forward need keep no mask.
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y behind the activation, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - activation: f.
    ///   - statistics: those that x̂ was made with.
    ///   - dx: receives ∂x, as many.
    ///   - geometry: how the tensors are read.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    /// - Throws: as
    ///   ``backward(_:input:normalizedBy:into:geometry:wanting:)-(Span<Scalar>,_,_,_,_,_)``.
    public func backward(
        _ gradient: Span<Scalar>, input x: Span<Scalar>, through activation: Activation,
        normalizedBy statistics: NormalizingStatistics, into dx: inout MutableSpan<Scalar>,
        geometry: Geometry, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try check(
            geometry, (.gradient, gradient.count), (.input, x.count), (.inputGradient, dx.count))
        return try unsafe gradient.withUnsafeBufferPointer { g throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe dx.withUnsafeMutableBufferPointer { dx throws(NormalizationError) in
                    try unsafe backward(
                        g, input: x, adding: nil, through: activation, normalizedBy: statistics,
                        gated: dx, into: dx, geometry: geometry, wanting: wanted)
                }
            }
        }
    }

    /// Backward through an activation and the residual added before it: ∂x, ∂residual, and those of
    /// ∂γ and ∂β that are wanted.
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y behind the activation, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - residual: what was added to the normalized value, as many.
    ///   - activation: f.
    ///   - statistics: those that x̂ was made with.
    ///   - dx: receives ∂x, as many.
    ///   - residualGradient: receives ∂residual, as many.
    ///   - geometry: how the tensors are read.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    /// - Throws: as
    ///   ``backward(_:input:normalizedBy:into:geometry:wanting:)-(Span<Scalar>,_,_,_,_,_)``.
    public func backward(
        _ gradient: Span<Scalar>, input x: Span<Scalar>, adding residual: Span<Scalar>,
        through activation: Activation, normalizedBy statistics: NormalizingStatistics,
        into dx: inout MutableSpan<Scalar>, residualGradient: inout MutableSpan<Scalar>,
        geometry: Geometry, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try check(
            geometry, (.gradient, gradient.count), (.input, x.count), (.residual, residual.count),
            (.inputGradient, dx.count), (.residualGradient, residualGradient.count))
        return try unsafe gradient.withUnsafeBufferPointer { g throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe residual.withUnsafeBufferPointer { residual throws(NormalizationError) in
                    try unsafe dx.withUnsafeMutableBufferPointer { dx throws(NormalizationError) in
                        try unsafe residualGradient.withUnsafeMutableBufferPointer {
                            gated throws(NormalizationError) in
                            try unsafe backward(
                                g, input: x, adding: residual, through: activation,
                                normalizedBy: statistics, gated: gated, into: dx,
                                geometry: geometry, wanting: wanted)
                        }
                    }
                }
            }
        }
    }

    private func backward(
        _ gradient: UnsafeBufferPointer<Scalar>, input x: UnsafeBufferPointer<Scalar>,
        adding residual: UnsafeBufferPointer<Scalar>?, through activation: Activation,
        normalizedBy statistics: NormalizingStatistics,
        gated: UnsafeMutableBufferPointer<Scalar>, into dx: UnsafeMutableBufferPointer<Scalar>,
        geometry: Geometry, wanting wanted: GradientSelection
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        let numbers = try normalizingNumbers(statistics, geometry)
        var sums = [GradientSums](repeating: GradientSums(), count: channels)
        if let x = x.baseAddress, let g = gradient.baseAddress, let dx = dx.baseAddress,
            let gated = gated.baseAddress, geometry.count > 0
        {
            sums = unsafe execution(.backward, geometry).backward(
                x, g,
                through: GradientGate(
                    epilogue: Epilogue(residual: residual?.baseAddress, activation: activation),
                    beta: beta, gated: gated), normalizedBy: numbers, gamma: gamma,
                epsilon: epsilon,
                into: dx, needsSums: needsSums(wanted))
        }
        return parameterGradients(from: sums, wanted)
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
            let isShared = unsafe residual.baseAddress == target.baseAddress
            if isShared, geometry.count > 0 { throw .overlap(.residual, .output) }
            try unsafe checkOverlap((.residual, residual), (.output, target))
        }
    }
}

private func withOptionalBuffer<Scalar: NormalizationScalar, Result>(
    _ span: Span<Scalar>?,
    _ body: (UnsafeBufferPointer<Scalar>?) throws(NormalizationError) -> Result
) throws(NormalizationError) -> Result {
    guard let span else { return try body(nil) }
    return try unsafe span.withUnsafeBufferPointer { buffer throws(NormalizationError) in
        try unsafe body(buffer)
    }
}

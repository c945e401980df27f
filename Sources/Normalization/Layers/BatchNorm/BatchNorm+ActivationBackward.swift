extension BatchNorm {
    /// Backward through an activation: ∂x, and those of ∂γ and ∂β that are wanted.
    ///
    /// f′ comes from the mask that forward wrote; without one it is made again from x, while a block is
    /// in cache. With a mask this is the way back through a residual too, where ∂residual is not wanted.
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y behind the activation, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - activation: f.
    ///   - mask: the bits that the forward pass wrote, or `nil`.
    ///   - statistics: those that x̂ was made with.
    ///   - dx: receives ∂x, as many.
    ///   - geometry: how the tensors are read.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    /// - Throws: as plain `backward` on spans,
    ///   ``NormalizationError/wrongMaskLength(expected:actual:)``,
    ///   ``NormalizationError/noMask(_:)``.
    public func backward(
        _ gradient: Span<Scalar>, input x: Span<Scalar>, through activation: Activation,
        mask: Span<UInt8>? = nil, normalizedBy statistics: NormalizingStatistics,
        into dx: inout MutableSpan<Scalar>, geometry: Geometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try unsafe gradient.withUnsafeBufferPointer { g throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe withOptionalBuffer(mask) { mask throws(NormalizationError) in
                    try unsafe dx.withUnsafeMutableBufferPointer { dx throws(NormalizationError) in
                        try unsafe backward(
                            g, input: x, through: activation, mask: mask,
                            normalizedBy: statistics, into: dx, geometry: geometry,
                            wanting: wanted)
                    }
                }
            }
        }
    }

    /// Backward through an activation in place: `gradient` holds ∂L/∂y and becomes ∂x.
    ///
    /// - Throws: as the form with an output; the gradient is as it was then.
    public func backwardInPlace(
        _ gradient: inout MutableSpan<Scalar>, input x: Span<Scalar>,
        through activation: Activation, mask: Span<UInt8>? = nil,
        normalizedBy statistics: NormalizingStatistics, geometry: Geometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe withOptionalBuffer(mask) { mask throws(NormalizationError) in
                try unsafe gradient.withUnsafeMutableBufferPointer {
                    g throws(NormalizationError) in
                    try unsafe backward(
                        UnsafeBufferPointer(g), input: x, through: activation, mask: mask,
                        normalizedBy: statistics, into: g, geometry: geometry, wanting: wanted)
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
    /// - Throws: as plain `backward` on spans.
    public func backward(
        _ gradient: Span<Scalar>, input x: Span<Scalar>, adding residual: Span<Scalar>,
        through activation: Activation, normalizedBy statistics: NormalizingStatistics,
        into dx: inout MutableSpan<Scalar>, residualGradient: inout MutableSpan<Scalar>,
        geometry: Geometry, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try backward(
            gradient, input: x, adding: residual, through: activation, mask: nil,
            normalizedBy: statistics, into: &dx, residualGradient: &residualGradient,
            geometry: geometry, wanting: wanted)
    }

    /// Backward through an activation and the residual added before it, with the mask that forward
    /// wrote instead of the residual.
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y behind the activation, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - activation: f.
    ///   - mask: the bits that the forward pass wrote.
    ///   - statistics: those that x̂ was made with.
    ///   - dx: receives ∂x, as many.
    ///   - residualGradient: receives ∂residual, as many.
    ///   - geometry: how the tensors are read.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    /// - Throws: as the form that takes the residual,
    ///   ``NormalizationError/wrongMaskLength(expected:actual:)``,
    ///   ``NormalizationError/noMask(_:)``.
    public func backward(
        _ gradient: Span<Scalar>, input x: Span<Scalar>, through activation: Activation,
        mask: Span<UInt8>, normalizedBy statistics: NormalizingStatistics,
        into dx: inout MutableSpan<Scalar>, residualGradient: inout MutableSpan<Scalar>,
        geometry: Geometry, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try backward(
            gradient, input: x, adding: nil, through: activation, mask: mask,
            normalizedBy: statistics, into: &dx, residualGradient: &residualGradient,
            geometry: geometry, wanting: wanted)
    }

    private func backward(
        _ gradient: Span<Scalar>, input x: Span<Scalar>, adding residual: Span<Scalar>?,
        through activation: Activation, mask: Span<UInt8>?,
        normalizedBy statistics: NormalizingStatistics, into dx: inout MutableSpan<Scalar>,
        residualGradient: inout MutableSpan<Scalar>, geometry: Geometry,
        wanting wanted: GradientSelection
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try unsafe gradient.withUnsafeBufferPointer { g throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe withOptionalBuffer(residual) { residual throws(NormalizationError) in
                    try unsafe withOptionalBuffer(mask) { mask throws(NormalizationError) in
                        try unsafe dx.withUnsafeMutableBufferPointer {
                            dx throws(NormalizationError) in
                            try unsafe residualGradient.withUnsafeMutableBufferPointer {
                                gated throws(NormalizationError) in
                                try unsafe backward(
                                    g, input: x, adding: residual, through: activation,
                                    mask: mask, normalizedBy: statistics, into: dx,
                                    residualGradient: gated, geometry: geometry,
                                    wanting: wanted)
                            }
                        }
                    }
                }
            }
        }
    }

    /// Backward through an activation, and the residual added before it, between buffers.
    ///
    /// f′ comes from `mask`, or without one from x, and the residual where one was added. `dx` or
    /// `residualGradient` may be the gradient's buffer; any other overlap with one of them is an error.
    ///
    /// - Throws: as the forms with spans, and ``NormalizationError/overlap(_:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @unsafe
    public func backward(
        _ gradient: UnsafeBufferPointer<Scalar>, input x: UnsafeBufferPointer<Scalar>,
        adding residual: UnsafeBufferPointer<Scalar>? = nil, through activation: Activation,
        mask: UnsafeBufferPointer<UInt8>? = nil, normalizedBy statistics: NormalizingStatistics,
        into dx: UnsafeMutableBufferPointer<Scalar>,
        residualGradient: UnsafeMutableBufferPointer<Scalar>? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try check(geometry, (.gradient, gradient.count), (.input, x.count))
        if let residual = unsafe residual { try check(geometry, (.residual, residual.count)) }
        if let mask = unsafe mask { try checkMask(of: activation, bytes: mask.count, geometry) }
        let inputs = unsafe Inputs(gradient: gradient, x: x, residual: residual, mask: mask)
        try check(geometry, (.inputGradient, dx.count))
        try unsafe inputs.checkApart(from: dx, .inputGradient)
        if let residualGradient = unsafe residualGradient {
            try check(geometry, (.residualGradient, residualGradient.count))
            try unsafe inputs.checkApart(from: residualGradient, .residualGradient)
            try unsafe Normalization.checkApart(
                (.inputGradient, UnsafeRawBufferPointer(dx)),
                (.residualGradient, UnsafeRawBufferPointer(residualGradient)))
        }

        let numbers = try normalizingNumbers(statistics, geometry)
        var sums = [GradientSums](repeating: GradientSums(), count: channels)
        if let x = x.baseAddress, let g = gradient.baseAddress, let dx = dx.baseAddress,
            geometry.count > 0
        {
            let gated = unsafe residualGradient?.baseAddress ?? dx
            sums = unsafe execution(.backward, geometry).backward(
                x, g,
                through: GradientGate(
                    activation: activation, mask: mask?.baseAddress,
                    residual: residual?.baseAddress, beta: beta, gated: gated),
                normalizedBy: numbers, gamma: gamma, epsilon: epsilon, into: dx,
                needsSums: needsSums(wanted))
        }
        return parameterGradients(from: sums, wanted)
    }

    /// What backward reads, to be checked against what it writes.
    @unsafe
    private struct Inputs {
        var gradient: UnsafeBufferPointer<Scalar>
        var x: UnsafeBufferPointer<Scalar>
        var residual: UnsafeBufferPointer<Scalar>?
        var mask: UnsafeBufferPointer<UInt8>?

        func checkApart(
            from output: UnsafeMutableBufferPointer<Scalar>, _ name: NormalizationError.Argument
        ) throws(NormalizationError) {
            try unsafe checkOverlap((.gradient, gradient), (name, UnsafeBufferPointer(output)))
            let target = UnsafeRawBufferPointer(output)
            try unsafe Normalization.checkApart((.input, UnsafeRawBufferPointer(x)), (name, target))
            if let residual = unsafe residual {
                try unsafe Normalization.checkApart(
                    (.residual, UnsafeRawBufferPointer(residual)), (name, target))
            }
            if let mask = unsafe mask {
                try unsafe Normalization.checkApart(
                    (.mask, UnsafeRawBufferPointer(mask)), (name, target))
            }
        }
    }
}

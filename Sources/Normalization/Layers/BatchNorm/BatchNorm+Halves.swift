// Forward and backward are each a reduction and a map. These are the halves, for whoever has something to
// do between them: sum over processes or over parts of a batch, or recompute.

extension BatchNorm {
    /// The first half of training forward: the statistics of x, or of a part of a batch. Those of parts
    /// merge to the whole's: ``BatchStatistics/merging(_:)``.
    ///
    /// - Parameters:
    ///   - x: the values, `geometry.count` of them.
    ///   - geometry: how x is read.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/channelMismatch(shape:channelAxis:expected:actual:)``.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func statistics<Element: NormalizationElement>(
        of x: Span<Element>, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics
    where Element.Arithmetic == Scalar {
        try check(geometry, (.input, x.count))
        return try BatchStatistics(
            of: x, geometry: geometry, engine: engine, threadLimit: threadLimit)
    }

    /// The second half of training forward: y normalized with statistics of a batch, of which x may be a
    /// part. With the statistics of x itself it is ``forward(_:adding:then:into:activationMask:geometry:)``,
    /// to the bit.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements.
    ///   - statistics: those of the batch, of C channels and more than one value each.
    ///   - residual: as many elements as x, or `nil`.
    ///   - activation: f.
    ///   - y: the output, as many.
    ///   - activationMask: receives where f′ is 1.
    ///   - geometry: how the tensors are read.
    /// - Throws: ``NormalizationError/mismatchedStatistics(expected:actual:)``, and what forward throws.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func normalize<Element: NormalizationElement>(
        _ x: Span<Element>, with statistics: BatchStatistics, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, activationMask) {
            buffers throws(NormalizationError) in
            try check(geometry)
            try buffers.check(geometry)
            try check(statistics, of: geometry)
            guard geometry.count > 0, let tensors = buffers.tensors() else { return }
            runNormalize(tensors, with: statistics, geometry)
        }
    }

    /// The way back through an activation: dz = g · f′(z), which is also ∂residual, and what
    /// ``gradientSums(_:input:normalizedBy:geometry:)`` takes.
    ///
    /// - Parameters:
    ///   - gradient: g = ∂L/∂y, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - residual: what was added in it, as many, or `nil`.
    ///   - activation: f.
    ///   - activationMask: what forward wrote, or `nil`.
    ///   - statistics: those that x̂ was made with.
    ///   - dz: receives dz, as many.
    ///   - geometry: how the tensors are read.
    /// - Throws: as backward.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func activationBackward<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>, adding residual: Span<Element>? = nil,
        through activation: Activation, activationMask: Span<UInt8>? = nil,
        normalizedBy statistics: NormalizingStatistics, into dz: inout MutableSpan<Element>,
        geometry: Geometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try BackwardBuffers.with(gradient, x, &dz) { buffers throws(NormalizationError) in
            unsafe try buffers.through(activation, residual, activationMask, nil) {
                buffers throws(NormalizationError) in
                var buffers = buffers
                (buffers.residualGradient, buffers.dx) = (buffers.dx, nil)
                try check(geometry)
                try buffers.check(geometry)
                let numbers = try meanAndVariance(statistics, geometry, isWhole: false)
                guard geometry.count > 0, let tensors = buffers.tensors() else { return }
                runActivationBackward(tensors, normalizedBy: numbers, geometry)
            }
        }
    }

    /// The first half of backward: A = Σ g and B = Σ g · x̂ of x, or of a part of a batch.
    ///
    /// - Parameters:
    ///   - gradient: g behind the normalization, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - statistics: those that x̂ was made with, of this tensor or of a larger batch.
    ///   - geometry: how the tensors are read.
    /// - Throws: as backward.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func gradientSums<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>,
        normalizedBy statistics: NormalizingStatistics, geometry: Geometry
    ) throws(NormalizationError) -> GradientSums
    where Element.Arithmetic == Scalar {
        try BackwardBuffers.with(gradient, x) { buffers throws(NormalizationError) in
            try check(geometry)
            try buffers.check(geometry)
            let numbers = try meanAndVariance(
                statistics, geometry, isWhole: false, withoutRenorm: "gradientSums")
            guard geometry.count > 0, let tensors = buffers.tensors() else {
                return GradientSums(emptyWithChannels: channels)
            }
            return runBackward(tensors, normalizedBy: numbers, needsSums: true, geometry)
        }
    }

    /// The second half of backward: ∂x from the sums of the whole batch, of which x may be a part.
    ///
    ///     ∂x = γ · s · (g − A/n − x̂ · B/n)      n the values per channel of the whole batch
    ///
    /// - Parameters:
    ///   - gradient: g behind the normalization, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - statistics: those of the whole batch that x̂ was made with.
    ///   - sums: A and B of the whole batch.
    ///   - dx: receives ∂x, as many elements as x; it may be g, or x.
    ///   - geometry: how the tensors are read.
    /// - Throws: ``NormalizationError/mismatchedCount(expected:actual:)`` unless the sums are of as many
    ///   values as the statistics, and what backward throws.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func inputGradient<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>, normalizedBy statistics: BatchStatistics,
        with sums: GradientSums, into dx: inout MutableSpan<Element>, geometry: Geometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try BackwardBuffers.with(gradient, x, &dx) { buffers throws(NormalizationError) in
            try check(geometry)
            try buffers.check(geometry)
            let numbers = try meanAndVariance(.batch(statistics), geometry, isWhole: false)
            guard sums.channels == channels else {
                throw .mismatchedStatistics(expected: channels, actual: sums.channels)
            }
            guard sums.count == statistics.count else {
                throw .mismatchedCount(expected: statistics.count, actual: sums.count)
            }
            guard geometry.count > 0, let tensors = buffers.tensors() else { return }
            runInputGradient(tensors, normalizedBy: numbers, with: sums, geometry)
        }
    }
}

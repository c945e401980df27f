extension BatchNorm {
    /// Backward: ∂x, ∂residual where there is a place for it, and those of ∂γ and ∂β that are wanted.
    ///
    /// With g = ∂L/∂y, behind an activation dz = g · f′(z) in its place, and per channel A = Σ g and
    /// B = Σ g · x̂:
    ///
    ///     batch statistics:    ∂x = γ · s · (g − A/m − x̂ · B/m)
    ///     running statistics:  ∂x = γ · s · g
    ///     renormalized:        ∂x = γ · r · s · (g − A/m − x̂ · B/m)      ∂γ = r · B + d · A
    ///     per channel:         ∂β = A        ∂γ = B
    ///     shared:              ∂β = Σ_c A    ∂γ = Σ_c B
    ///     residual:            ∂residual = dz
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - residual: what was added in it, as many, or `nil`; not needed where there is a mask.
    ///   - activation: f.
    ///   - activationMask: what forward wrote, or `nil`: f′ is then made again from x, while a block is
    ///     in cache.
    ///   - statistics: those that x̂ was made with.
    ///   - dx: receives ∂x, as many.
    ///   - residualGradient: receives ∂residual, as many, or `nil`.
    ///   - geometry: how the tensors are read.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/mismatchedCount(expected:actual:)`` when the statistics are of another
    ///   number of values, ``NormalizationError/wrongMaskLength(expected:actual:)``,
    ///   ``NormalizationError/noMask(activation:)``, ``NormalizationError/overlap(_:_:)`` where an output
    ///   shares memory with an input (without being g, or without an activation x), and what forward and
    ///   inference throw.
    /// - Complexity: O(n) time; O(C) memory beside the buffers.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backward<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>, adding residual: Span<Element>? = nil,
        through activation: Activation = .identity, activationMask: Span<UInt8>? = nil,
        normalizedBy statistics: NormalizingStatistics, into dx: inout MutableSpan<Element>,
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try BackwardBuffers.with(gradient, x, &dx) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, activationMask, dz) {
                    buffers throws(NormalizationError) in
                    try backward(buffers, statistics, geometry, wanted)
                }
            }
        }
    }

    /// Backward in place: `gradient` holds ∂L/∂y and becomes ∂x.
    ///
    /// - Throws: as the form with an output; the gradient is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backwardInPlace<Element: NormalizationElement>(
        _ gradient: inout MutableSpan<Element>, input x: Span<Element>,
        adding residual: Span<Element>? = nil, through activation: Activation = .identity,
        activationMask: Span<UInt8>? = nil, normalizedBy statistics: NormalizingStatistics,
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try BackwardBuffers.inPlace(&gradient, x) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, activationMask, dz) {
                    buffers throws(NormalizationError) in
                    try backward(buffers, statistics, geometry, wanted)
                }
            }
        }
    }

    /// ∂γ and ∂β alone, where nothing before the layer is trained. Behind an activation `gradient` is
    /// what ``activationBackward(_:input:adding:through:activationMask:normalizedBy:into:geometry:)`` gives.
    ///
    /// - Throws: as the form with an output.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func parameterGradients<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>,
        normalizedBy statistics: NormalizingStatistics, geometry: Geometry,
        wanting wanted: GradientSelection = .parameters
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        try BackwardBuffers.with(gradient, x) { buffers throws(NormalizationError) in
            try backward(buffers, statistics, geometry, wanted)
        }
    }

    /// Backward on arrays: any subset of ∂x, ∂γ, ∂β and ∂residual.
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y, as many elements as `shape` says.
    ///   - x: the input of the forward pass, as many.
    ///   - residual: what was added in it, as many, or `nil`.
    ///   - activation: f.
    ///   - activationMask: what ``forwardWithMask(_:adding:then:shape:channelAxis:)`` returned, or `nil`.
    ///   - statistics: those that x̂ was made with.
    ///   - shape: the dimensions of x and the gradient, slowest first.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    ///   - wanted: which gradients are wanted.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], adding residual: [Scalar]? = nil,
        through activation: Activation = .identity, activationMask: [UInt8]? = nil,
        normalizedBy statistics: NormalizingStatistics, shape: [Int], channelAxis: Int = 1,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.gradient, gradient.count), (.input, x.count))
        return try Gradients(gradient, x, residual, activation, activationMask, wanting: wanted) {
            buffers throws(NormalizationError) in
            try backward(buffers, statistics, geometry, wanted)
        }
    }
}

extension BatchNorm {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward(
        _ buffers: BackwardBuffers<Scalar>, _ statistics: NormalizingStatistics,
        _ geometry: Geometry, _ wanted: GradientSelection
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try check(geometry)
        try buffers.check(geometry)
        let numbers = try meanAndVariance(statistics, geometry)
        let needsSums = needsSums(wanted)
        guard geometry.count > 0, let tensors = buffers.tensors(),
            unsafe needsSums || tensors.dx != nil
        else {
            return parameterGradients(
                from: GradientSums(emptyWithChannels: channels), wanting: wanted)
        }
        let sums = runBackward(tensors, normalizedBy: numbers, needsSums: needsSums, geometry)
        return parameterGradients(from: sums.renormalized(by: numbers.renorm), wanting: wanted)
    }

    /// Whether the sums over channels are wanted for themselves.
    func needsSums(_ wanted: GradientSelection) -> Bool {
        (wanted.contains(.gamma) && gamma != .absent)
            || (wanted.contains(.beta) && beta != .absent)
    }

    /// ∂γ and ∂β from the sums of every channel: nothing where a parameter is absent, Σ_c where it is
    /// shared, the channels' own where it is per channel.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func parameterGradients(
        from sums: GradientSums, wanting wanted: GradientSelection = .parameters
    ) -> ParameterGradients<Scalar> {
        ParameterGradients(
            gamma: wanted.contains(.gamma)
                ? gamma.gradient(fromChannelSums: sums.gradientTimesNormalized) : nil,
            beta: wanted.contains(.beta) ? beta.gradient(fromChannelSums: sums.gradient) : nil)
    }
}

extension GroupNorm {
    /// Backward: ∂x, ∂residual where there is a place for it, and those of ∂γ and ∂β that are wanted.
    ///
    /// With g = ∂L/∂y, behind an activation dz = g · f′(z) in its place, and sums over the k values of a
    /// group of one sample:
    ///
    ///     ∂x = s · (γ_c · g − P/k − x̂ · Q/k)      P = Σ γ · g      Q = Σ γ · g · x̂
    ///     per channel:  ∂β_c = Σ g     ∂γ_c = Σ g · x̂      over all samples
    ///     shared:       the sums of these over all channels
    ///     residual:     ∂residual = dz
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - residual: what was added in it, as many, or `nil`; not needed where there is a mask.
    ///   - activation: f.
    ///   - activationMask: what forward wrote, or `nil`: f′ is then made again from x, while a block is
    ///     in cache.
    ///   - statistics: those that forward returned; `nil` makes them again from x.
    ///   - dx: receives ∂x, as many.
    ///   - residualGradient: receives ∂residual, as many, or `nil`.
    ///   - geometry: how the tensors are read.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    /// - Throws: ``NormalizationError/mismatchedGroupStatistics(expected:actual:)``,
    ///   ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/wrongMaskLength(expected:actual:)``,
    ///   ``NormalizationError/noMask(activation:)``, ``NormalizationError/overlap(_:_:)`` where an output
    ///   shares memory with an input (without being g, or without an activation x), and what forward
    ///   throws.
    /// - Complexity: O(n) time; O(N · C) memory beside the buffers.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backward<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>, adding residual: Span<Element>? = nil,
        through activation: Activation = .identity, activationMask: Span<UInt8>? = nil,
        normalizedBy statistics: GroupStatistics? = nil, into dx: inout MutableSpan<Element>,
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try BackwardBuffers.with(gradient, x, &dx) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, activationMask, dz) {
                    buffers throws(NormalizationError) in
                    try backward(
                        buffers, statistics, .ofLayer(gamma: gamma, beta: beta), geometry, wanted)
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
        activationMask: Span<UInt8>? = nil, normalizedBy statistics: GroupStatistics? = nil,
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try BackwardBuffers.inPlace(&gradient, x) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, activationMask, dz) {
                    buffers throws(NormalizationError) in
                    try backward(
                        buffers, statistics, .ofLayer(gamma: gamma, beta: beta), geometry, wanted)
                }
            }
        }
    }

    /// ∂γ and ∂β alone, where nothing before the layer is trained and no activation follows it.
    ///
    /// - Throws: as the form with an output.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func parameterGradients<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>,
        normalizedBy statistics: GroupStatistics? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .parameters
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        try BackwardBuffers.with(gradient, x) { buffers throws(NormalizationError) in
            try backward(
                buffers, statistics, .ofLayer(gamma: gamma, beta: beta), geometry, wanted)
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
    ///   - statistics: those that forward returned; `nil` makes them again from x.
    ///   - shape: the dimensions of x and the gradient, slowest first, samples before all.
    ///   - channelAxis: the axis of the channels, not 0; -1 is channels-last.
    ///   - wanted: which gradients are wanted.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], adding residual: [Scalar]? = nil,
        through activation: Activation = .identity, activationMask: [UInt8]? = nil,
        normalizedBy statistics: GroupStatistics? = nil, shape: [Int], channelAxis: Int = 1,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.gradient, gradient.count), (.input, x.count))
        return try Gradients(gradient, x, residual, activation, activationMask, wanting: wanted) {
            buffers throws(NormalizationError) in
            try backward(
                buffers, statistics, .ofLayer(gamma: gamma, beta: beta), geometry, wanted)
        }
    }

    /// Backward with γ and β from anywhere.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward(
        _ buffers: BackwardBuffers<Scalar>, _ statistics: GroupStatistics?,
        _ affine: CallAffine<Scalar>, _ geometry: Geometry, _ wanted: GradientSelection
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try check(geometry)
        try buffers.check(geometry)
        let (dx, dz) = buffers.outputs
        try affine.check(geometry, own: (gamma, beta), outputs: dx, dz)
        if let statistics { try check(statistics, of: geometry) }
        guard geometry.count > 0, let tensors = buffers.tensors() else {
            return affine.zeroGradients(channels: channels, wanting: wanted)
        }
        let numbers = unsafe statistics ?? runStatistics(tensors.x, geometry)
        var totals = ParameterSums()
        unsafe runBackward(tensors, normalizedBy: numbers, affine, geometry) { sums, partition in
            unsafe affine.add(sums, of: partition, to: &totals, wanting: wanted)
        }
        return affine.gradients(from: totals, wanting: wanted)
    }
}

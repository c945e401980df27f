extension BatchNorm {
    /// Backward with γ and β per sample: ∂x, ∂residual where there is a place for it, and those of ∂γ and ∂β
    /// that are wanted, N × C numbers each.
    ///
    /// With w = u + γ_nc, sums over the m values of a channel for P and Q, and over those of channel c of
    /// sample n for ∂γ and ∂β:
    ///
    ///     batch statistics:    ∂x = s_c · (w · g − P/m − x̂ · Q/m)      P = Σ w · g      Q = Σ w · g · x̂
    ///     running statistics:  ∂x = s_c · w · g
    ///     ∂β_nc = Σ g      ∂γ_nc = Σ g · x̂
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - gammas: γ of it, N × C numbers.
    ///   - betas: β of it, as many: f′ is made again with it.
    ///   - scaleOffset: u of it.
    ///   - residual: what was added in it, as many as x, or `nil`; not needed where there is a mask.
    ///   - activation: f.
    ///   - activationMask: what forward wrote, or `nil`.
    ///   - statistics: those that x̂ was made with.
    ///   - dx: receives ∂x, as many.
    ///   - residualGradient: receives ∂residual, as many, or `nil`.
    ///   - geometry: how the tensors are read.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    /// - Returns: ∂γ and ∂β, samples before channels.
    /// - Throws: as backward without γ and β, and as forward with them.
    /// - Complexity: O(n) time; O(N · C) memory beside the buffers.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backward<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>, scaledBy gammas: Span<Scalar>,
        shiftedBy betas: Span<Scalar>, scaleOffset: Double = 0,
        adding residual: Span<Element>? = nil, through activation: Activation = .identity,
        activationMask: Span<UInt8>? = nil, normalizedBy statistics: NormalizingStatistics,
        into dx: inout MutableSpan<Element>,
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try BackwardBuffers.with(gradient, x, &dx) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, activationMask, dz) {
                    buffers throws(NormalizationError) in
                    try SampleAffine.with(gammas, betas, scaleOffset) {
                        affine throws(NormalizationError) in
                        try backward(buffers, statistics, affine, geometry, wanted)
                    }
                }
            }
        }
    }

    /// Backward in place with γ and β per sample: `gradient` holds ∂L/∂y and becomes ∂x.
    ///
    /// - Throws: as the form with an output; the gradient is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backwardInPlace<Element: NormalizationElement>(
        _ gradient: inout MutableSpan<Element>, input x: Span<Element>,
        scaledBy gammas: Span<Scalar>, shiftedBy betas: Span<Scalar>, scaleOffset: Double = 0,
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
                    try SampleAffine.with(gammas, betas, scaleOffset) {
                        affine throws(NormalizationError) in
                        try backward(buffers, statistics, affine, geometry, wanted)
                    }
                }
            }
        }
    }

    /// Backward with γ and β per sample, on arrays: any subset of ∂x, ∂γ, ∂β and ∂residual.
    ///
    /// - Returns: the gradients; ∂γ and ∂β are N × C numbers, samples before channels.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], scaledBy gammas: [Scalar],
        shiftedBy betas: [Scalar], scaleOffset: Double = 0, adding residual: [Scalar]? = nil,
        through activation: Activation = .identity, activationMask: [UInt8]? = nil,
        normalizedBy statistics: NormalizingStatistics, shape: [Int], channelAxis: Int = 1,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.gradient, gradient.count), (.input, x.count))
        return try Gradients(gradient, x, residual, activation, activationMask, wanting: wanted) {
            buffers throws(NormalizationError) in
            try SampleAffine.with(gammas.span, betas.span, scaleOffset) {
                affine throws(NormalizationError) in
                try backward(buffers, statistics, affine, geometry, wanted)
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward(
        _ buffers: BackwardBuffers<Scalar>, _ statistics: NormalizingStatistics,
        _ affine: SampleAffine<Scalar>, _ geometry: Geometry, _ wanted: GradientSelection
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try check(geometry)
        try buffers.check(geometry)
        let (dx, dz) = buffers.outputs
        try affine.check(geometry, own: (gamma, beta), outputs: dx, dz)
        let numbers = try meanAndVariance(
            statistics, geometry, withoutRenorm: "backward with γ and β per sample")
        let source = CallAffine.ofSamples(affine)
        guard geometry.count > 0, let tensors = buffers.tensors() else {
            return source.zeroGradients(channels: channels, wanting: wanted)
        }
        return unsafe runBackward(
            tensors, normalizedBy: numbers, affine,
            needsSums: !wanted.isDisjoint(with: .parameters), geometry
        ) { sums, partition in
            unsafe source.gradients(sums, of: partition, wanting: wanted)
        }
    }
}

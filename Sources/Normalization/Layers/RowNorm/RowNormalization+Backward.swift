extension RowNormalization {
    /// Backward: ∂x, ∂residual where there is a place for it, and those of ∂γ and ∂β that are wanted.
    ///
    /// With g = ∂L/∂y, behind an activation dz = g · f′(z) in its place, h = (u + γ_j) · g_j, and the sums
    /// over a row P = Σ h and Q = Σ h · x̂:
    ///
    ///     layer norm:  ∂x = s · (h − P/k − x̂ · Q/k)
    ///     RMS norm:    ∂x = s · (h − x̂ · Q/k)
    ///     per value:   ∂γ_j = Σ_rows g · x̂        ∂β_j = Σ_rows g
    ///     shared:      ∂γ = Σ g · x̂               ∂β = Σ g
    ///     residual:    ∂residual = dz
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many; the sum, where it normalized one.
    ///   - residual: what was added behind the normalization, as many, or `nil`.
    ///   - activation: f.
    ///   - statistics: what forward returned, or `nil`: they are then computed again from x.
    ///   - sumGradient: where x is a sum that went on by itself, its gradient from there, as many: it is
    ///     added to ∂x, which then is the gradient of both that were added.
    ///   - dx: receives ∂x, as many. It may be g; the sum's gradient, or without an activation x.
    ///   - residualGradient: receives ∂residual, as many, or `nil`.
    ///   - geometry: how the tensors are read.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)`` also of the statistics,
    ///   ``NormalizationError/mismatchedRowCount(expected:actual:)`` when they are of another number of
    ///   values, ``NormalizationError/overlap(_:_:)`` where an output shares memory with an input in
    ///   another way, and what forward throws.
    /// - Complexity: O(n) time; O(width) memory for each of at most 32 parts of the rows.
    @specialized(where Self == LayerNorm<Float>, Element == Float)
    @specialized(where Self == LayerNorm<Double>, Element == Double)
    @specialized(where Self == RMSNorm<Float>, Element == Float)
    @specialized(where Self == RMSNorm<Double>, Element == Double)
    public func backward<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>, adding residual: Span<Element>? = nil,
        through activation: Activation = .identity,
        normalizedBy statistics: RowStatistics? = nil, sumGradient: Span<Element>? = nil,
        into dx: inout MutableSpan<Element>,
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: RowGeometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try RowBackwardBuffers.with(gradient, x, &dx) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, sumGradient, dz) {
                    buffers throws(NormalizationError) in
                    try backward(buffers, statistics, geometry, wanted)
                }
            }
        }
    }

    /// Backward in place: `gradient` holds ∂L/∂y and becomes ∂x.
    ///
    /// - Throws: as the form with an output; the gradient is as it was then.
    @specialized(where Self == LayerNorm<Float>, Element == Float)
    @specialized(where Self == LayerNorm<Double>, Element == Double)
    @specialized(where Self == RMSNorm<Float>, Element == Float)
    @specialized(where Self == RMSNorm<Double>, Element == Double)
    public func backwardInPlace<Element: NormalizationElement>(
        _ gradient: inout MutableSpan<Element>, input x: Span<Element>,
        adding residual: Span<Element>? = nil, through activation: Activation = .identity,
        normalizedBy statistics: RowStatistics? = nil, sumGradient: Span<Element>? = nil,
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: RowGeometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try RowBackwardBuffers.inPlace(&gradient, x) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, sumGradient, dz) {
                    buffers throws(NormalizationError) in
                    try backward(buffers, statistics, geometry, wanted)
                }
            }
        }
    }

    /// ∂γ and ∂β alone, where nothing before the layer is trained and no activation follows it.
    ///
    /// - Throws: as the form with an output.
    @specialized(where Self == LayerNorm<Float>, Element == Float)
    @specialized(where Self == LayerNorm<Double>, Element == Double)
    @specialized(where Self == RMSNorm<Float>, Element == Float)
    @specialized(where Self == RMSNorm<Double>, Element == Double)
    public func parameterGradients<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>,
        normalizedBy statistics: RowStatistics? = nil, geometry: RowGeometry,
        wanting wanted: GradientSelection = .parameters
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        try RowBackwardBuffers.with(gradient, x) { buffers throws(NormalizationError) in
            try backward(buffers, statistics, geometry, wanted)
        }
    }

    @specialized(where Self == LayerNorm<Float>)
    @specialized(where Self == LayerNorm<Double>)
    @specialized(where Self == RMSNorm<Float>)
    @specialized(where Self == RMSNorm<Double>)
    private func backward(
        _ buffers: RowBackwardBuffers<Scalar>, _ statistics: RowStatistics?,
        _ geometry: RowGeometry, _ wanted: GradientSelection
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try check(geometry)
        try buffers.check(count: geometry.count)
        if let statistics { try check(statistics, of: geometry) }
        let wantsGamma = wanted.contains(.gamma) && !gamma.isAbsent
        let wantsBeta = wanted.contains(.beta) && !beta.isAbsent
        let wantsSums = wantsGamma || wantsBeta
        var sums: (gamma: [Double], beta: [Double])?
        if geometry.count > 0 && (wantsSums || buffers.dx != nil) {
            sums = runBackward(buffers, statistics, geometry, wantsSums: wantsSums)
        }
        let nothing = { [Double](repeating: 0, count: self.width) }
        return ParameterGradients(
            gamma: wantsGamma ? gamma.gradient(fromChannelSums: sums?.gamma ?? nothing()) : nil,
            beta: wantsBeta ? beta.gradient(fromChannelSums: sums?.beta ?? nothing()) : nil)
    }
}

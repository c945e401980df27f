extension WhiteningNorm {
    /// Backward: ∂x, and those of ∂γ and ∂β that are wanted.
    ///
    /// With g = ∂L/∂y, and sums over the m positions:
    ///
    ///     ∂β_c = Σ g_c      ∂γ_c = (G · Wᵀ)_cc      G = Σ g · (x − μ)ᵀ
    ///     batch statistics:    ∂x = Wᵀ · (γ · g − mean of γ · g) − (1/m) · K · (x − μ)
    ///     running statistics:  ∂x = Wᵀ · γ · g
    ///
    /// K is made of γ · G and the decomposition of Σ, without any 1/(λᵢ − λⱼ): equal eigenvalues are nothing
    /// special. A shared γ or β has the sums over all channels.
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - statistics: those that W was made of.
    ///   - dx: receives ∂x, as many; it may be the gradient's buffer, or x's.
    ///   - geometry: how the tensors are read.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    /// - Throws: ``NormalizationError/mismatchedGroups(expected:actual:)``,
    ///   ``NormalizationError/mismatchedCount(expected:actual:)``,
    ///   ``NormalizationError/noRunningStatistics``, ``NormalizationError/overlap(_:_:)`` where dx shares memory
    ///   with an input without being it, and what forward and ``prepared()`` throw.
    /// - Complexity: O(n · D + C · D²) time; O(C · D) memory beside the buffers.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func backward(
        _ gradient: Span<Scalar>, input x: Span<Scalar>,
        normalizedBy statistics: NormalizingWhitening, into dx: inout MutableSpan<Scalar>,
        geometry: Geometry, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try BackwardBuffers.with(gradient, x, &dx) { buffers throws(NormalizationError) in
            try backward(buffers, statistics, geometry, wanted)
        }
    }

    /// Backward in place: `gradient` holds ∂L/∂y and becomes ∂x.
    ///
    /// - Throws: as the form with an output; the gradient is as it was then.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func backwardInPlace(
        _ gradient: inout MutableSpan<Scalar>, input x: Span<Scalar>,
        normalizedBy statistics: NormalizingWhitening, geometry: Geometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try BackwardBuffers.inPlace(&gradient, x) { buffers throws(NormalizationError) in
            try backward(buffers, statistics, geometry, wanted)
        }
    }

    /// ∂γ and ∂β alone, where nothing before the layer is trained.
    ///
    /// - Throws: as the form with an output.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func parameterGradients(
        _ gradient: Span<Scalar>, input x: Span<Scalar>,
        normalizedBy statistics: NormalizingWhitening, geometry: Geometry,
        wanting wanted: GradientSelection = .parameters
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try BackwardBuffers.with(gradient, x) { buffers throws(NormalizationError) in
            try backward(buffers, statistics, geometry, wanted)
        }
    }

    /// Backward on arrays: any subset of ∂x, ∂γ and ∂β.
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y, as many elements as `shape` says.
    ///   - x: the input of the forward pass, as many.
    ///   - statistics: those that W was made of.
    ///   - shape: the dimensions of x and the gradient, slowest first.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    ///   - wanted: which gradients are wanted.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], normalizedBy statistics: NormalizingWhitening,
        shape: [Int], channelAxis: Int = 1, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.gradient, gradient.count), (.input, x.count))
        // There is no residual to have a gradient.
        let wanted = wanted.subtracting(.residual)
        return try Gradients(gradient, x, nil, .identity, nil, wanting: wanted) {
            buffers throws(NormalizationError) in
            try backward(buffers, statistics, geometry, wanted)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func backward(
        _ buffers: BackwardBuffers<Scalar>, _ statistics: NormalizingWhitening,
        _ geometry: Geometry, _ wanted: GradientSelection
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try check(geometry)
        try buffers.check(geometry)
        var running: RunningWhitening?
        switch statistics {
        case .batch(let batch): try check(batch, of: geometry)
        case .running: running = try checkedRunningStatistics()
        }
        guard geometry.count > 0, let tensors = buffers.tensors() else {
            let zeros = [Double](repeating: 0, count: channels)
            return parameterGradients(gamma: zeros, beta: zeros, wanting: wanted)
        }
        let sums =
            switch statistics {
            case .batch(let batch): try runBackward(tensors, normalizedBy: batch, geometry)
            case .running: try runBackward(tensors, normalizedBy: running, wanted, geometry)
            }
        return parameterGradients(gamma: sums.gamma, beta: sums.beta, wanting: wanted)
    }

    private func parameterGradients(
        gamma gammaSums: [Double], beta betaSums: [Double], wanting wanted: GradientSelection
    ) -> ParameterGradients<Scalar> {
        ParameterGradients(
            gamma: wanted.contains(.gamma) ? gamma.gradient(fromChannelSums: gammaSums) : nil,
            beta: wanted.contains(.beta) ? beta.gradient(fromChannelSums: betaSums) : nil)
    }
}

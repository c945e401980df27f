// Masks over ranks: a rank's count is that of its valid positions, so lengths are uneven parts.

extension BatchNorm {
    /// Collective: training forward with a mask of a batch of which each rank has a part: statistics are of the valid
    /// positions of all ranks. A rank may have none.
    ///
    /// - Parameters: as ``forward(_:into:geometry:mask:maskedOutput:)``, of this rank, and `exchange`, the ranks.
    /// - Throws: as ``forward(_:adding:then:into:activationMask:geometry:over:)`` and forward with a mask.
    /// - Complexity: as these two.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forward<Element: NormalizationElement>(
        _ x: Span<Element>, into y: inout MutableSpan<Element>, geometry: Geometry,
        mask: PositionMask, maskedOutput output: MaskedOutput = .zero,
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, nil, .identity, &y, nil) {
            buffers throws(NormalizationError) in
            try forward(buffers, geometry, mask, output, over: exchange)
        }
    }

    /// Collective: training forward with a mask in place: `x` becomes y.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, geometry: Geometry, mask: PositionMask,
        maskedOutput output: MaskedOutput = .zero, over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, nil, .identity, nil) {
            buffers throws(NormalizationError) in
            try forward(buffers, geometry, mask, output, over: exchange)
        }
    }

    /// Collective: training forward with a mask on arrays. An untouched y is 0.
    ///
    /// - Returns: y, and the statistics of the valid positions of all ranks, which backward needs.
    /// - Throws: as the form with spans.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forward(
        _ x: [Scalar], shape: [Int], channelAxis: Int = 1, mask: PositionMask,
        maskedOutput output: MaskedOutput = .zero, over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> (output: [Scalar], statistics: SynchronizedStatistics) {
        let geometry = try geometry(
            of: shape, channelAxis, maskCall(.maskedForward, output, over: exchange),
            (.input, x.count))
        var result: [Scalar] = zeros(x.count)
        var y = result.mutableSpan
        let statistics = try forward(
            x.span, into: &y, geometry: geometry, mask: mask, maskedOutput: output,
            over: exchange)
        return (result, statistics)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func forward(
        _ buffers: NormalizeBuffers<Scalar>, _ geometry: Geometry, _ mask: PositionMask,
        _ output: MaskedOutput, over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> SynchronizedStatistics {
        guard exchange.size != 1 else {
            return SynchronizedStatistics(
                checked: try forward(buffers, geometry, mask, output),
                localCount: mask.validCount)
        }
        let call = maskCall(.maskedForward, output, over: exchange)
        try call.locally { () throws(NormalizationError) in
            try check(geometry)
            try buffers.check(geometry)
            try mask.check(geometry)
            try checkEpsilon()
        }
        let ranks = try call.agree(count: mask.validCount)
        try ranks.checkStatistics(of: geometry)
        let tensors = geometry.count > 0 ? buffers.tensors() : nil
        guard ranks.total > 0 else {
            if output != .untouched { unsafe buffers.y.start?.clear(geometry.count) }
            return emptyStatistics()
        }
        var own = BatchStatistics(emptyWithChannels: channels)
        if let tensors, mask.validCount > 0 { own = statistics(of: tensors, geometry, mask) }
        let global = try call.merging(own, ranks)
        if let tensors {
            if mask.isFull || output == .normalized {
                runNormalize(tensors, with: global, geometry)
            } else {
                runNormalize(tensors, with: global, geometry, mask, output)
            }
        }
        return SynchronizedStatistics(checked: global, localCount: mask.validCount)
    }

    /// The statistics of this rank's valid positions, of which there are some.
    private func statistics(
        of tensors: NormalizeTensors<Scalar>, _ geometry: Geometry, _ mask: PositionMask
    ) -> BatchStatistics {
        let runner = runner(.training, geometry)
        let moments = unsafe MomentsReduction(x: tensors.x)
        return mask.isFull
            ? runner.statistics(of: moments, count: mask.validCount)
            : runner.statistics(
                of: MaskedReduction(base: moments, mask: mask), count: mask.validCount)
    }

    private func maskCall(
        _ operation: ExchangeHeader.Operation, _ output: MaskedOutput,
        over exchange: any StatisticsExchange, _ statistics: SynchronizedStatistics? = nil
    ) -> ExchangeCall {
        call(operation, over: exchange) { fingerprint in
            fingerprint.add(output == .normalized ? 1 : 0)
            statistics?.add(to: &fingerprint)
        }
    }
}

extension BatchNorm {
    /// Collective: backward of a synchronized forward with a mask: the formulas of
    /// ``backward(_:input:normalizedBy:into:geometry:mask:maskedOutput:wanting:)``, with k and the sums of all ranks.
    ///
    /// - Throws: as ``backward(_:input:adding:through:activationMask:normalizedBy:into:residualGradient:geometry:wanting:over:parameterGradients:)``
    ///   and backward with a mask.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backward<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>,
        normalizedBy statistics: SynchronizedStatistics, into dx: inout MutableSpan<Element>,
        geometry: Geometry, mask: PositionMask, maskedOutput output: MaskedOutput = .zero,
        wanting wanted: GradientSelection = .all, over exchange: any StatisticsExchange,
        parameterGradients scope: ParameterGradientScope = .local
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        try BackwardBuffers.with(gradient, x, &dx) { buffers throws(NormalizationError) in
            try backward(
                buffers, statistics, geometry, (mask, output), wanted, over: exchange, scope)
        }
    }

    /// Collective: backward with a mask in place: `gradient` holds ∂L/∂y and becomes ∂x.
    ///
    /// - Throws: as the form with an output; the gradient is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backwardInPlace<Element: NormalizationElement>(
        _ gradient: inout MutableSpan<Element>, input x: Span<Element>,
        normalizedBy statistics: SynchronizedStatistics, geometry: Geometry, mask: PositionMask,
        maskedOutput output: MaskedOutput = .zero, wanting wanted: GradientSelection = .all,
        over exchange: any StatisticsExchange,
        parameterGradients scope: ParameterGradientScope = .local
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        try BackwardBuffers.inPlace(&gradient, x) { buffers throws(NormalizationError) in
            try backward(
                buffers, statistics, geometry, (mask, output), wanted, over: exchange, scope)
        }
    }

    /// Collective: backward with a mask on arrays: any subset of ∂x, ∂γ and ∂β.
    ///
    /// - Throws: as the form with spans.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], normalizedBy statistics: SynchronizedStatistics,
        shape: [Int], channelAxis: Int = 1, mask: PositionMask,
        maskedOutput output: MaskedOutput = .zero, wanting wanted: GradientSelection = .all,
        over exchange: any StatisticsExchange,
        parameterGradients scope: ParameterGradientScope = .local
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let geometry = try geometry(
            of: shape, channelAxis, maskCall(.maskedBackward, output, over: exchange, statistics),
            (.gradient, gradient.count), (.input, x.count))
        return try Gradients(
            gradient, x, nil, .identity, nil, wanting: wanted.subtracting(.residual)
        ) {
            buffers throws(NormalizationError) in
            try backward(
                buffers, statistics, geometry, (mask, output), wanted, over: exchange, scope)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func backward(
        _ buffers: BackwardBuffers<Scalar>, _ statistics: SynchronizedStatistics,
        _ geometry: Geometry, _ masked: (mask: PositionMask, output: MaskedOutput),
        _ wanted: GradientSelection, over exchange: any StatisticsExchange,
        _ scope: ParameterGradientScope
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        guard exchange.size != 1 else {
            return try backward(buffers, statistics.normalizing, geometry, masked, wanted)
        }
        let (mask, output) = masked
        let call = maskCall(.maskedBackward, output, over: exchange, statistics)
        let numbers = try call.locally { () throws(NormalizationError) in
            try check(geometry)
            try buffers.check(geometry)
            try mask.check(geometry)
            return try meanAndVariance(
                statistics, localCount: mask.validCount, geometry,
                withoutRenorm: "backward with a mask")
        }
        let ranks = try call.agree(count: mask.validCount)
        try ranks.check(statistics.global)
        let tensors = geometry.count > 0 ? buffers.tensors() : nil
        var own = GradientSums(emptyWithChannels: channels)
        if let tensors, ranks.total > 0, mask.validCount > 0 || output == .normalized {
            own = sums(of: tensors, numbers, geometry, mask, output)
        }
        let all = try call.merging(own, ranks)
        if let tensors, let dx = unsafe tensors.dx {
            if ranks.total == 0 {
                unsafe dx.clear(geometry.count)
            } else {
                runInputGradient(
                    tensors, normalizedBy: numbers, with: all, geometry, mask, output)
            }
        }
        return parameterGradients(from: scope == .local ? own : all, wanting: wanted)
    }

    /// A and B of this rank, of the valid positions or of all.
    private func sums(
        of tensors: BackwardTensors<Scalar>, _ statistics: MeanAndVariance, _ geometry: Geometry,
        _ mask: PositionMask, _ output: MaskedOutput
    ) -> GradientSums {
        var tensors = tensors
        unsafe tensors.dx = nil
        return mask.isFull
            ? runBackward(tensors, normalizedBy: statistics, needsSums: true, geometry)
            : runBackward(tensors, normalizedBy: statistics, geometry, mask, output)
    }
}

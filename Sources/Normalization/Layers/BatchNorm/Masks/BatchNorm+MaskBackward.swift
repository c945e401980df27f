extension BatchNorm {
    /// Backward with a mask: ∂x, and those of ∂γ and ∂β that are wanted. With k valid positions and v = 1 where one is
    /// valid, else 0:
    ///
    ///     zero, untouched:  ∂x = v · γ · s · (g − A/k − x̂ · B/k)           A = Σ v · g      B = Σ v · g · x̂
    ///     normalized:       ∂x = γ · s · (g − v · A/k − v · x̂ · B/k)       A = Σ g          B = Σ g · x̂
    ///
    /// With running statistics the terms of A and B are not there. ``MaskedOutput/zero`` and ``MaskedOutput/untouched``
    /// read nothing at a position that is not valid. A mask without valid positions makes the gradients 0, but with
    /// running statistics and ``MaskedOutput/normalized``, where it says nothing.
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - statistics: those that x̂ was made with: of the valid positions, or the running ones.
    ///   - dx: receives ∂x, as many.
    ///   - geometry: how the tensors are read.
    ///   - mask: what forward took.
    ///   - output: what forward took.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    /// - Throws: ``NormalizationError/mismatchedCount(expected:actual:)`` unless batch statistics are of as many values as
    ///   there are valid positions, ``NormalizationError/renormalizedStatistics(call:)``, and what backward and forward
    ///   with a mask throw.
    /// - Complexity: as forward with a mask.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backward<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>,
        normalizedBy statistics: NormalizingStatistics, into dx: inout MutableSpan<Element>,
        geometry: Geometry, mask: PositionMask, maskedOutput output: MaskedOutput = .zero,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        try BackwardBuffers.with(gradient, x, &dx) { buffers throws(NormalizationError) in
            try backward(buffers, statistics, geometry, (mask, output), wanted)
        }
    }

    /// Backward with a mask in place: `gradient` holds ∂L/∂y and becomes ∂x.
    ///
    /// - Throws: as the form with an output; the gradient is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backwardInPlace<Element: NormalizationElement>(
        _ gradient: inout MutableSpan<Element>, input x: Span<Element>,
        normalizedBy statistics: NormalizingStatistics, geometry: Geometry, mask: PositionMask,
        maskedOutput output: MaskedOutput = .zero, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        try BackwardBuffers.inPlace(&gradient, x) { buffers throws(NormalizationError) in
            try backward(buffers, statistics, geometry, (mask, output), wanted)
        }
    }

    /// Backward with a mask on arrays: any subset of ∂x, ∂γ and ∂β.
    ///
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], normalizedBy statistics: NormalizingStatistics,
        shape: [Int], channelAxis: Int = 1, mask: PositionMask,
        maskedOutput output: MaskedOutput = .zero, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.gradient, gradient.count), (.input, x.count))
        return try Gradients(
            gradient, x, nil, .identity, nil, wanting: wanted.subtracting(.residual)
        ) {
            buffers throws(NormalizationError) in
            try backward(buffers, statistics, geometry, (mask, output), wanted)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward(
        _ buffers: BackwardBuffers<Scalar>, _ statistics: NormalizingStatistics,
        _ geometry: Geometry, _ masked: (mask: PositionMask, output: MaskedOutput),
        _ wanted: GradientSelection
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try check(geometry)
        try buffers.check(geometry)
        try masked.mask.check(geometry)
        let numbers = try meanAndVariance(statistics, geometry, masked.mask)
        let needsSums = needsSums(wanted)
        guard geometry.count > 0, let tensors = buffers.tensors(),
            unsafe needsSums || tensors.dx != nil
        else {
            return parameterGradients(
                from: GradientSums(emptyWithChannels: channels), wanting: wanted)
        }
        let sums: GradientSums
        if masked.mask.isFull || (masked.output == .normalized && !numbers.areOfTheBatch) {
            sums = runBackward(tensors, normalizedBy: numbers, needsSums: needsSums, geometry)
        } else if masked.mask.validCount == 0 {
            unsafe tensors.dx?.clear(geometry.count)
            sums = GradientSums(emptyWithChannels: channels)
        } else {
            sums = runBackward(tensors, normalizedBy: numbers, geometry, masked.mask, masked.output)
        }
        return parameterGradients(from: sums, wanting: wanted)
    }

    /// The mean and variance that `statistics` stands for, checked against layer and mask.
    private func meanAndVariance(
        _ statistics: NormalizingStatistics, _ geometry: Geometry, _ mask: PositionMask
    ) throws(NormalizationError) -> MeanAndVariance {
        guard case .batch(let batch) = statistics else {
            return try meanAndVariance(
                statistics, geometry, withoutRenorm: "backward with a mask")
        }
        try checkBatchStatistics(of: geometry, mask)
        guard batch.channels == channels else {
            throw .mismatchedStatistics(expected: channels, actual: batch.channels)
        }
        guard batch.count == mask.validCount else {
            throw .mismatchedCount(expected: mask.validCount, actual: batch.count)
        }
        return MeanAndVariance(
            mean: batch.mean, variance: batch.variance(), areOfTheBatch: true)
    }
}

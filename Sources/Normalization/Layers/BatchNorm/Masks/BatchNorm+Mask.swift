// Masks: statistics over the valid positions of a batch.

/// What becomes of the positions that a mask says are not valid.
public enum MaskedOutput: String, Sendable, CaseIterable {
    /// y = 0, and ∂x = 0: the padding is nobody's.
    case zero
    /// y = γ · x̂ + β as everywhere, with the statistics of the valid ones: Keras and Flax. The gradient of y counts
    /// there, too.
    case normalized
    /// y is not written, so that in place padding stays what it is; gradients are as with ``zero``.
    case untouched
}

extension BatchNorm {
    /// Training forward with a mask: y normalized with the statistics of the valid positions, which are returned with
    /// their number as count; ``commit(_:)-(BatchStatistics)`` takes them in. But for y at the place itself with
    /// ``MaskedOutput/normalized``, no number depends on a value at a position that is not valid, be it a NaN.
    ///
    /// With all positions valid it is ``forward(_:adding:then:into:activationMask:geometry:)``, to the bit. With none it
    /// is an empty batch: y is 0, or untouched, and the statistics have count 0, which changes nothing when committed.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, outer × channels × inner.
    ///   - y: the output, as many.
    ///   - geometry: how the tensors are read.
    ///   - mask: which positions are valid, outer · inner of them.
    ///   - output: what becomes of the others.
    /// - Returns: count, mean and M2 per channel.
    /// - Throws: ``NormalizationError/tooFewValuesPerChannel(shape:)`` for a single valid position,
    ///   ``NormalizationError/wrongLength(_:expected:actual:)`` where the mask is of another number of positions, and
    ///   what forward throws.
    /// - Complexity: O(n + C · runs of valid positions) time; O(C) memory beside the buffers.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forward<Element: NormalizationElement>(
        _ x: Span<Element>, into y: inout MutableSpan<Element>, geometry: Geometry,
        mask: PositionMask, maskedOutput output: MaskedOutput = .zero
    ) throws(NormalizationError) -> BatchStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, nil, .identity, &y, nil) {
            buffers throws(NormalizationError) in
            try forward(buffers, geometry, mask, output)
        }
    }

    /// Training forward with a mask in place: `x` becomes y.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, geometry: Geometry, mask: PositionMask,
        maskedOutput output: MaskedOutput = .zero
    ) throws(NormalizationError) -> BatchStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, nil, .identity, nil) {
            buffers throws(NormalizationError) in
            try forward(buffers, geometry, mask, output)
        }
    }

    /// Training forward with a mask on arrays. An untouched y is 0.
    ///
    /// - Returns: y, and the statistics of the valid positions, which backward needs.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forward(
        _ x: [Scalar], shape: [Int], channelAxis: Int = 1, mask: PositionMask,
        maskedOutput output: MaskedOutput = .zero
    ) throws(NormalizationError) -> (output: [Scalar], statistics: BatchStatistics) {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var result: [Scalar] = zeros(x.count)
        var y = result.mutableSpan
        let statistics = try forward(
            x.span, into: &y, geometry: geometry, mask: mask, maskedOutput: output)
        return (result, statistics)
    }

    /// Inference with a mask: the running statistics know nothing of it, and it says what becomes of the positions that
    /// are not valid. With ``MaskedOutput/normalized`` it is inference. A layer without running statistics normalizes
    /// with those of the valid positions.
    ///
    /// - Throws: as inference, and ``NormalizationError/wrongLength(_:expected:actual:)`` where the mask is of another
    ///   number of positions.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func inference<Element: NormalizationElement>(
        _ x: Span<Element>, into y: inout MutableSpan<Element>, geometry: Geometry,
        mask: PositionMask, maskedOutput output: MaskedOutput = .zero
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, nil, .identity, &y, nil) {
            buffers throws(NormalizationError) in
            try inference(buffers, geometry, mask, output)
        }
    }

    /// Inference with a mask in place: `x` becomes y.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func inferenceInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, geometry: Geometry, mask: PositionMask,
        maskedOutput output: MaskedOutput = .zero
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, nil, .identity, nil) {
            buffers throws(NormalizationError) in
            try inference(buffers, geometry, mask, output)
        }
    }

    /// Inference with a mask on arrays. An untouched y is 0.
    ///
    /// - Returns: y.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func inference(
        _ x: [Scalar], shape: [Int], channelAxis: Int = 1, mask: PositionMask,
        maskedOutput output: MaskedOutput = .zero
    ) throws(NormalizationError) -> [Scalar] {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var result: [Scalar] = zeros(x.count)
        var y = result.mutableSpan
        try inference(x.span, into: &y, geometry: geometry, mask: mask, maskedOutput: output)
        return result
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward(
        _ buffers: NormalizeBuffers<Scalar>, _ geometry: Geometry, _ mask: PositionMask,
        _ output: MaskedOutput
    ) throws(NormalizationError) -> BatchStatistics {
        try check(geometry)
        try buffers.check(geometry)
        try checkBatchStatistics(of: geometry, mask)
        guard let tensors = buffers.tensors(), mask.validCount > 0 else {
            if output != .untouched { unsafe buffers.y.start?.clear(geometry.count) }
            return BatchStatistics(emptyWithChannels: channels)
        }
        return mask.isFull
            ? runForward(tensors, geometry) : runForward(tensors, geometry, mask, output)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func inference(
        _ buffers: NormalizeBuffers<Scalar>, _ geometry: Geometry, _ mask: PositionMask,
        _ output: MaskedOutput
    ) throws(NormalizationError) {
        guard runningStatistics != nil else {
            _ = try forward(buffers, geometry, mask, output)
            return
        }
        try check(geometry)
        try buffers.check(geometry)
        try mask.check(geometry)
        let running = try checkedRunningStatistics()
        guard geometry.count > 0, let tensors = buffers.tensors() else { return }
        if mask.isFull || output == .normalized {
            return runInference(tensors, with: running, geometry)
        }
        runInference(tensors, with: running, geometry, mask, output)
    }

    /// Throws unless the valid positions have statistics that can be normalized with, or there are none.
    func checkBatchStatistics(
        of geometry: Geometry, _ mask: PositionMask
    ) throws(NormalizationError) {
        try mask.check(geometry)
        guard epsilon > 0 else { throw .invalidEpsilon(epsilon) }
        guard mask.validCount != 1 else {
            throw .tooFewValuesPerChannel(shape: geometry.shape)
        }
    }
}

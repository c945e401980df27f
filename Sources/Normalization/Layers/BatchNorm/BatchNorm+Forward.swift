extension BatchNorm {
    /// Training forward: y normalized with the statistics of the batch, which are returned. The running
    /// statistics stay as they are; ``commit(_:)-(BatchStatistics)`` takes the batch's in.
    ///
    ///     y = f(γ_c · (x − μ_c) · s_c + β_c + residual)
    ///
    /// An empty batch gives an empty y and statistics of count 0. A channel that holds a NaN or an
    /// infinity becomes NaN in y; other channels are not touched by it. A constant channel becomes
    /// exactly β.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, outer × channels × inner.
    ///   - residual: as many, or `nil`.
    ///   - activation: f, in the same walk over memory.
    ///   - y: the output, as many.
    ///   - activationMask: receives where f′ is 1, a bit an element, ``Geometry/maskByteCount`` bytes, of
    ///     an activation with ``Activation/hasMask``; what was in it is lost. With it backward needs
    ///     neither y nor the residual, and does not make z again from x.
    ///   - geometry: how the tensors are read.
    /// - Returns: count, mean and M2 per channel.
    /// - Throws: ``NormalizationError/tooFewValuesPerChannel(shape:)`` for one value per channel,
    ///   ``NormalizationError/invalidEpsilon(_:)``, ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/channelMismatch(shape:channelAxis:expected:actual:)``,
    ///   ``NormalizationError/wrongMaskLength(expected:actual:)``, ``NormalizationError/noMask(activation:)``,
    ///   ``NormalizationError/overlap(_:_:)`` where y shares memory with an input without being x.
    /// - Complexity: O(n) time; O(C) memory beside the buffers.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forward<Element: NormalizationElement>(
        _ x: Span<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, activationMask) {
            buffers throws(NormalizationError) in
            try forward(buffers, geometry)
        }
    }

    /// Training forward in place: `x` becomes y. Backward needs x, so keep it or recompute it.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, residual, activation, activationMask) {
            buffers throws(NormalizationError) in
            try forward(buffers, geometry)
        }
    }

    /// Training forward, and the batch's statistics into the running ones.
    ///
    /// - Throws: as ``commit(_:)-(BatchStatistics)`` too: y is written then, the layer is as it was.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    @discardableResult
    public mutating func forwardAndCommit<Element: NormalizationElement>(
        _ x: Span<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics
    where Element.Arithmetic == Scalar {
        let statistics = try forward(
            x, adding: residual, then: activation, into: &y, activationMask: activationMask,
            geometry: geometry)
        try commit(statistics)
        return statistics
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward(
        _ buffers: NormalizeBuffers<Scalar>, _ geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics {
        try check(geometry)
        try buffers.check(geometry)
        try checkBatchStatistics(of: geometry)
        guard geometry.count > 0, let tensors = buffers.tensors() else {
            return BatchStatistics(emptyWithChannels: channels)
        }
        return runForward(tensors, geometry)
    }
}

extension BatchNorm {
    /// Training forward on arrays; the running statistics stay as they are.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - residual: as many, or `nil`.
    ///   - activation: f.
    ///   - shape: the dimensions of x, slowest first; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    /// - Returns: y, and the batch's statistics, which backward needs.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forward(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (output: [Scalar], statistics: BatchStatistics) {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        let statistics = try forward(
            x.span, adding: residual?.span, then: activation, into: &y, geometry: geometry)
        return (output, statistics)
    }

    /// Training forward on arrays, and the batch's statistics into the running ones.
    ///
    /// - Returns: y, and the batch's statistics.
    /// - Throws: as ``forward(_:adding:then:shape:channelAxis:)`` and ``commit(_:)-(BatchStatistics)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @discardableResult
    public mutating func forwardAndCommit(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (output: [Scalar], statistics: BatchStatistics) {
        let (output, statistics) = try forward(
            x, adding: residual, then: activation, shape: shape, channelAxis: channelAxis)
        try commit(statistics)
        return (output, statistics)
    }

    /// Training forward on arrays with an activation that has a mask.
    ///
    /// - Returns: y, the batch's statistics, and the mask: all that backward needs beside x.
    /// - Throws: as ``forward(_:adding:then:shape:channelAxis:)``, and
    ///   ``NormalizationError/noMask(activation:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forwardWithMask(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation,
        shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (
        output: [Scalar], statistics: BatchStatistics, activationMask: [UInt8]
    ) {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var mask = [UInt8](repeating: 0, count: geometry.maskByteCount)
        var y = output.mutableSpan
        let statistics = try forward(
            x.span, adding: residual?.span, then: activation, into: &y,
            activationMask: mask.mutableSpan, geometry: geometry)
        return (output, statistics, mask)
    }
}

extension WhiteningNorm {
    /// Training forward: y whitened with the statistics of the batch, which are returned. The running
    /// statistics stay as they are; ``commit(_:)`` takes the batch's in.
    ///
    ///     y_c = γ_c · (W · (x − μ))_c + β_c
    ///
    /// An empty batch gives an empty y and statistics of count 0. A group that holds a NaN or an infinity
    /// becomes NaN in y; other groups are not touched by it. A constant channel becomes exactly β.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, outer × channels × inner.
    ///   - y: the output, as many.
    ///   - geometry: how the tensors are read.
    /// - Returns: count, mean and sums of products of deviations.
    /// - Throws: ``NormalizationError/tooFewValuesPerChannel(shape:)`` for one value per channel,
    ///   ``NormalizationError/notConverged(group:)`` where a covariance cannot be decomposed; y is as it was,
    ///   ``NormalizationError/invalidEpsilon(_:)``, ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/channelMismatch(shape:channelAxis:expected:actual:)``,
    ///   ``NormalizationError/overlap(_:_:)`` where y shares memory with x without being x.
    /// - Complexity: O(n · D + C · D²) time; O(C · D) memory beside the buffers.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forward(
        _ x: Span<Scalar>, into y: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) -> WhiteningStatistics {
        try NormalizeBuffers.with(x, nil, .identity, &y, nil) {
            buffers throws(NormalizationError) in
            try forward(buffers, geometry)
        }
    }

    /// Training forward in place: `x` becomes y. Backward needs x, so keep it or recompute it.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forwardInPlace(
        _ x: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) -> WhiteningStatistics {
        try NormalizeBuffers.inPlace(&x, nil, .identity, nil) {
            buffers throws(NormalizationError) in
            try forward(buffers, geometry)
        }
    }

    /// Training forward, and the batch's statistics into the running ones.
    ///
    /// - Throws: as ``commit(_:)`` too: y is written then, the layer is as it was.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @discardableResult
    public mutating func forwardAndCommit(
        _ x: Span<Scalar>, into y: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) -> WhiteningStatistics {
        let statistics = try forward(x, into: &y, geometry: geometry)
        try commit(statistics)
        return statistics
    }

    /// Training forward on arrays.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - shape: the dimensions of x, slowest first; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    /// - Returns: y, and the statistics, which backward needs.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forward(
        _ x: [Scalar], shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (output: [Scalar], statistics: WhiteningStatistics) {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        let statistics = try forward(x.span, into: &y, geometry: geometry)
        return (output, statistics)
    }

    /// Training forward on arrays, and the batch's statistics into the running ones.
    ///
    /// - Throws: as ``forward(_:shape:channelAxis:)`` and ``commit(_:)``; the layer is as it was then.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @discardableResult
    public mutating func forwardAndCommit(
        _ x: [Scalar], shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (output: [Scalar], statistics: WhiteningStatistics) {
        let result = try forward(x, shape: shape, channelAxis: channelAxis)
        try commit(result.statistics)
        return result
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func forward(
        _ buffers: NormalizeBuffers<Scalar>, _ geometry: Geometry
    ) throws(NormalizationError) -> WhiteningStatistics {
        try check(geometry)
        try buffers.check(geometry)
        try checkValues(of: geometry)
        guard geometry.count > 0, let tensors = buffers.tensors() else {
            return WhiteningStatistics(emptyWithChannels: channels, groupSize: groupSize)
        }
        return try unsafe runForward(tensors.x.scalars, into: tensors.y.scalars, geometry)
    }
}

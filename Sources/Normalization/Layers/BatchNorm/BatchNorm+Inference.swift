extension BatchNorm {
    /// Inference: y normalized with the running statistics. Changes nothing, so one layer serves any
    /// number of threads.
    ///
    ///     y = γ_c · (x − running mean_c) / √(running variance_c + ε) + β_c
    ///
    /// A layer without running statistics normalizes with the batch's.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, outer × channels × inner.
    ///   - y: the output, as many.
    ///   - geometry: how x and y are read.
    /// - Throws: ``NormalizationError/invalidVariance(channel:variance:epsilon:)`` naming the first
    ///   channel whose running variance + ε has no root,
    ///   ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/channelMismatch(shape:channelAxis:expected:actual:)``.
    /// - Complexity: O(n) time; O(C) memory beside the buffers.
    public func inference(
        _ x: Span<Scalar>, into y: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) {
        try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe y.withUnsafeMutableBufferPointer { y throws(NormalizationError) in
                try unsafe inference(x, into: y, geometry: geometry)
            }
        }
    }

    /// Inference in place: `x` becomes y.
    ///
    /// - Throws: as plain `inference` on spans; x is as it was then.
    public func inferenceInPlace(
        _ x: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) {
        try unsafe x.withUnsafeMutableBufferPointer { x throws(NormalizationError) in
            try unsafe inference(UnsafeBufferPointer(x), into: x, geometry: geometry)
        }
    }

    /// Inference between buffers of a host that has nothing but pointers.
    ///
    /// `x` and `y` may be the same buffer; if they overlap otherwise, that is an error.
    ///
    /// - Throws: as plain `inference` on spans,
    ///   and ``NormalizationError/overlap(_:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @unsafe
    public func inference(
        _ x: UnsafeBufferPointer<Scalar>, into y: UnsafeMutableBufferPointer<Scalar>,
        geometry: Geometry
    ) throws(NormalizationError) {
        guard runningStatistics != nil else {
            _ = try unsafe forward(x, into: y, geometry: geometry)
            return
        }
        try check(geometry, (.input, x.count), (.output, y.count))
        let running = try checkedRunningStatistics()
        try unsafe checkOverlap((.input, x), (.output, UnsafeBufferPointer(y)))
        guard let source = x.baseAddress, let target = y.baseAddress, geometry.count > 0 else {
            return
        }
        unsafe execution(.inference, geometry).inference(
            source, mean: running.mean, variance: running.variance, gamma: gamma, beta: beta,
            epsilon: epsilon, into: target)
    }

    /// Inference on arrays.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - shape: the dimensions of x, slowest first; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    /// - Returns: y.
    /// - Throws: as the other forms, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    public func inference(
        _ x: [Scalar], shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> [Scalar] {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        try inference(x.span, into: &y, geometry: geometry)
        return output
    }
}

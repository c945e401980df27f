extension WhiteningNorm {
    /// The matrices and means of inference, made once from the running statistics: for many calls, and for
    /// folding.
    ///
    /// - Throws: ``NormalizationError/noRunningStatistics``; ``NormalizationError/notConverged(group:)``,
    ///   ``NormalizationError/invalidCovariance(group:eigenvalue:)`` where there is no W of a running covariance;
    ///   ``NormalizationError/nonFiniteMean(channel:mean:)`` by the policy of the running statistics.
    /// - Complexity: O(C · D²).
    public func prepared() throws(NormalizationError) -> WhiteningInference<Scalar> {
        try checkParts()
        let running = try checkedRunningStatistics()
        // A tensor without positions: the matrices need none.
        let runner = WhiteningRunner<Scalar>(
            .inference, try Geometry([0, channels]), groupSize: groupSize, engine: engine,
            threadLimit: threadLimit)
        let matrices = try matrices(of: running.covariance, runner)
        return try WhiteningInference(
            matrices: matrices, mean: running.mean, groupSize: groupSize, gamma: gamma, beta: beta,
            engine: engine, threadLimit: threadLimit)
    }

    /// Inference: y whitened with the running statistics. Changes nothing, so one layer serves any number
    /// of threads. Makes the matrices of ``prepared()`` in each call.
    ///
    ///     y_c = γ_c · (W · (x − running mean))_c + β_c
    ///
    /// A layer without running statistics whitens with the batch's.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, outer × channels × inner.
    ///   - y: the output, as many.
    ///   - geometry: how the tensors are read.
    /// - Throws: as ``prepared()``, and as
    ///   ``WhiteningInference/callAsFunction(_:into:geometry:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func inference(
        _ x: Span<Scalar>, into y: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) {
        guard runningStatistics != nil else {
            _ = try forward(x, into: &y, geometry: geometry)
            return
        }
        try check(geometry)
        try prepared()(x, into: &y, geometry: geometry)
    }

    /// Inference in place: `x` becomes y.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func inferenceInPlace(
        _ x: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) {
        guard runningStatistics != nil else {
            _ = try forwardInPlace(&x, geometry: geometry)
            return
        }
        try check(geometry)
        try prepared().inPlace(&x, geometry: geometry)
    }

    /// Inference on arrays.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - shape: the dimensions of x, slowest first; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    /// - Returns: y.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
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

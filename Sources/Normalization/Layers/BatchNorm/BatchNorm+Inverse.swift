extension BatchNorm {
    /// The inverse: from y back to the x it was normalized from.
    ///
    ///     x = μ_c + (y − β_c) · √(σ²_c + ε) / γ_c
    ///
    /// Where γ is zero (or so small that 1/γ overflows `Double`) the map has no inverse, and the
    /// Moore–Penrose pseudo-inverse stands for it: a factor of 0, so that x is the mean μ_c, of all
    /// that y could have come from the one whose normalized value is smallest.
    ///
    /// Error bound, with u = `Scalar.ulpOfOne / 2` and S = √(σ² + ε) / |γ|: x is within
    /// 8 u · (S · (|y − β| + |β|) + |μ| + |x|) of the exact inverse of the y it is given, where nothing
    /// overflows or underflows. The rounding of y itself comes back multiplied by S: after a forward
    /// pass whose y is within δ of exact, x is away by S · δ more, and δ is at least u · |y|. So digits of
    /// x are lost for good where |β| is large against |γ|, or |μ| against σ.
    ///
    /// - Parameters:
    ///   - y: the output of forward or inference, `geometry.count` elements.
    ///   - statistics: those that y was normalized with.
    ///   - x: receives the input, as many.
    ///   - geometry: how x and y are read.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/mismatchedCount(expected:actual:)`` when the statistics are of another
    ///   number of values, and what forward and inference throw;
    ///   ``NormalizationError/noRunningStatistics`` where the layer has none and they are asked for.
    /// - Complexity: O(n) time; O(C) memory beside the buffers.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func inverse<Element: NormalizationElement>(
        _ y: Span<Element>, normalizedBy statistics: NormalizingStatistics,
        into x: inout MutableSpan<Element>, geometry: Geometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(y, nil, .identity, &x, nil) {
            buffers throws(NormalizationError) in
            try inverse(buffers, statistics, geometry)
        }
    }

    /// The inverse in place: `y` becomes x.
    ///
    /// - Throws: as the form with an output; y is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func inverseInPlace<Element: NormalizationElement>(
        _ y: inout MutableSpan<Element>, normalizedBy statistics: NormalizingStatistics,
        geometry: Geometry
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&y, nil, .identity, nil) {
            buffers throws(NormalizationError) in
            try inverse(buffers, statistics, geometry)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func inverse(
        _ buffers: NormalizeBuffers<Scalar>, _ statistics: NormalizingStatistics,
        _ geometry: Geometry
    ) throws(NormalizationError) {
        var buffers = buffers
        (buffers.inputName, buffers.outputName) = (.output, .input)
        try check(geometry)
        try buffers.check(geometry)
        let numbers = try meanAndVariance(statistics, geometry)
        guard geometry.count > 0, let tensors = buffers.tensors() else { return }
        runInverse(tensors, numbers, geometry)
    }

    /// The inverse on arrays.
    ///
    /// - Parameters:
    ///   - y: the output of forward or inference, as many elements as `shape` says.
    ///   - statistics: those that y was normalized with.
    ///   - shape: the dimensions of y, slowest first; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    /// - Returns: x.
    /// - Throws: as the other forms, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func inverse(
        _ y: [Scalar], normalizedBy statistics: NormalizingStatistics, shape: [Int],
        channelAxis: Int = 1
    ) throws(NormalizationError) -> [Scalar] {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.output, y.count))
        var input: [Scalar] = zeros(y.count)
        var x = input.mutableSpan
        try inverse(y.span, normalizedBy: statistics, into: &x, geometry: geometry)
        return input
    }
}

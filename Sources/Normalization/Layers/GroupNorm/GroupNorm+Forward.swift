extension GroupNorm {
    /// Forward: y, and the statistics it is normalized with, for backward.
    ///
    ///     y = f(γ_c · (x − μ) · s + β_c + residual)      μ and s of the sample and group
    ///
    /// An empty tensor gives an empty y and statistics of no samples. A group that holds a NaN or an
    /// infinity becomes NaN in y; no other is touched by it. A constant group becomes exactly β.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, its samples at axis 0.
    ///   - residual: as many, or `nil`.
    ///   - activation: f, in the same walk over memory.
    ///   - y: the output, as many.
    ///   - activationMask: receives where f′ is 1, a bit an element, ``Geometry/maskByteCount`` bytes, of
    ///     an activation with ``Activation/hasMask``; what was in it is lost. With it backward needs
    ///     neither y nor the residual, and does not make z again from x.
    ///   - geometry: how the tensors are read.
    /// - Returns: count, mean and M2 per sample and group.
    /// - Throws: ``NormalizationError/tooFewValuesPerGroup(shape:groups:)`` for one value per group,
    ///   ``NormalizationError/invalidShape(_:channelAxis:_:)`` for channels at axis 0,
    ///   ``NormalizationError/invalidEpsilon(_:)``, ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/channelMismatch(shape:channelAxis:expected:actual:)``,
    ///   ``NormalizationError/wrongMaskLength(expected:actual:)``, ``NormalizationError/noMask(activation:)``,
    ///   ``NormalizationError/overlap(_:_:)`` where y shares memory with an input without being x.
    /// - Complexity: O(n) time; O(N · C) memory beside the buffers.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forward<Element: NormalizationElement>(
        _ x: Span<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError) -> GroupStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, activationMask) {
            buffers throws(NormalizationError) in
            try forward(buffers, .ofLayer(gamma: gamma, beta: beta), geometry)
        }
    }

    /// Forward in place: `x` becomes y. Backward needs x, so keep it or recompute it.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError) -> GroupStatistics
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, residual, activation, activationMask) {
            buffers throws(NormalizationError) in
            try forward(buffers, .ofLayer(gamma: gamma, beta: beta), geometry)
        }
    }

    /// The statistics that forward normalizes with, alone.
    ///
    /// - Parameters:
    ///   - x: the values, `geometry.count` of them.
    ///   - geometry: how x is read.
    /// - Throws: as forward.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func statistics<Element: NormalizationElement>(
        of x: Span<Element>, geometry: Geometry
    ) throws(NormalizationError) -> GroupStatistics
    where Element.Arithmetic == Scalar {
        try check(geometry, (.input, x.count))
        return unsafe x.withUnsafeBufferPointer { x in
            guard let x = unsafe TensorBuffer<Scalar>(x).start, geometry.count > 0 else {
                return GroupStatistics(emptyWithGroups: groups)
            }
            return unsafe runStatistics(x, geometry)
        }
    }
}

extension GroupNorm {
    /// Forward on arrays.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - residual: as many, or `nil`.
    ///   - activation: f.
    ///   - shape: the dimensions of x, slowest first, samples before all; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels, not 0; -1 is channels-last.
    /// - Returns: y, and the statistics, which backward needs.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forward(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (output: [Scalar], statistics: GroupStatistics) {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        let statistics = try forward(
            x.span, adding: residual?.span, then: activation, into: &y, geometry: geometry)
        return (output, statistics)
    }

    /// Forward on arrays with an activation that has a mask.
    ///
    /// - Returns: y, the statistics, and the mask: all that backward needs beside x.
    /// - Throws: as ``forward(_:adding:then:shape:channelAxis:)``, and
    ///   ``NormalizationError/noMask(activation:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forwardWithMask(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation,
        shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (
        output: [Scalar], statistics: GroupStatistics, activationMask: [UInt8]
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

extension GroupNorm {
    /// Forward with γ and β from anywhere.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward(
        _ buffers: NormalizeBuffers<Scalar>, _ affine: CallAffine<Scalar>, _ geometry: Geometry
    ) throws(NormalizationError) -> GroupStatistics {
        guard let tensors = try checked(buffers, affine, geometry) else {
            return GroupStatistics(emptyWithGroups: groups)
        }
        var statistics = GroupStatistics(
            emptyWithGroups: groups, count: valuesPerGroup(geometry))
        unsafe runForward(tensors, affine, geometry) { moments, partition in
            unsafe statistics.append(moments, of: partition)
        }
        return statistics
    }

    /// The tensors of a call that fits the layer, unless they are empty.
    func checked(
        _ buffers: NormalizeBuffers<Scalar>, _ affine: CallAffine<Scalar>, _ geometry: Geometry
    ) throws(NormalizationError) -> NormalizeTensors<Scalar>? {
        try check(geometry)
        try buffers.check(geometry)
        let (y, mask) = buffers.outputs
        try affine.check(geometry, own: (gamma, beta), outputs: y, mask)
        return geometry.count > 0 ? buffers.tensors() : nil
    }
}

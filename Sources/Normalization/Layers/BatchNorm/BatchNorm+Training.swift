extension BatchNorm {
    /// Training forward: y normalized with the batch's own statistics, which are returned and not
    /// yet in the running ones; ``commit(_:)`` takes them in.
    ///
    ///     y = γ_c · (x − μ_c) / √(σ²_c + ε) + β_c,  σ² biased
    ///
    /// An empty batch gives statistics of count 0. A channel that holds a NaN or an infinity becomes
    /// NaN in y; other channels are not touched by it. A constant channel becomes exactly β.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, outer × channels × inner.
    ///   - y: the output, as many.
    ///   - geometry: how x and y are read.
    /// - Returns: count, mean and M2 per channel.
    /// - Throws: ``NormalizationError/tooFewValuesPerChannel(shape:)`` for one value per channel,
    ///   ``NormalizationError/invalidEpsilon(_:)``, ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/channelMismatch(shape:channelAxis:expected:actual:)``.
    /// - Complexity: O(n) time; O(C) memory beside the buffers.
    public func forward(
        _ x: Span<Scalar>, into y: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics {
        try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe y.withUnsafeMutableBufferPointer { y throws(NormalizationError) in
                try unsafe forward(x, into: y, geometry: geometry)
            }
        }
    }

    /// Training forward in place: `x` becomes y. Backward needs x, so keep it or recompute it.
    ///
    /// - Throws: as plain `forward` on spans; x is as it was then.
    public func forwardInPlace(
        _ x: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics {
        try unsafe x.withUnsafeMutableBufferPointer { x throws(NormalizationError) in
            try unsafe forward(UnsafeBufferPointer(x), into: x, geometry: geometry)
        }
    }

    /// Training forward between buffers of a host that has nothing but pointers.
    ///
    /// `x` and `y` may be the same buffer; if they overlap otherwise, that is an error.
    ///
    /// - Throws: as plain `forward` on spans,
    ///   and ``NormalizationError/overlap(_:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @unsafe
    public func forward(
        _ x: UnsafeBufferPointer<Scalar>, into y: UnsafeMutableBufferPointer<Scalar>,
        geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics {
        try check(geometry, (.input, x.count), (.output, y.count))
        try checkBatchStatistics(of: geometry)
        try unsafe checkOverlap((.input, x), (.output, UnsafeBufferPointer(y)))
        guard let source = x.baseAddress, let target = y.baseAddress, geometry.count > 0 else {
            return BatchStatistics(emptyWithChannels: channels)
        }
        return unsafe execution(.training, geometry).forward(
            source, gamma: gamma, beta: beta, epsilon: epsilon, into: target)
    }

    /// Training forward, and the batch's statistics into the running ones.
    ///
    /// - Throws: as plain `forward` on spans,
    ///   and by the policy of the running statistics
    ///   ``NormalizationError/nonFiniteStatistics(channel:)``: y is written then, the layer is as it was.
    @discardableResult
    public mutating func forwardAndCommit(
        _ x: Span<Scalar>, into y: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) -> BatchStatistics {
        let statistics = try forward(x, into: &y, geometry: geometry)
        try commit(statistics)
        return statistics
    }

    /// Training forward on arrays, and the batch's statistics into the running ones.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - shape: the dimensions of x, slowest first; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    /// - Returns: y, and the batch's statistics, which ``backward(_:input:normalizedBy:shape:channelAxis:wanting:)``
    ///   needs.
    /// - Throws: as the other forms, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @discardableResult
    public mutating func forwardAndCommit(
        _ x: [Scalar], shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (output: [Scalar], statistics: BatchStatistics) {
        let (output, statistics) = try forward(x, shape: shape, channelAxis: channelAxis)
        try commit(statistics)
        return (output, statistics)
    }

    /// Training forward on arrays; the running statistics stay as they are.
    ///
    /// - Returns: y, and the batch's statistics.
    /// - Throws: as the other forms, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    public func forward(
        _ x: [Scalar], shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (output: [Scalar], statistics: BatchStatistics) {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        let statistics = try forward(x.span, into: &y, geometry: geometry)
        return (output, statistics)
    }
}

extension BatchStatistics {
    /// The statistics of a batch, which is all that training forward does before it normalizes.
    ///
    /// Statistics of parts of a data set merge to those of the whole: see ``merging(_:)``.
    ///
    /// - Parameters:
    ///   - x: the values, `geometry.count` of them.
    ///   - geometry: how x is read.
    ///   - engine: the engine that does the work.
    ///   - threadLimit: the most threads; `nil` goes by size and processors.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/invalidThreadLimit(_:)``.
    public init<Scalar: NormalizationScalar>(
        of x: Span<Scalar>, geometry: Geometry, engine: Engine = .default,
        threadLimit: Int? = nil
    ) throws(NormalizationError) {
        guard x.count == geometry.count else {
            throw .wrongLength(.input, expected: geometry.count, actual: x.count)
        }
        if let threadLimit, threadLimit < 1 { throw .invalidThreadLimit(threadLimit) }
        let execution = Execution<Scalar>(
            .training, geometry, engine: engine, threadLimit: threadLimit)
        self = unsafe x.withUnsafeBufferPointer { x in
            guard let base = x.baseAddress, geometry.count > 0 else {
                return BatchStatistics(emptyWithChannels: geometry.channels)
            }
            return unsafe execution.statistics(base)
        }
    }

    init(emptyWithChannels channels: Int) {
        self.init(
            uncheckedCount: 0, mean: Array(repeating: 0, count: channels),
            sumOfSquaredDeviations: Array(repeating: 0, count: channels))
    }
}

/// Throws when two buffers share memory without being the same buffer.
func checkOverlap<Scalar>(
    _ first: (NormalizationError.Argument, UnsafeBufferPointer<Scalar>),
    _ second: (NormalizationError.Argument, UnsafeBufferPointer<Scalar>)
) throws(NormalizationError) {
    let (firstName, a) = unsafe first
    let (secondName, b) = unsafe second
    guard let aStart = a.baseAddress, let bStart = b.baseAddress else { return }
    let isOverlap =
        unsafe aStart != bStart && aStart < bStart + b.count && bStart < aStart + a.count
    if isOverlap { throw .overlap(firstName, secondName) }
}

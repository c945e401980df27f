/// Whitening with matrices that are made once: inference of a ``WhiteningNorm``, or of a model that stores W.
///
///     y_c = γ_c · (W · (x − μ))_c + β_c
///
/// A value that nothing changes: any number of threads may share one.
public struct WhiteningInference<Scalar: NormalizationScalar>: Sendable {
    /// The number of channels, C.
    public let channels: Int
    /// D, the channels of a group.
    public let groupSize: Int
    /// W, groups × D × D.
    public let matrices: [Double]
    /// μ, per channel.
    public let mean: [Double]
    /// The scale γ.
    public let gamma: AffineParameter<Scalar>
    /// The shift β.
    public let beta: AffineParameter<Scalar>
    private let engine: Engine
    private let threadLimit: Int?
    /// γ · W, and β one number a channel.
    let scaled: [Double]
    let shift: [Double]

    /// Inference with given matrices.
    ///
    /// - Parameters:
    ///   - matrices: W, groups × D × D numbers, row by row; y_c takes row c.
    ///   - mean: μ, one number per channel.
    ///   - groupSize: D, a divisor of the number of channels, at most 256.
    ///   - gamma: the scale.
    ///   - beta: the shift.
    ///   - engine: the engine that does the work.
    ///   - threadLimit: the most threads one call may use; `nil` goes by size and processors.
    /// - Throws: ``NormalizationError/invalidGroupSize(channels:groupSize:)``,
    ///   ``NormalizationError/wrongLength(_:expected:actual:)``, ``NormalizationError/invalidThreadLimit(_:)``.
    public init(
        matrices: [Double], mean: [Double], groupSize: Int,
        gamma: AffineParameter<Scalar> = .absent, beta: AffineParameter<Scalar> = .absent,
        engine: Engine = .default, threadLimit: Int? = nil
    ) throws(NormalizationError) {
        let channels = mean.count
        try WhiteningLimits.check(channels: channels, groupSize: groupSize)
        guard matrices.count == channels * groupSize else {
            throw .wrongLength(.matrices, expected: channels * groupSize, actual: matrices.count)
        }
        try gamma.check(.gamma, channels: channels)
        try beta.check(.beta, channels: channels)
        if let threadLimit, threadLimit < 1 { throw .invalidThreadLimit(threadLimit) }
        self.channels = channels
        self.groupSize = groupSize
        self.matrices = matrices
        self.mean = mean
        self.gamma = gamma
        self.beta = beta
        self.engine = engine
        self.threadLimit = threadLimit
        scaled = doubles(matrices.count) {
            gamma.value(of: $0 / groupSize, absent: 1) * matrices[$0]
        }
        shift = doubles(channels) { beta.value(of: $0, absent: 0) }
    }

    /// y of x.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, outer × channels × inner.
    ///   - y: the output, as many.
    ///   - geometry: how the tensors are read.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/channelMismatch(shape:channelAxis:expected:actual:)``,
    ///   ``NormalizationError/overlap(_:_:)`` where y shares memory with x without being x.
    /// - Complexity: O(n · D).
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func callAsFunction(
        _ x: Span<Scalar>, into y: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) {
        try NormalizeBuffers.with(x, nil, .identity, &y, nil) {
            buffers throws(NormalizationError) in
            try run(buffers, geometry)
        }
    }

    /// y of x in place: `x` becomes y.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func inPlace(
        _ x: inout MutableSpan<Scalar>, geometry: Geometry
    ) throws(NormalizationError) {
        try NormalizeBuffers.inPlace(&x, nil, .identity, nil) {
            buffers throws(NormalizationError) in
            try run(buffers, geometry)
        }
    }

    /// y of an array.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - shape: the dimensions of x, slowest first; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func callAsFunction(
        _ x: [Scalar], shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> [Scalar] {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        guard x.count == geometry.count else {
            throw .wrongLength(.input, expected: geometry.count, actual: x.count)
        }
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        try self(x.span, into: &y, geometry: geometry)
        return output
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func run(
        _ buffers: NormalizeBuffers<Scalar>, _ geometry: Geometry
    ) throws(NormalizationError) {
        guard geometry.channels == channels else {
            throw .channelMismatch(
                shape: geometry.shape, channelAxis: geometry.channelAxis, expected: channels,
                actual: geometry.channels)
        }
        try geometry.checkIsWhole()
        try buffers.check(geometry)
        guard geometry.count > 0, let tensors = buffers.tensors() else { return }
        let runner = WhiteningRunner<Scalar>(
            .inference, geometry, groupSize: groupSize, engine: engine, threadLimit: threadLimit)
        unsafe runner.write(
            tensors.y.scalars, as: scaled, of: tensors.x.scalars, minus: mean, plus: shift)
    }
}

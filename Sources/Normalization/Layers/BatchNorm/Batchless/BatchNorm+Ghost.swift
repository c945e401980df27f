// Ghost batches: each part of a batch is normalized by itself.

extension BatchNorm {
    /// Training forward of ghost batches: ⌈N / size⌉ parts of consecutive samples, whose sizes differ by at most
    /// one, each normalized with its own statistics. The running statistics stay as they are;
    /// ``commit(_:as:)`` takes all of the parts' in at once.
    ///
    /// Each part has the bits of ``forward(_:adding:then:into:activationMask:geometry:)`` on it; a batch of no
    /// more than `ghostSize` samples is one part.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, its samples at axis 0.
    ///   - ghostSize: the most samples of a part, at least 1.
    ///   - residual: as many as x, or `nil`.
    ///   - activation: f, in the same walk over memory.
    ///   - y: the output, as many.
    ///   - activationMask: receives where f′ is 1, a bit an element.
    ///   - geometry: how the tensors are read.
    /// - Returns: the statistics of the parts, in their order.
    /// - Throws: ``NormalizationError/invalidGhostSize(_:)``,
    ///   ``NormalizationError/invalidShape(_:channelAxis:_:)`` for channels at axis 0,
    ///   ``NormalizationError/part(_:_:)`` naming the first part with one value per channel, and what forward
    ///   throws.
    /// - Complexity: O(n) time; O(parts · C) memory beside the buffers.
    /// - References: Hoffer, Hubara and Soudry, "Train longer, generalize better", 2017,
    ///   <https://arxiv.org/abs/1705.08741>.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forward<Element: NormalizationElement>(
        _ x: Span<Element>, ghostSize: Int, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError) -> [BatchStatistics]
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, activationMask) {
            buffers throws(NormalizationError) in
            try forward(buffers, ghostSize, geometry)
        }
    }

    /// Training forward of ghost batches in place: `x` becomes y. Backward needs x, so keep it or recompute it.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func forwardInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, ghostSize: Int, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity,
        activationMask: consuming MutableSpan<UInt8>? = nil, geometry: Geometry
    ) throws(NormalizationError) -> [BatchStatistics]
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, residual, activation, activationMask) {
            buffers throws(NormalizationError) in
            try forward(buffers, ghostSize, geometry)
        }
    }

    /// Training forward of ghost batches on arrays; the running statistics stay as they are.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - ghostSize: the most samples of a part, at least 1.
    ///   - residual: as many as x, or `nil`.
    ///   - activation: f.
    ///   - shape: the dimensions of x, slowest first, samples before all.
    ///   - channelAxis: the axis of the channels, not 0; -1 is channels-last.
    /// - Returns: y, and the statistics of the parts, which backward needs.
    /// - Throws: as the form with spans.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func forward(
        _ x: [Scalar], ghostSize: Int, adding residual: [Scalar]? = nil,
        then activation: Activation = .identity, shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (output: [Scalar], parts: [BatchStatistics]) {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        let parts = try forward(
            x.span, ghostSize: ghostSize, adding: residual?.span, then: activation, into: &y,
            geometry: geometry)
        return (output, parts)
    }

    /// Takes the statistics of a batch's parts into the running ones, in one update.
    ///
    /// A layer without running statistics, and parts that are all empty, change nothing.
    ///
    /// - Throws: what ``RunningStatistics/update(with:as:)`` throws; nothing has changed then.
    public mutating func commit(
        _ parts: [BatchStatistics], as contribution: GhostContribution = .pooled
    ) throws(NormalizationError) {
        try runningStatistics?.update(with: parts, as: contribution)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func forward(
        _ buffers: NormalizeBuffers<Scalar>, _ ghostSize: Int, _ geometry: Geometry
    ) throws(NormalizationError) -> [BatchStatistics] {
        try check(geometry)
        try buffers.check(geometry)
        guard ghostSize >= 1 else { throw .invalidGhostSize(ghostSize) }
        try geometry.checkSamples()
        // The size may be the largest number there is.
        let samples = max(1, geometry.shape[0])
        let parts = try BatchPart.parts(
            of: geometry, count: samples.dividedRoundingUp(by: min(ghostSize, samples)))
        try forEach(parts) { _, part throws(NormalizationError) in
            try checkBatchStatistics(of: part.geometry)
        }
        guard geometry.count > 0, let tensors = buffers.tensors() else {
            return parts.map { _ in BatchStatistics(emptyWithChannels: channels) }
        }
        tensors.clearMask(of: geometry)
        return parts.map { runForward(tensors, $0) }
    }
}

extension BatchNorm {
    /// Backward of ghost batches: ∂x of each part with its own statistics, ∂γ and ∂β summed over the parts in
    /// their order.
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - residual: what was added in it, as many, or `nil`; not needed where there is a mask.
    ///   - activation: f.
    ///   - activationMask: what forward wrote, or `nil`.
    ///   - parts: what forward returned; how many there are says how the samples fall into parts.
    ///   - dx: receives ∂x, as many.
    ///   - residualGradient: receives ∂residual, as many, or `nil`.
    ///   - geometry: how the tensors are read.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    /// - Throws: ``NormalizationError/mismatchedPartCount(samples:parts:)`` for more parts than samples, or none,
    ///   ``NormalizationError/part(_:_:)`` naming the first part whose statistics do not fit, and what backward
    ///   throws.
    /// - Complexity: O(n) time; O(C) memory beside the buffers.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backward<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>, adding residual: Span<Element>? = nil,
        through activation: Activation = .identity, activationMask: Span<UInt8>? = nil,
        normalizedBy parts: [BatchStatistics], into dx: inout MutableSpan<Element>,
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try BackwardBuffers.with(gradient, x, &dx) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, activationMask, dz) {
                    buffers throws(NormalizationError) in
                    try backward(buffers, parts, geometry, wanted)
                }
            }
        }
    }

    /// Backward of ghost batches in place: `gradient` holds ∂L/∂y and becomes ∂x.
    ///
    /// - Throws: as the form with an output; the gradient is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backwardInPlace<Element: NormalizationElement>(
        _ gradient: inout MutableSpan<Element>, input x: Span<Element>,
        adding residual: Span<Element>? = nil, through activation: Activation = .identity,
        activationMask: Span<UInt8>? = nil, normalizedBy parts: [BatchStatistics],
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try BackwardBuffers.inPlace(&gradient, x) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, activationMask, dz) {
                    buffers throws(NormalizationError) in
                    try backward(buffers, parts, geometry, wanted)
                }
            }
        }
    }

    /// Backward of ghost batches on arrays: any subset of ∂x, ∂γ, ∂β and ∂residual.
    ///
    /// - Throws: as the form with spans, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], adding residual: [Scalar]? = nil,
        through activation: Activation = .identity, activationMask: [UInt8]? = nil,
        normalizedBy parts: [BatchStatistics], shape: [Int], channelAxis: Int = 1,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.gradient, gradient.count), (.input, x.count))
        return try Gradients(gradient, x, residual, activation, activationMask, wanting: wanted) {
            buffers throws(NormalizationError) in
            try backward(buffers, parts, geometry, wanted)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func backward(
        _ buffers: BackwardBuffers<Scalar>, _ statistics: [BatchStatistics],
        _ geometry: Geometry, _ wanted: GradientSelection
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try check(geometry)
        try buffers.check(geometry)
        try geometry.checkSamples()
        let samples = geometry.shape[0]
        guard 1...max(1, samples) ~= statistics.count else {
            throw .mismatchedPartCount(samples: samples, parts: statistics.count)
        }
        let parts = try BatchPart.parts(of: geometry, count: statistics.count)
        var numbers: [MeanAndVariance] = []
        try forEach(parts) { index, part throws(NormalizationError) in
            numbers.append(try meanAndVariance(.batch(statistics[index]), part.geometry))
        }
        guard geometry.count > 0, let tensors = buffers.tensors(),
            unsafe tensors.dx != nil || needsSums(wanted)
        else {
            return parameterGradients(
                from: GradientSums(emptyWithChannels: channels), wanting: wanted)
        }
        var sums = runBatchBackward(tensors, normalizedBy: numbers[0], parts[0])
        for index in parts.indices.dropFirst() {
            sums = try sums.merging(
                runBatchBackward(tensors, normalizedBy: numbers[index], parts[index]))
        }
        return parameterGradients(from: sums, wanting: wanted)
    }

    /// Calls `body` for each part; what it throws names the part, where there are several.
    private func forEach(
        _ parts: [BatchPart],
        _ body: (Int, BatchPart) throws(NormalizationError) -> Void
    ) throws(NormalizationError) {
        for (index, part) in parts.enumerated() {
            do {
                try body(index, part)
            } catch {
                throw parts.count == 1 ? error : .part(index, error)
            }
        }
    }
}

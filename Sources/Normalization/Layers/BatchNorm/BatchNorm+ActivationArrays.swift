extension BatchNorm {
    /// Inference, an optional residual and an activation, on arrays.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - residual: as many, or `nil`.
    ///   - activation: f.
    ///   - shape: the dimensions of x, slowest first; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    /// - Returns: y.
    /// - Throws: as the form with spans, and
    ///   ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    public func inference(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation,
        shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> [Scalar] {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        try inference(
            x.span, adding: residual?.span, then: activation, into: &y, geometry: geometry)
        return output
    }

    /// Training forward with an optional residual and an activation that has a mask, on arrays.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - residual: as many, or `nil`.
    ///   - activation: f, with ``Activation/hasMask``.
    ///   - shape: the dimensions of x, slowest first; NCHW is `[n, c, h, w]`.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    /// - Returns: y, the batch's statistics, and the mask: all that backward needs beside x.
    /// - Throws: as the form with spans, and
    ///   ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    public func forwardWithMask(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation,
        shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (output: [Scalar], statistics: BatchStatistics, mask: [UInt8]) {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var mask = [UInt8](repeating: 0, count: geometry.maskByteCount)
        var y = output.mutableSpan
        var bits = mask.mutableSpan
        let statistics = try forward(
            x.span, adding: residual?.span, then: activation, into: &y, mask: &bits,
            geometry: geometry)
        return (output, statistics, mask)
    }

    /// Backward through an activation with the mask that forward wrote, on arrays.
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y behind the activation, as many elements as `shape` says.
    ///   - x: the input of the forward pass, as many.
    ///   - activation: f.
    ///   - mask: what ``forwardWithMask(_:adding:then:shape:channelAxis:)`` returned.
    ///   - statistics: those that x̂ was made with.
    ///   - shape: the dimensions of x, slowest first.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    /// - Returns: ∂x, ∂γ and ∂β; and ∂residual, for where there was one: ∂L/∂z.
    /// - Throws: as the form with spans, and
    ///   ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], through activation: Activation, mask: [UInt8],
        normalizedBy statistics: NormalizingStatistics, shape: [Int], channelAxis: Int = 1
    ) throws(NormalizationError) -> (gradients: Gradients<Scalar>, residual: [Scalar]) {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.gradient, gradient.count), (.input, x.count))
        var input: [Scalar] = zeros(x.count)
        var residual = input
        var dx = input.mutableSpan
        var gated = residual.mutableSpan
        let parameters = try backward(
            gradient.span, input: x.span, through: activation, mask: mask.span,
            normalizedBy: statistics, into: &dx, residualGradient: &gated, geometry: geometry)
        return (
            Gradients(input: input, gamma: parameters.gamma, beta: parameters.beta), residual
        )
    }
}

/// Whose values ∂γ and ∂β of a synchronized backward are sums over.
public enum ParameterGradientScope: String, Sendable, CaseIterable {
    /// This rank's: they add up over the ranks to the whole's, as the gradients of other layers do.
    case local
    /// Those of all ranks, the same bits on each of them.
    case global
}

extension BatchNorm {
    /// Collective: backward of a synchronized forward: ∂x of this rank's part of the batch, ∂residual where there is
    /// a place for it, and those of ∂γ and ∂β that are wanted.
    ///
    ///     ∂x = γ · s · (g − A/n − x̂ · B/n)      A = Σ g, B = Σ g · x̂ over the n values of all ranks
    ///
    /// Every rank calls and exchanges its sums, whatever it wants. With one rank it is backward without an exchange,
    /// to the bit. Behind batch renormalization it is that of the whole's r and d.
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y of this rank, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - residual: what was added in it, as many, or `nil`; not needed where there is a mask.
    ///   - activation: f.
    ///   - activationMask: what forward wrote, or `nil`.
    ///   - statistics: what the synchronized forward returned.
    ///   - dx: receives ∂x, as many.
    ///   - residualGradient: receives ∂residual, as many, or `nil`.
    ///   - geometry: how the tensors are read.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    ///   - exchange: the ranks.
    ///   - scope: whose values ∂γ and ∂β are of.
    /// - Throws: ``NormalizationError/exchange(_:)`` on every rank where the arguments of one do not fit, or it makes
    ///   another call or has other statistics; ``NormalizationError/mismatchedCount(expected:actual:)`` on every rank
    ///   where the statistics are of another number of values than the ranks have. Nothing is written then. Where the
    ///   exchange itself fails, what it throws: behind an activation, dz may be written then.
    /// - Complexity: O(n) time; O(C · ranks) memory beside the buffers; 16 · C + 64 bytes a rank, in two
    ///   collectives.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backward<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>, adding residual: Span<Element>? = nil,
        through activation: Activation = .identity, activationMask: Span<UInt8>? = nil,
        normalizedBy statistics: SynchronizedStatistics, into dx: inout MutableSpan<Element>,
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .all, over exchange: any StatisticsExchange,
        parameterGradients scope: ParameterGradientScope = .local
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try BackwardBuffers.with(gradient, x, &dx) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, activationMask, dz) {
                    buffers throws(NormalizationError) in
                    try backward(buffers, statistics, geometry, wanted, over: exchange, scope)
                }
            }
        }
    }

    /// Collective: backward in place: `gradient` holds ∂L/∂y and becomes ∂x.
    ///
    /// - Throws: as the form with an output; but where the exchange itself fails, the gradient is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func backwardInPlace<Element: NormalizationElement>(
        _ gradient: inout MutableSpan<Element>, input x: Span<Element>,
        adding residual: Span<Element>? = nil, through activation: Activation = .identity,
        activationMask: Span<UInt8>? = nil, normalizedBy statistics: SynchronizedStatistics,
        residualGradient: consuming MutableSpan<Element>? = nil, geometry: Geometry,
        wanting wanted: GradientSelection = .all, over exchange: any StatisticsExchange,
        parameterGradients scope: ParameterGradientScope = .local
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        unsafe try withMutableBuffer(of: residualGradient) { dz throws(NormalizationError) in
            try BackwardBuffers.inPlace(&gradient, x) { buffers throws(NormalizationError) in
                unsafe try buffers.through(activation, residual, activationMask, dz) {
                    buffers throws(NormalizationError) in
                    try backward(buffers, statistics, geometry, wanted, over: exchange, scope)
                }
            }
        }
    }

    /// Collective: ∂γ and ∂β alone, where nothing before the layer is trained. It pairs with backward on ranks that
    /// want ∂x.
    ///
    /// - Throws: as the form with an output.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func parameterGradients<Element: NormalizationElement>(
        _ gradient: Span<Element>, input x: Span<Element>,
        normalizedBy statistics: SynchronizedStatistics, geometry: Geometry,
        wanting wanted: GradientSelection = .parameters, over exchange: any StatisticsExchange,
        parameterGradients scope: ParameterGradientScope = .local
    ) throws(NormalizationError) -> ParameterGradients<Scalar>
    where Element.Arithmetic == Scalar {
        try BackwardBuffers.with(gradient, x) { buffers throws(NormalizationError) in
            try backward(buffers, statistics, geometry, wanted, over: exchange, scope)
        }
    }

    /// Collective: backward on arrays: any subset of ∂x, ∂γ, ∂β and ∂residual.
    ///
    /// - Throws: as the form with spans.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], adding residual: [Scalar]? = nil,
        through activation: Activation = .identity, activationMask: [UInt8]? = nil,
        normalizedBy statistics: SynchronizedStatistics, shape: [Int], channelAxis: Int = 1,
        wanting wanted: GradientSelection = .all, over exchange: any StatisticsExchange,
        parameterGradients scope: ParameterGradientScope = .local
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let call = call(.backward, over: exchange, settings: statistics.add(to:))
        let geometry = try geometry(
            of: shape, channelAxis, call, (.gradient, gradient.count), (.input, x.count))
        return try Gradients(gradient, x, residual, activation, activationMask, wanting: wanted) {
            buffers throws(NormalizationError) in
            try backward(buffers, statistics, geometry, wanted, over: exchange, scope)
        }
    }
}

extension BatchNorm {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func backward(
        _ buffers: BackwardBuffers<Scalar>, _ statistics: SynchronizedStatistics,
        _ geometry: Geometry, _ wanted: GradientSelection,
        over exchange: any StatisticsExchange, _ scope: ParameterGradientScope
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        guard exchange.size != 1 else {
            return try backward(buffers, statistics.normalizing, geometry, wanted)
        }
        let call = call(.backward, over: exchange, settings: statistics.add(to:))
        let numbers = try call.locally { () throws(NormalizationError) in
            try check(geometry)
            try buffers.check(geometry)
            return try meanAndVariance(
                statistics, localCount: geometry.valuesPerChannel, geometry)
        }
        let ranks = try call.agree(count: geometry.valuesPerChannel)
        try ranks.check(statistics.global)
        let tensors = geometry.count > 0 ? buffers.tensors() : nil
        var own = GradientSums(emptyWithChannels: channels)
        if var tensors {
            unsafe tensors.dx = nil
            own = runBackward(tensors, normalizedBy: numbers, needsSums: true, geometry)
        }
        let all = try call.merging(own, ranks)
        if let tensors {
            runInputGradient(
                tensors.behindActivation, normalizedBy: numbers, with: all, geometry)
        }
        let sums = scope == .local ? own : all
        return parameterGradients(from: sums.renormalized(by: numbers.renorm), wanting: wanted)
    }
}

extension BackwardTensors {
    /// The same once dz is made of g. That of tensors of 16 bits is in no memory, and made again.
    var behindActivation: BackwardTensors {
        guard unsafe !x.format.isHalf else { return self }
        return unsafe BackwardTensors(x: x, gradient: normalizedGradient, activation: nil, dx: dx)
    }
}

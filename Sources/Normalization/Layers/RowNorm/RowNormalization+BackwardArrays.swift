extension RowNormalization {
    /// Backward on arrays: any subset of ∂x, ∂γ, ∂β and ∂residual.
    ///
    /// - Parameters:
    ///   - gradient: ∂L/∂y, as many elements as `shape` says.
    ///   - x: the input of the forward pass, as many; the sum, where it normalized one.
    ///   - residual: what was added behind the normalization, as many, or `nil`.
    ///   - activation: f.
    ///   - statistics: what forward returned, or `nil`: they are then computed again from x.
    ///   - sumGradient: where x is a sum that went on by itself, its gradient from there, as many.
    ///   - shape: the dimensions of x and the gradient, slowest first.
    ///   - lastAxes: how many of them, from the last one on, are normalized together.
    ///   - wanted: which gradients are wanted.
    /// - Throws: as the form with spans, and what ``RowGeometry/init(_:lastAxes:)`` throws.
    @specialized(where Self == LayerNorm<Float>)
    @specialized(where Self == LayerNorm<Double>)
    @specialized(where Self == RMSNorm<Float>)
    @specialized(where Self == RMSNorm<Double>)
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], adding residual: [Scalar]? = nil,
        through activation: Activation = .identity,
        normalizedBy statistics: RowStatistics? = nil, sumGradient: [Scalar]? = nil,
        shape: [Int], lastAxes: Int = 1, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> Gradients<Scalar> {
        try backward(
            gradient, input: x, adding: residual, through: activation, normalizedBy: statistics,
            sumGradient: sumGradient, geometry: RowGeometry(shape, lastAxes: lastAxes),
            wanting: wanted)
    }

    /// Backward on arrays, of a geometry of any axes.
    ///
    /// - Throws: as the form with spans.
    @specialized(where Self == LayerNorm<Float>)
    @specialized(where Self == LayerNorm<Double>)
    @specialized(where Self == RMSNorm<Float>)
    @specialized(where Self == RMSNorm<Double>)
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], adding residual: [Scalar]? = nil,
        through activation: Activation = .identity,
        normalizedBy statistics: RowStatistics? = nil, sumGradient: [Scalar]? = nil,
        geometry: RowGeometry, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> Gradients<Scalar> {
        try check(geometry, (.gradient, gradient.count), (.input, x.count))
        let needsActivation = activation != .identity || wanted.contains(.residual)
        guard wanted.contains(.input) || needsActivation else {
            let parameters = try parameterGradients(
                gradient.span, input: x.span, normalizedBy: statistics, geometry: geometry,
                wanting: wanted)
            return Gradients(gamma: parameters.gamma, beta: parameters.beta)
        }
        var input: [Scalar] = zeros(x.count)
        var added: [Scalar]? = wanted.contains(.residual) ? zeros(x.count) : nil
        var dx = input.mutableSpan
        let (residual, sumGradient) = (residual?.span, sumGradient?.span)
        let parameters =
            if added != nil {
                try backward(
                    gradient.span, input: x.span, adding: residual, through: activation,
                    normalizedBy: statistics, sumGradient: sumGradient, into: &dx,
                    residualGradient: added?.mutableSpan, geometry: geometry, wanting: wanted)
            } else {
                try backward(
                    gradient.span, input: x.span, adding: residual, through: activation,
                    normalizedBy: statistics, sumGradient: sumGradient, into: &dx,
                    geometry: geometry, wanting: wanted)
            }
        return Gradients(
            input: wanted.contains(.input) ? input : nil, gamma: parameters.gamma,
            beta: parameters.beta, residual: added)
    }
}

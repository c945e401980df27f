extension Gradients {
    /// Backward on arrays: calls `backward` with the memory of the arguments, and with places for ∂x and
    /// ∂residual where they are wanted, or an activation needs one.
    ///
    /// The lengths of `gradient` and `x` are checked.
    init(
        _ gradient: [Scalar], _ x: [Scalar], _ residual: [Scalar]?, _ activation: Activation,
        _ mask: [UInt8]?, wanting wanted: GradientSelection,
        backward: (BackwardBuffers<Scalar>) throws(NormalizationError) -> ParameterGradients<Scalar>
    ) throws(NormalizationError) {
        let wantsResidual = wanted.contains(.residual)
        let needsPlace = wanted.contains(.input) || activation != .identity || wantsResidual
        var input: [Scalar] = needsPlace ? zeros(x.count) : []
        var added: [Scalar] = wantsResidual ? zeros(x.count) : []
        var dx = input.mutableSpan
        var dz = added.mutableSpan
        let parameters = try unsafe dz.withUnsafeMutableBufferPointer {
            dz throws(NormalizationError) in
            try BackwardBuffers.with(gradient.span, x.span, &dx) {
                buffers throws(NormalizationError) in
                var buffers = buffers
                if !needsPlace { buffers.dx = nil }
                return try unsafe buffers.through(
                    activation, residual?.span, mask?.span, wantsResidual ? dz : nil, backward)
            }
        }
        self.init(
            input: wanted.contains(.input) ? input : nil, gamma: parameters.gamma,
            beta: parameters.beta, residual: wantsResidual ? added : nil)
    }
}

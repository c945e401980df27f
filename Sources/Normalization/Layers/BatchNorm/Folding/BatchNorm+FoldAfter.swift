extension BatchNorm {
    /// Folds this normalization into the convolution, transposed convolution or dense layer whose
    /// output it normalizes, so that inference needs it no more.
    ///
    ///     a_c = γ_c / √(running variance_c + ε)
    ///     weights_c ← a_c · weights_c        bias_c ← a_c · (bias_c − running mean_c) + β_c
    ///
    /// where c is the output channel. Padding, stride and dilation do not matter. Nothing may stand between the two
    /// layers, but max pooling where ``decreasingChannels`` are none.
    ///
    /// ```swift
    /// let folded = try norm.folded(
    ///     after: .convolution([64, 3, 7, 7]), weights: weights, bias: bias)
    /// ```
    ///
    /// - Parameters:
    ///   - layer: the kind of layer, and the shape of its weights.
    ///   - weights: its weights, row-major.
    ///   - bias: its bias, `layer.outputs` numbers; `nil` for a layer without.
    ///   - flushingSubnormals: whether weights that become subnormal shall be zero instead: arithmetic
    ///     with subnormal numbers is slow.
    /// - Returns: the weights and bias of the layer that does the work of both. Coefficients are
    ///   computed in `Double`; with u = `Scalar.ulpOfOne / 2`, a weight w is within 2.01 u · |a · w|
    ///   of exact, the bias within 1.01 u · |bias| + 2⁻⁵⁰ · (|a| · (|bias| + |mean|) + |β|), where
    ///   nothing underflows.
    /// - Throws: ``FoldingError/channelMismatch(kind:shape:groups:expected:actual:)``,
    ///   ``FoldingError/wrongLength(_:expected:actual:)``,
    ///   ``FoldingError/normalization(_:)`` with what inference throws,
    ///   ``FoldingError/unfoldableChannel(_:scale:shift:)``,
    ///   ``FoldingError/overflow(_:index:value:)``.
    /// - Complexity: O(weights).
    public func folded(
        after layer: LinearLayer, weights: [Scalar], bias: [Scalar]? = nil,
        flushingSubnormals: Bool = false
    ) throws(FoldingError) -> (weights: [Scalar], bias: [Scalar]) {
        // Before memory is taken for as many numbers as the layer says.
        try FoldedScales(self).check(
            layer, on: .output, weights: weights.count, bias: bias?.count ?? layer.outputs)
        var (weights, bias) = (weights, bias ?? zeros(layer.outputs))
        var weightSpan = weights.mutableSpan
        var biasSpan = bias.mutableSpan
        try fold(
            after: layer, weights: &weightSpan, bias: &biasSpan,
            flushingSubnormals: flushingSubnormals)
        return (weights, bias)
    }

    /// Folds in place: weights and bias become those of the layer that does the work of both.
    ///
    /// - Parameters:
    ///   - layer: the kind of layer, and the shape of its weights.
    ///   - weights: its weights.
    ///   - bias: its bias, `layer.outputs` numbers; zeros for a layer without.
    ///   - flushingSubnormals: whether weights that become subnormal shall be zero instead.
    /// - Throws: as ``folded(after:weights:bias:flushingSubnormals:)``; weights and bias are as they were then.
    public func fold(
        after layer: LinearLayer, weights: inout MutableSpan<Scalar>,
        bias: inout MutableSpan<Scalar>, flushingSubnormals: Bool = false
    ) throws(FoldingError) {
        let scales = try FoldedScales(self)
        try scales.check(layer, on: .output, weights: weights.count, bias: bias.count)
        var folded: [Double] = []
        folded.reserveCapacity(bias.count)
        for c in 0..<bias.count {
            folded.append(scales.scale[c] * (Double(bias[c]) - scales.mean[c]) + scales.beta[c])
        }
        let rounded = try FoldedScales.rounded(folded, as: Scalar.self)
        try unsafe weights.withUnsafeMutableBufferPointer { weights throws(FoldingError) in
            guard let base = weights.baseAddress else { return }
            try unsafe scales.scaleWeights(
                base, of: layer, on: .output, flushing: flushingSubnormals)
        }
        for c in 0..<bias.count { bias[c] = rounded[c] }
    }

    /// The channels whose output falls where their input rises: those of negative γ.
    ///
    /// Where there are none, normalization with running statistics never turns an order round, and so may change
    /// places with max pooling: γ · (max − μ) is the maximum of γ · (x − μ). So it is after rounding, too, to the bit
    /// where all numbers are rounded alike, as by ``Engine/reference`` and ``Engine/fused``. Then
    /// a normalization behind a convolution and its pooling folds into the convolution, and one before a pooling
    /// into what comes after it. In a decreasing channel the maximum becomes the minimum.
    ///
    /// A NaN in the pooled tensor is as the pooling has it.
    public var decreasingChannels: [Int] {
        switch gamma {
        case .absent: []
        case .shared(let gamma): gamma < 0 ? Array(0..<channels) : []
        case .perChannel(let gamma): gamma.indices.filter { gamma[$0] < 0 }
        }
    }
}

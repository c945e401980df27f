internal import BLAS

/// What surrounds the input of a layer that a normalization before it is folded into.
public enum FoldedPadding: Sendable, CaseIterable {
    /// Nothing, or values of the tensor itself (reflected, repeated, wrapped around): they are
    /// normalized like any other.
    case none
    /// Zeros, before and after folding: exact where zero normalizes to zero. What is assumed of a convolution
    /// unless the caller says otherwise, since most have some.
    case zeros
    /// Zeros around what was normalized, and after folding, in each channel of what is not normalized
    /// any more, the value that normalizes to zero: see ``BatchNorm/valuesNormalizingToZero()``.
    case valuesNormalizingToZero
}

extension BatchNorm {
    /// Folds this normalization into the convolution, transposed convolution or dense layer that takes
    /// its output, so that inference needs it no more.
    ///
    ///     a_c = γ_c / √(running variance_c + ε)      b_c = β_c − a_c · running mean_c
    ///     bias ← bias + Σ_c b_c · Σ weights_c        weights_c ← a_c · weights_c
    ///
    /// where c is the input channel. This is exact where every output sums all weights: without
    /// padding by zeros, or with padding by what normalizes to zero. The outputs at the borders of a
    /// transposed convolution sum only some of the weights; folding before one is exact, and allowed,
    /// where b is zero, like padding by zeros.
    ///
    /// - Parameters:
    ///   - layer: the kind of layer, and the shape of its weights.
    ///   - weights: its weights, row-major.
    ///   - bias: its bias, `layer.outputs` numbers; `nil` for a layer without.
    ///   - padding: what surrounds its input; nothing surrounds that of a dense layer.
    ///   - flushingSubnormals: whether weights that become subnormal shall be zero instead.
    /// - Returns: the weights and bias of the layer that does the work of both, and for
    ///   ``FoldedPadding/valuesNormalizingToZero`` the value to pad each input channel with. With
    ///   u = `Scalar.ulpOfOne / 2`, a weight w is within 2.01 u · |a · w| of exact, the bias, a sum of
    ///   n products in `Double`, within 1.01 u · |bias| + (n + 8) · 2⁻⁵² · Σ |w| · (|β| + |a · mean|).
    ///   Outputs are then differences of sums as large as Σ |w · a · mean|: where a mean is large against
    ///   its deviation, they have fewer digits than those of the two layers.
    /// - Throws: ``FoldingError/inexactFold(kind:channel:normalizedZero:)``,
    ///   ``FoldingError/noValueNormalizesToZero(channel:shift:)``, and what
    ///   ``folded(after:weights:bias:flushingSubnormals:)`` throws.
    /// - Complexity: O(weights).
    public func folded(
        before layer: LinearLayer, weights: [Scalar], bias: [Scalar]? = nil,
        padding: FoldedPadding = .zeros, flushingSubnormals: Bool = false
    ) throws(FoldingError) -> (weights: [Scalar], bias: [Scalar], paddingValues: [Scalar]?) {
        // Before memory is taken for as many numbers as the layer says.
        try FoldedScales(self).check(
            layer, on: .input, weights: weights.count, bias: bias?.count ?? layer.outputs)
        var (weights, bias) = (weights, bias ?? zeros(layer.outputs))
        var weightSpan = weights.mutableSpan
        var biasSpan = bias.mutableSpan
        let values = try fold(
            before: layer, weights: &weightSpan, bias: &biasSpan, padding: padding,
            flushingSubnormals: flushingSubnormals)
        return (weights, bias, values)
    }

    /// Folds in place: weights and bias become those of the layer that does the work of both.
    ///
    /// - Parameters:
    ///   - layer: the kind of layer, and the shape of its weights.
    ///   - weights: its weights.
    ///   - bias: its bias, `layer.outputs` numbers; zeros for a layer without.
    ///   - padding: what surrounds its input; nothing surrounds that of a dense layer.
    ///   - flushingSubnormals: whether weights that become subnormal shall be zero instead.
    /// - Returns: for ``FoldedPadding/valuesNormalizingToZero`` the value to pad each input channel with.
    /// - Throws: as ``folded(before:weights:bias:padding:flushingSubnormals:)``; weights and bias are as they were then.
    @discardableResult
    public func fold(
        before layer: LinearLayer, weights: inout MutableSpan<Scalar>,
        bias: inout MutableSpan<Scalar>, padding: FoldedPadding = .zeros,
        flushingSubnormals: Bool = false
    ) throws(FoldingError) -> [Scalar]? {
        let scales = try FoldedScales(self)
        try scales.check(layer, on: .input, weights: weights.count, bias: bias.count)
        let takesZeros =
            layer.kind == .transposedConvolution || layer.kind == .convolution && padding == .zeros
        if takesZeros, let c = scales.firstShifted {
            throw .inexactFold(
                kind: layer.kind.rawValue, channel: c, normalizedZero: scales.shift(of: c))
        }
        let paddingValues =
            padding == .valuesNormalizingToZero ? try valuesNormalizingToZero(scales) : nil
        var folded: [Double] = []
        folded.reserveCapacity(bias.count)
        for output in 0..<bias.count { folded.append(Double(bias[output])) }
        let rounded = try unsafe weights.withUnsafeMutableBufferPointer {
            weights throws(FoldingError) -> [Scalar] in
            guard let base = weights.baseAddress else { return [] }
            if scales.firstShifted != nil { unsafe scales.addShifts(to: &folded, base, layer) }
            let rounded = try FoldedScales.rounded(folded, as: Scalar.self)
            try unsafe scales.scaleWeights(
                base, of: layer, on: .input, flushing: flushingSubnormals)
            return rounded
        }
        for output in 0..<bias.count { bias[output] = rounded[output] }
        return paddingValues
    }

    /// The number that normalizes to zero, per channel: μ − β / a with a = γ / √(running variance + ε),
    /// or 0 where every number does.
    ///
    /// - Throws: ``FoldingError/noValueNormalizesToZero(channel:shift:)`` where γ is zero and β
    ///   is not, ``FoldingError/normalization(_:)`` with what inference throws,
    ///   ``FoldingError/unfoldableChannel(_:scale:shift:)``.
    public func valuesNormalizingToZero() throws(FoldingError) -> [Scalar] {
        try valuesNormalizingToZero(FoldedScales(self))
    }

    private func valuesNormalizingToZero(_ scales: FoldedScales) throws(FoldingError) -> [Scalar] {
        var values: [Scalar] = []
        for c in 0..<channels {
            let shift = scales.shift(of: c)
            let value = shift == 0 ? 0 : Scalar(scales.mean[c] - scales.beta[c] / scales.scale[c])
            guard value.isFinite else { throw .noValueNormalizesToZero(channel: c, shift: shift) }
            values.append(value)
        }
        return values
    }
}

extension FoldedScales {
    /// bias ← bias + Σ_c b_c · Σ weights_c of a convolution or dense layer, in `Double` whatever the weights.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    fileprivate func addShifts<Scalar: NormalizationScalar>(
        to bias: inout [Double], _ weights: UnsafePointer<Scalar>, _ layer: LinearLayer
    ) {
        if layer.isInOrder { return unsafe addRows(to: &bias, weights, layer) }
        let all = doubles(scale.count) { shift(of: $0) }
        let shifts = all.span
        var totals: [Double] = zeros(bias.count)
        var sums = totals.mutableSpan
        layer.forEachPair { start, count, input, output, _ in
            let shift = shifts[input]
            var sum = 0.0
            for i in start..<(start + count) { unsafe sum += Double(weights[i]) * shift }
            sums[output] += sum
        }
        for output in bias.indices { bias[output] += totals[output] }
    }

    /// The same of weights that lie as PyTorch's do, an output's in a row: a dot product for each.
    @inline(__always)
    private func addRows<Scalar: NormalizationScalar>(
        to bias: inout [Double], _ weights: UnsafePointer<Scalar>, _ layer: LinearLayer
    ) {
        let (length, kernel) = (layer.shape[1] * layer.kernelCount, layer.kernelCount)
        var row = [Double](repeating: 0, count: length)
        var shifts = [Double](repeating: 0, count: length)
        let perGroup = layer.outputs / layer.groups
        for output in 0..<layer.outputs {
            if output.isMultiple(of: perGroup) {
                let first = output / perGroup * layer.shape[1]
                for i in 0..<length { shifts[i] = shift(of: first + i / kernel) }
            }
            let source = unsafe weights + output * length
            for i in 0..<length { row[i] = unsafe Double(source[i]) }
            bias[output] += unsafe row.withUnsafeBufferPointer { row in
                unsafe shifts.withUnsafeBufferPointer { shifts in
                    unsafe Double.dot(length, row.baseAddress!, shifts.baseAddress!)
                }
            }
        }
    }
}

// Whitening in inference is a linear layer that mixes D channels: beside another one, it goes into its weights.

extension WhiteningInference {
    /// Folds this whitening into the convolution or dense layer whose output it whitens.
    ///
    ///     A = γ · W      weights ← A · weights      bias ← A · (bias − μ) + β
    ///
    /// with the rows of the weights that belong to a group's channels as a matrix. Size of the kernel, padding,
    /// stride and dilation do not matter; nothing may stand between the two layers.
    ///
    /// - Parameters:
    ///   - layer: a convolution or a dense layer; the groups of a convolution have whole groups of outputs.
    ///   - weights: its weights, row-major.
    ///   - bias: its bias, `layer.outputs` numbers; `nil` for a layer without.
    /// - Returns: the weights and bias of the layer that does the work of both, computed in `Double`.
    /// - Throws: ``FoldingError/channelMismatch(kind:shape:groups:expected:actual:)``,
    ///   ``FoldingError/wrongLength(_:expected:actual:)``,
    ///   ``FoldingError/unfoldableLayer(kind:shape:groups:groupSize:)``, and
    ///   ``FoldingError/overflow(_:index:value:)``.
    /// - Complexity: O(weights · D).
    public func folded(
        after layer: LinearLayer, weights: [Scalar], bias: [Scalar]? = nil
    ) throws(FoldingError) -> (weights: [Scalar], bias: [Scalar]) {
        try check(layer, channels: layer.outputs, weights.count, bias?.count ?? layer.outputs)
        guard layer.kind != .transposedConvolution,
            (layer.outputs / layer.groups).isMultiple(of: groupSize)
        else { throw unfoldable(layer) }
        let (d, row) = (groupSize, layer.weightCount / layer.outputs)
        let old = layer.inOrder(weights.map { Double($0) })
        var new: [Double] = zeros(old.count)
        for first in stride(from: 0, to: channels, by: d) {
            multiply(
                m: d, n: row, k: d, scaled[(first * d)...], old[(first * row)...], into: &new,
                at: first * row)
        }
        let mean = mean
        let newBias = doubles(channels) { c in
            var sum = shift[c]
            for j in 0..<d {
                let channel = c / d * d + j
                sum += scaled[c * d + j] * ((bias.map { Double($0[channel]) } ?? 0) - mean[channel])
            }
            return sum
        }
        return (
            try rounded(layer.asTheyLie(new), of: .weights, weights),
            try rounded(newBias, of: .bias, bias)
        )
    }

    /// Folds this whitening into the 1×1 convolution or dense layer that takes its output.
    ///
    ///     A = γ · W      b = β − A · μ      bias ← bias + weights · b      weights ← weights · A
    ///
    /// - Parameters:
    ///   - layer: a dense layer, or a convolution whose kernel has one place and which nothing pads; the
    ///     groups of a convolution have whole groups of inputs.
    ///   - weights: its weights, row-major.
    ///   - bias: its bias, `layer.outputs` numbers; `nil` for a layer without.
    /// - Returns: the weights and bias of the layer that does the work of both, computed in `Double`.
    /// - Throws: as ``folded(after:weights:bias:)``; a larger kernel is a layer that cannot be folded into, for
    ///   what pads it is not whitened.
    /// - Complexity: O(weights · D).
    public func folded(
        before layer: LinearLayer, weights: [Scalar], bias: [Scalar]? = nil
    ) throws(FoldingError) -> (weights: [Scalar], bias: [Scalar]) {
        try check(layer, channels: layer.inputs, weights.count, bias?.count ?? layer.outputs)
        let (d, row) = (groupSize, layer.shape[layer.inputAxis])
        guard layer.kind != .transposedConvolution, layer.kernelCount == 1, row.isMultiple(of: d)
        else { throw unfoldable(layer) }
        let old = layer.inOrder(weights.map { Double($0) })
        var new: [Double] = zeros(old.count)
        let shifts = doubles(channels) { c in
            var sum = shift[c]
            for j in 0..<d { sum -= scaled[c * d + j] * mean[c / d * d + j] }
            return sum
        }
        var newBias = bias.map { $0.map { Double($0) } } ?? zeros(layer.outputs)
        for output in 0..<layer.outputs {
            let input = output / (layer.outputs / layer.groups) * row
            for first in stride(from: 0, to: row, by: d) {
                let place = output * row + first
                multiply(
                    m: 1, n: d, k: d, old[place...], scaled[((input + first) * d)...], into: &new,
                    at: place)
            }
            for i in 0..<row { newBias[output] += old[output * row + i] * shifts[input + i] }
        }
        return (
            try rounded(layer.asTheyLie(new), of: .weights, weights),
            try rounded(newBias, of: .bias, bias)
        )
    }

    /// C ← A · B, with rows that follow each other, at a place of C.
    private func multiply(
        m: Int, n: Int, k: Int, _ a: ArraySlice<Double>, _ b: ArraySlice<Double>,
        into c: inout [Double], at place: Int
    ) {
        unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                unsafe c.withUnsafeMutableBufferPointer { c in
                    unsafe SmallProducts.gemm(
                        m: m, n: n, k: k, a.baseAddress!, lda: k, b.baseAddress!, ldb: n,
                        c.baseAddress! + place, ldc: n)
                }
            }
        }
    }

    private func check(
        _ layer: LinearLayer, channels found: Int, _ weights: Int, _ bias: Int
    ) throws(FoldingError) {
        guard found == channels else {
            throw .channelMismatch(
                kind: layer.kind.rawValue, shape: layer.shape, groups: layer.groups,
                expected: channels, actual: found)
        }
        guard weights == layer.weightCount else {
            throw .wrongLength(.weights, expected: layer.weightCount, actual: weights)
        }
        guard bias == layer.outputs else {
            throw .wrongLength(.bias, expected: layer.outputs, actual: bias)
        }
    }

    private func unfoldable(_ layer: LinearLayer) -> FoldingError {
        .unfoldableLayer(
            kind: layer.kind.rawValue, shape: layer.shape, groups: layer.groups,
            groupSize: groupSize)
    }

    /// Folded numbers in the element type; throws where one has become infinite, and none was before.
    private func rounded(
        _ values: [Double], of argument: FoldingError.Argument, _ old: [Scalar]?
    ) throws(FoldingError) -> [Scalar] {
        let result: [Scalar] = Normalization.rounded(values)
        let wereFinite = old?.allSatisfy(\.isFinite) ?? true
        for index in result.indices where wereFinite && !result[index].isFinite {
            throw .overflow(argument, index: index, value: values[index])
        }
        return result
    }
}

internal import BLAS

/// Inference as y = scale · (x − mean) + beta per channel, in `Double`: what folding moves into
/// the weights beside it.
struct FoldedScales: Sendable {
    /// a = γ / √(running variance + ε)
    private(set) var scale: [Double] = []
    private(set) var mean: [Double] = []
    private(set) var beta: [Double] = []

    /// Those of a layer.
    ///
    /// - Throws: where the layer has no running statistics, or a channel's coefficients are beyond the
    ///   range of the element type, or its scale below the normal numbers of `Double`.
    init<Scalar: NormalizationScalar>(_ layer: BatchNorm<Scalar>) throws(FoldingError) {
        let running: RunningStatistics
        do throws(NormalizationError) {
            try layer.checkParts()
            running = try layer.checkedRunningStatistics()
        } catch {
            throw .normalization(error)
        }
        for channel in 0..<layer.channels {
            let deviation = (running.variance[channel] + layer.epsilon).squareRoot()
            let gamma = layer.gamma.value(of: channel, absent: 1)
            scale.append(gamma / deviation)
            mean.append(running.mean[channel])
            beta.append(layer.beta.value(of: channel, absent: 0))
            let (scale, shift) = (scale[channel], shift(of: channel))
            let inRange =
                Scalar(scale).isFinite && Scalar(shift).isFinite
                && (scale.isNormal || scale == 0 && (gamma == 0 || deviation.isInfinite))
            guard inRange else { throw .unfoldableChannel(channel, scale: scale, shift: shift) }
        }
    }

    /// b = β − μ · a, what zero becomes.
    func shift(of channel: Int) -> Double { beta[channel] - mean[channel] * scale[channel] }

    /// The first channel where zero does not become zero.
    var firstShifted: Int? { scale.indices.first { shift(of: $0) != 0 } }

    /// Throws unless the layer has as many channels on that side, and its buffers their lengths.
    func check(
        _ layer: LinearLayer, on side: LinearLayer.Side, weights: Int, bias: Int
    ) throws(FoldingError) {
        let channels = side == .input ? layer.inputs : layer.outputs
        guard channels == scale.count else {
            throw .channelMismatch(
                kind: layer.kind.rawValue, shape: layer.shape, groups: layer.groups,
                expected: scale.count, actual: channels)
        }
        guard weights == layer.weightCount else {
            throw .wrongLength(.weights, expected: layer.weightCount, actual: weights)
        }
        guard bias == layer.outputs else {
            throw .wrongLength(.bias, expected: layer.outputs, actual: bias)
        }
    }

    /// Multiplies every weight by the scale of its channel on that side: a BLAS call for each run of
    /// one channel, a loop for runs too short for one. Throws before anything has changed where a weight
    /// would overflow.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func scaleWeights<Scalar: NormalizationScalar>(
        _ weights: UnsafeMutablePointer<Scalar>, of layer: LinearLayer, on side: LinearLayer.Side,
        flushing: Bool
    ) throws(FoldingError) {
        let factors: [Scalar] = Normalization.rounded(scale)
        try unsafe checkOverflow(of: weights, layer, side, factors)
        layer.forEachRun(on: side) { start, count, channel in
            unsafe scale(weights + start, count, channel, factors[channel], flushing: flushing)
        }
    }

    /// Multiplies the weights of one channel.
    @inline(__always)
    private func scale<Scalar: NormalizationScalar>(
        _ weights: UnsafeMutablePointer<Scalar>, _ count: Int, _ channel: Int, _ factor: Scalar,
        flushing: Bool
    ) {
        if !factor.isNormal {
            // A factor that has lost digits, or a zero, by which BLAS multiplies without a look: in `Double`,
            // so that 0 · ∞ is no number whatever the length of the run.
            for i in 0..<count { unsafe weights[i] = Scalar(Double(weights[i]) * scale[channel]) }
        } else if count >= Self.callLength {
            unsafe Scalar.scal(count, alpha: factor, weights)
        } else {
            for i in 0..<count { unsafe weights[i] *= factor }
        }
        guard flushing else { return }
        for i in 0..<count where unsafe weights[i].isSubnormal { unsafe weights[i] = 0 }
    }

    /// Throws where a weight would overflow.
    @inline(__always)
    private func checkOverflow<Scalar: NormalizationScalar>(
        of weights: UnsafePointer<Scalar>, _ layer: LinearLayer, _ side: LinearLayer.Side,
        _ factors: [Scalar]
    ) throws(FoldingError) {
        try layer.forEachRun(on: side) { start, count, channel throws(FoldingError) in
            // Of a long run its largest weight, of a short one each.
            let isLong = count >= Self.callLength
            let first = start + (isLong ? unsafe Scalar.iamax(count, weights + start) ?? 0 : 0)
            for index in first..<(isLong ? first + 1 : start + count) {
                let weight = unsafe weights[index]
                if weight.isFinite, !(weight * factors[channel]).isFinite {
                    throw .overflow(.weights, index: index, value: Double(weight))
                }
            }
        }
    }

    /// The weights from which on a run is worth a BLAS call.
    private static let callLength = 16

    /// The bias in the element type; throws where a finite number has become infinite.
    static func rounded<Scalar: NormalizationScalar>(
        _ bias: [Double], as type: Scalar.Type
    ) throws(FoldingError) -> [Scalar] {
        let result: [Scalar] = Normalization.rounded(bias)
        for index in bias.indices where bias[index].isFinite && !result[index].isFinite {
            throw .overflow(.bias, index: index, value: bias[index])
        }
        return result
    }
}

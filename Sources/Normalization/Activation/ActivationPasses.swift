/// The two passes of normalization with an activation, for engines that have none of their own: the
/// formulas, one scalar at a time, in `Double`.
enum ActivationPasses {
    /// y = f(γ · (x − μ) · s + β + residual)
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func activate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, adding residual: UnsafePointer<Scalar>?, _ block: Block,
        by map: ForwardMap<Scalar>, _ activation: Activation,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        unsafe forEachValue(of: block, x, residual, map) { i, z in
            unsafe y[i] = Scalar(activation(z))
        }
    }

    /// g · f′(z)
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, adding residual: UnsafePointer<Scalar>?,
        _ gradient: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        _ activation: Activation, into gated: UnsafeMutablePointer<Scalar>
    ) {
        unsafe forEachValue(of: block, x, residual, map) { i, z in
            unsafe gated[i] = Scalar(Double(gradient[i]) * activation.derivative(z))
        }
    }

    /// Calls `body` with each position of the tensor and its z.
    @inline(__always)
    private static func forEachValue<Scalar: NormalizationScalar>(
        of block: Block, _ x: UnsafePointer<Scalar>, _ residual: UnsafePointer<Scalar>?,
        _ map: ForwardMap<Scalar>, _ body: (Int, Double) -> Void
    ) {
        for outer in 0..<block.outer {
            for channel in 0..<block.channels {
                let c = block.firstChannel + channel
                let (mean, s) = unsafe (map.mean[c], map.inverseDeviation[c])
                let (gamma, beta) = unsafe (map.gamma[c], map.beta[c])
                let plane = block.plane(outer, channel)
                for i in plane..<plane + block.inner {
                    var z = unsafe gamma * ((Double(x[i]) - mean) * s) + beta
                    if let residual = unsafe residual { z += unsafe Double(residual[i]) }
                    body(i, z)
                }
            }
        }
    }
}

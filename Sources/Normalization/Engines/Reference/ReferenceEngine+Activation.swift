/// The passes of normalization with an activation, for engines that have none of their own: the
/// formulas, one scalar at a time, in `Double`.
enum ActivationPasses {
    /// y = f(γ · (x − μ) · s + β + residual), and whether f′ is 1 into the mask
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func activate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        then epilogue: Epilogue<Scalar>, into y: UnsafeMutablePointer<Scalar>
    ) {
        let (residual, activation) = unsafe (epilogue.residual, epilogue.activation)
        forEachPlane(of: block) { plane, channel in
            let range = plane..<plane + block.inner
            // Before y is written, which may be where x is.
            if let mask = unsafe epilogue.mask {
                var bits = unsafe MaskWriter(mask, from: plane)
                for i in range {
                    let z = unsafe preactivation(x, residual, map, i, channel)
                    unsafe bits.append(activation.passes(z))
                }
                unsafe bits.finish()
            }
            for i in range {
                let z = unsafe preactivation(x, residual, map, i, channel)
                unsafe y[i] = Scalar(activation(z))
            }
        }
    }

    /// g · f′(z)
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: ForwardMap<Scalar>, then epilogue: Epilogue<Scalar>,
        into gated: UnsafeMutablePointer<Scalar>
    ) {
        let (residual, activation) = unsafe (epilogue.residual, epilogue.activation)
        forEachPlane(of: block) { plane, channel in
            for i in plane..<plane + block.inner {
                let z = unsafe preactivation(x, residual, map, i, channel)
                unsafe gated[i] = Scalar(activation.gated(Double(gradient[i]), at: z))
            }
        }
    }

    /// g · f′, f′ from the mask
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gate<Scalar: NormalizationScalar>(
        _ gradient: UnsafePointer<Scalar>, _ block: Block, by mask: UnsafePointer<UInt8>,
        _ activation: Activation, into gated: UnsafeMutablePointer<Scalar>
    ) {
        forEachPlane(of: block) { plane, _ in
            for i in plane..<plane + block.inner {
                let passes = unsafe mask[i >> 3] >> UInt8(truncatingIfNeeded: i & 7) & 1 == 1
                let g = unsafe gradient[i]
                unsafe gated[i] = passes ? g : activation.blocked(g)
            }
        }
    }

    /// z = γ · (x − μ) · s + β + residual at one position
    @inline(__always)
    private static func preactivation<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ residual: UnsafePointer<Scalar>?,
        _ map: ForwardMap<Scalar>, _ i: Int, _ c: Int
    ) -> Double {
        let normalized = unsafe (Double(x[i]) - map.mean[c]) * map.inverseDeviation[c]
        let z = unsafe map.gamma[c] * normalized + map.beta[c]
        guard let residual = unsafe residual else { return z }
        return unsafe z + Double(residual[i])
    }

    /// Calls `body` with where each plane starts, and its channel as the tensor counts them.
    @inline(__always)
    private static func forEachPlane(of block: Block, _ body: (Int, Int) -> Void) {
        for outer in 0..<block.outer {
            for channel in 0..<block.channels {
                body(block.plane(outer, channel), block.firstChannel + channel)
            }
        }
    }
}

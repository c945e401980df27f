/// Normalization with what follows it: the formulas, one scalar at a time, in `Double`.
extension ReferenceEngine {
    /// y = f(γ · (x − μ) · s + β + residual), and whether f′ is 1 into the mask
    @inline(__always)
    static func activate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, by coefficients: NormalizeCoefficients<Scalar>,
        then epilogue: Epilogue<Scalar>, into y: UnsafeMutablePointer<Scalar>
    ) {
        let (residual, activation) = unsafe (epilogue.residual?.scalars, epilogue.activation)
        forEachPlane(of: block) { plane, lane in
            let range = plane..<plane + block.inner
            // Before y is written, which may be where x is.
            if let mask = unsafe epilogue.mask {
                var bits = unsafe MaskWriter(mask, from: plane)
                for i in range {
                    let z = unsafe preactivation(x, residual, coefficients, i, lane)
                    unsafe bits.append(activation.derivativeIsOne(at: z))
                }
                unsafe bits.finish()
            }
            for i in range {
                let z = unsafe preactivation(x, residual, coefficients, i, lane)
                unsafe y[i] = Scalar(activation(z))
            }
        }
    }

    /// dz = g · f′(z)
    @inline(__always)
    static func activationBackward<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by coefficients: NormalizeCoefficients<Scalar>, through epilogue: Epilogue<Scalar>,
        into dz: UnsafeMutablePointer<Scalar>
    ) {
        let (residual, activation) = unsafe (epilogue.residual?.scalars, epilogue.activation)
        forEachPlane(of: block) { plane, lane in
            for i in plane..<plane + block.inner {
                let z = unsafe preactivation(x, residual, coefficients, i, lane)
                unsafe dz[i] = Scalar(activation.backward(Double(gradient[i]), at: z))
            }
        }
    }

    /// dz = g · f′, f′ from the mask
    @inline(__always)
    static func activationBackward<Scalar: NormalizationScalar>(
        _ gradient: UnsafePointer<Scalar>, _ block: Block, by mask: UnsafePointer<UInt8>,
        _ activation: Activation, into dz: UnsafeMutablePointer<Scalar>
    ) {
        forEachPlane(of: block) { plane, _ in
            for i in plane..<plane + block.inner {
                let isOne = unsafe mask[i >> 3] >> UInt8(truncatingIfNeeded: i & 7) & 1 == 1
                let g = unsafe gradient[i]
                unsafe dz[i] = isOne ? g : activation.backwardElsewhere(g)
            }
        }
    }

    /// z = γ · (x − μ) · s + β + residual at one position
    @inline(__always)
    private static func preactivation<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ residual: UnsafePointer<Scalar>?,
        _ coefficients: NormalizeCoefficients<Scalar>, _ i: Int, _ lane: Int
    ) -> Double {
        let deviation = unsafe Double(x[i]) - coefficients.mean[lane]
        let normalized = deviation * coefficients.inverseDeviation[lane]
        let z = coefficients.gamma[lane] * normalized + coefficients.beta[lane]
        guard let residual = unsafe residual else { return z }
        return unsafe z + Double(residual[i])
    }
}

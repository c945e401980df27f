internal import BLAS

extension BLASEngine {
    /// y = f(γ · (x − μ) · s + β + residual), and whether f′ is 1 into the mask
    @inline(__always)
    static func activate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, by coefficients: NormalizeCoefficients<Scalar>,
        then epilogue: Epilogue<Scalar>, into y: UnsafeMutablePointer<Scalar>,
        _ scratch: UnsafeMutablePointer<Scalar>
    ) {
        let activation = epilogue.activation
        unsafe forEachRun(
            of: block, x, adding: epilogue.residual?.scalars, by: coefficients, scratch
        ) {
            at, n, z in
            if let mask = unsafe epilogue.mask {
                var bits = unsafe MaskWriter(mask, from: at)
                for i in 0..<n { unsafe bits.append(activation.derivativeIsOne(at: z[i])) }
                unsafe bits.finish()
            }
            unsafe ActivationRows.activate(z, n, activation, into: y + at, work: scratch)
        }
    }

    /// dz = g · f′(z)
    @inline(__always)
    static func activationBackward<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by coefficients: NormalizeCoefficients<Scalar>, through epilogue: Epilogue<Scalar>,
        into dz: UnsafeMutablePointer<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>
    ) {
        let activation = epilogue.activation
        unsafe forEachRun(
            of: block, x, adding: epilogue.residual?.scalars, by: coefficients, scratch
        ) {
            at, n, z in
            unsafe ActivationRows.activationBackward(
                z, gradient + at, n, activation, into: dz + at, work: scratch)
        }
    }

    /// Calls `body` with (place in the tensor, count, z) of runs that z stays in L1 for: planes that
    /// touch, together, or a piece of one. The first row of scratch memory is free for `body`.
    @inline(__always)
    private static func forEachRun<Scalar: NormalizationScalar>(
        of block: Block, _ x: UnsafePointer<Scalar>, adding residual: UnsafePointer<Scalar>?,
        by coefficients: NormalizeCoefficients<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>,
        _ body: (Int, Int, UnsafePointer<Scalar>) -> Void
    ) {
        let length = BLASRows.length
        let (z, work) = unsafe (scratch + length, scratch + 2 * length)
        let isTouching = block.laneStride == block.inner
        let group = isTouching ? max(1, length / block.inner) : 1
        let piece = min(block.inner, length)
        for outer in 0..<block.outer {
            for first in stride(from: 0, to: block.lanes, by: group) {
                let lanes = min(group, block.lanes - first)
                for start in stride(from: 0, to: block.inner, by: piece) {
                    let at = block.plane(outer, first) + start
                    let n = min(piece, block.inner - start)
                    let l = block.firstLane + first
                    if block.inner == 1 {
                        unsafe normalizeColumns(x + at, lanes, from: l, by: coefficients, into: z)
                    } else {
                        for lane in 0..<lanes {
                            let row = lane * block.inner
                            unsafe normalizeRow(
                                x + at + row, n, of: l + lane, by: coefficients, into: z + row,
                                work)
                        }
                    }
                    if let residual = unsafe residual {
                        unsafe Scalar.axpy(lanes * n, alpha: 1, residual + at, z)
                    }
                    unsafe body(at, lanes * n, z)
                }
            }
        }
    }

    /// A row of single values, each of a lane of its own, which BLAS has no call for.
    @inline(__always)
    private static func normalizeColumns<Scalar: NormalizationScalar>(
        _ row: UnsafePointer<Scalar>, _ n: Int, from lane: Int,
        by coefficients: NormalizeCoefficients<Scalar>, into z: UnsafeMutablePointer<Scalar>
    ) {
        let center = unsafe coefficients.center.pointer(at: lane)
        let scale = unsafe coefficients.scale.pointer(at: lane)
        let shift = unsafe coefficients.shift.pointer(at: lane)
        for i in 0..<n { unsafe z[i] = (row[i] - center[i]) * scale[i] + shift[i] }
    }
}

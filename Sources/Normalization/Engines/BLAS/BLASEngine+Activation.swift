internal import BLAS

extension BLASEngine {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func activate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        then epilogue: Epilogue<Scalar>, into y: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        let activation = epilogue.activation
        unsafe forEachRun(of: block, x, adding: epilogue.residual, by: map, scratch) { at, n, z in
            if let mask = unsafe epilogue.mask {
                var bits = unsafe MaskWriter(mask, from: at)
                for i in 0..<n { unsafe bits.append(activation.passes(z[i])) }
                unsafe bits.finish()
            }
            unsafe ActivationRows.activate(z, n, activation, into: y + at, work: scratch)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: ForwardMap<Scalar>, then epilogue: Epilogue<Scalar>,
        into gated: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let activation = epilogue.activation
        unsafe forEachRun(of: block, x, adding: epilogue.residual, by: map, scratch) { at, n, z in
            unsafe ActivationRows.gate(
                z, gradient + at, n, activation, into: gated + at, work: scratch)
        }
    }

    /// Calls `body` with (place in the tensor, count, z) of runs that z stays in L1 for: planes that
    /// touch, together, or a piece of one. The first row of scratch memory is free for `body`.
    @inline(__always)
    private static func forEachRun<Scalar: NormalizationScalar>(
        of block: Block, _ x: UnsafePointer<Scalar>, adding residual: UnsafePointer<Scalar>?,
        by map: ForwardMap<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>,
        _ body: (Int, Int, UnsafePointer<Scalar>) -> Void
    ) {
        let length = BLASRows.length
        let (z, work) = unsafe (scratch + length, scratch + 2 * length)
        let isTouching = block.channelStride == block.inner
        let group = isTouching ? max(1, length / block.inner) : 1
        let piece = min(block.inner, length)
        for outer in 0..<block.outer {
            for first in stride(from: 0, to: block.channels, by: group) {
                let channels = min(group, block.channels - first)
                for start in stride(from: 0, to: block.inner, by: piece) {
                    let at = block.plane(outer, first) + start
                    let n = min(piece, block.inner - start)
                    let c = block.firstChannel + first
                    if block.inner == 1 {
                        unsafe normalizeColumns(x + at, channels, from: c, by: map, into: z)
                    } else {
                        for channel in 0..<channels {
                            let row = channel * block.inner
                            unsafe normalizeRow(
                                x + at + row, n, of: c + channel, by: map, into: z + row, work)
                        }
                    }
                    if let residual = unsafe residual {
                        unsafe Scalar.axpy(channels * n, alpha: 1, residual + at, z)
                    }
                    unsafe body(at, channels * n, z)
                }
            }
        }
    }

    /// A row of single values, each of a channel of its own, which BLAS has no call for.
    @inline(__always)
    private static func normalizeColumns<Scalar: NormalizationScalar>(
        _ row: UnsafePointer<Scalar>, _ n: Int, from c: Int, by map: ForwardMap<Scalar>,
        into z: UnsafeMutablePointer<Scalar>
    ) {
        let (center, scale, shift) = unsafe (map.center + c, map.scale + c, map.shift + c)
        for i in 0..<n { unsafe z[i] = (row[i] - center[i]) * scale[i] + shift[i] }
    }
}

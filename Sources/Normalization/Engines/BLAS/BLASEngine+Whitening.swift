internal import BLAS

/// Whitening as level-3 calls on tiles in `Double`, whatever the tensor's type: covariances that were summed in
/// `Float` have had negative traces.
///
/// | pass | calls on a tile |
/// | --- | --- |
/// | covariance | syrk of u = x − center |
/// | gradient | gemm of g and u |
/// | output | gemm; of two products one, with the matrices side by side |
extension BLASEngine: WhiteningEngine {
    /// Two inputs and an output.
    static func scratchCount(for grid: WhiteningGrid) -> Int {
        3 * WhiteningTile.mostElements(grid)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func addProducts<Scalar: NormalizationScalar>(
        of x: UnsafePointer<Scalar>, minus center: UnsafePointer<Double>, _ block: WhiteningBlock,
        into sums: ProductSums, scratch: UnsafeMutablePointer<Double>
    ) {
        block.forEachTile { positions in
            let tile = unsafe WhiteningTile(scratch, block, positions)
            unsafe tile.fill(with: x, minus: center, addingTo: sums.sum)
            unsafe SmallProducts.syrk(
                transA: tile.isTall ? .transposed : .none, n: block.order, k: tile.count,
                tile.values, lda: tile.leading, beta: 1, sums.products, ldc: block.order)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func addProducts<Scalar: NormalizationScalar>(
        of gradient: UnsafePointer<Scalar>, with x: UnsafePointer<Scalar>,
        minus center: UnsafePointer<Double>, _ block: WhiteningBlock, into sums: ProductSums,
        scratch: UnsafeMutablePointer<Double>
    ) {
        let d = block.order
        block.forEachTile { positions in
            let g = unsafe WhiteningTile(scratch, block, positions)
            let u = unsafe WhiteningTile(
                scratch + WhiteningTile.mostElements(block.grid), block, positions)
            unsafe zeroCenters.withUnsafeBufferPointer {
                unsafe g.fill(
                    with: gradient, minus: $0.baseAddress!, from: 0, addingTo: sums.sum)
            }
            unsafe u.fill(with: x, minus: center)
            unsafe SmallProducts.gemm(
                transA: g.isTall ? .transposed : .none, transB: g.isTall ? .none : .transposed,
                m: d, n: d, k: g.count, g.values, lda: g.leading, u.values, ldb: u.leading,
                beta: 1, sums.products, ldc: d)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func write<Scalar: NormalizationScalar>(
        _ output: WhiteningOutput<Scalar>, _ block: WhiteningBlock,
        scratch: UnsafeMutablePointer<Double>
    ) {
        let (d, k) = (block.order, output.inputs * block.order)
        let matrix = unsafe output.matrix(block.group, order: d)
        block.forEachTile { positions in
            let input = unsafe WhiteningTile(scratch, block, positions, inputs: output.inputs)
            let result = unsafe WhiteningTile(
                scratch + 2 * WhiteningTile.mostElements(block.grid), block, positions)
            unsafe input.fill(with: output.first.values, minus: output.first.center)
            if let second = output.second {
                unsafe input.fill(1, with: second.values, minus: second.center)
            }
            if input.isTall {
                unsafe SmallProducts.gemm(
                    transB: .transposed, m: input.count, n: d, k: k, input.values,
                    lda: input.leading, matrix, ldb: k, result.values, ldc: result.leading)
            } else {
                unsafe SmallProducts.gemm(
                    m: d, n: input.count, k: k, matrix, lda: k, input.values,
                    ldb: input.leading, result.values, ldc: result.leading)
            }
            unsafe result.store(
                plus: output.shift, to: output.output, isNonTemporal: output.isNonTemporal)
        }
    }

    private static let zeroCenters = [Double](repeating: 0, count: ChannelLimit.mostOfGroup)
}

/// Matrices by OpenBLAS and LAPACK. Products stay on the calling thread; the decompositions of large
/// matrices may take OpenBLAS's threads.
extension BLASEngine: MatrixAlgebra {
    static func staysOnItsThread(order: Int) -> Bool { order <= SmallProducts.mostRows }

    static func product(
        _ a: SquareMatrix, transposed transA: Bool, _ b: SquareMatrix, transposed transB: Bool
    ) -> SquareMatrix {
        let n = a.order
        var result = SquareMatrix(n, repeating: 0)
        unsafe a.values.withUnsafeBufferPointer { a in
            unsafe b.values.withUnsafeBufferPointer { b in
                unsafe result.values.withUnsafeMutableBufferPointer { c in
                    unsafe SmallProducts.gemm(
                        transA: transA ? .transposed : .none,
                        transB: transB ? .transposed : .none, m: n, n: n, k: n, a.baseAddress!,
                        lda: n, b.baseAddress!, ldb: n, c.baseAddress!, ldc: n)
                }
            }
        }
        return result
    }

    static func product(_ a: SquareMatrix, _ v: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: v.count)
        unsafe a.values.withUnsafeBufferPointer { a in
            unsafe v.withUnsafeBufferPointer { v in
                unsafe result.withUnsafeMutableBufferPointer { result in
                    unsafe SmallProducts.gemv(
                        n: v.count, a.baseAddress!, v.baseAddress!, result.baseAddress!)
                }
            }
        }
        return result
    }

    static func gram(_ a: SquareMatrix) -> SquareMatrix {
        let n = a.order
        var result = SquareMatrix(n, repeating: 0)
        unsafe a.values.withUnsafeBufferPointer { a in
            unsafe result.values.withUnsafeMutableBufferPointer { c in
                unsafe SmallProducts.syrk(
                    n: n, k: n, a.baseAddress!, lda: n, c.baseAddress!, ldc: n)
            }
        }
        for i in 0..<n { for j in 0..<i { result[i, j] = result[j, i] } }
        return result
    }

    static func eigen(_ a: SquareMatrix) -> (values: [Double], vectors: SquareMatrix)? {
        staysOnItsThread(order: a.order) ? eigenOfBand(a) : eigenOfTriangle(a)
    }

    /// By `sbevd`, which never leaves its thread. `syevd` wakes OpenBLAS's threads for each column, of the
    /// smallest matrix too: two callers then wait for each other, ten times as long as the work takes.
    private static func eigenOfBand(
        _ a: SquareMatrix
    ) -> (values: [Double], vectors: SquareMatrix)? {
        let n = a.order
        // Diagonal by diagonal, the middle one last.
        var band = SquareMatrix(n) { $0 + $1 + 1 < n ? 0 : a[$0 + $1 + 1 - n, $1] }
        var vectors = SquareMatrix(n, repeating: 0)
        return unsafe band.values.withUnsafeMutableBufferPointer { ab in
            unsafe vectors.values.withUnsafeMutableBufferPointer { z in
                unsafe eigenvalues(n) { w throws(BLASError) in
                    try unsafe Double.sbevd(
                        triangle: .upper, n: n, bandwidth: n - 1, ab.baseAddress!, ldab: n, w,
                        z.baseAddress!, ldz: n)
                }
            }
        }.map { ($0, vectors) }
    }

    /// By `syevd`, which is faster from about 160 rows on.
    private static func eigenOfTriangle(
        _ a: SquareMatrix
    ) -> (values: [Double], vectors: SquareMatrix)? {
        let n = a.order
        var vectors = a
        return unsafe vectors.values.withUnsafeMutableBufferPointer { a in
            unsafe eigenvalues(n) { w throws(BLASError) in
                try unsafe Double.syevd(triangle: .upper, n: n, a.baseAddress!, lda: n, w)
            }
        }.map { ($0, vectors) }
    }

    /// The values that `decompose` writes, or `nil` where it does not converge.
    private static func eigenvalues(
        _ n: Int, _ decompose: (UnsafeMutablePointer<Double>) throws(BLASError) -> Void
    ) -> [Double]? {
        var values = [Double](repeating: 0, count: n)
        let converged = unsafe values.withUnsafeMutableBufferPointer { w in
            do throws(BLASError) {
                try unsafe decompose(w.baseAddress!)
                return true
            } catch { return false }
        }
        return converged ? values : nil
    }

    static func inverseCholesky(_ a: SquareMatrix) -> SquareMatrix? {
        let n = a.order
        // Only the lower triangle is written.
        var result = SquareMatrix(n) { $0 >= $1 ? a[$0, $1] : 0 }
        let succeeded = unsafe result.values.withUnsafeMutableBufferPointer { a in
            do throws(BLASError) {
                try unsafe Double.potrf(triangle: .lower, n: n, a.baseAddress!, lda: n)
                try unsafe Double.trtri(triangle: .lower, n: n, a.baseAddress!, lda: n)
                return true
            } catch { return false }
        }
        return succeeded ? result : nil
    }
}

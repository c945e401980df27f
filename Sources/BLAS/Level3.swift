// Matrix and matrix. Matrices are row-major: element (i, j) of A lies at i · lda + j. Dimensions and
// leading dimensions are at most Int32.max; more is a programming error and traps.

extension BLASScalar {
    /// C ← α · op(A) · op(B) + β · C
    ///
    /// - Parameters:
    ///   - transA: whether op(A) is Aᵀ.
    ///   - transB: whether op(B) is Bᵀ.
    ///   - m: the rows of op(A) and C.
    ///   - n: the columns of op(B) and C.
    ///   - k: the columns of op(A) and rows of op(B).
    ///   - alpha: α
    ///   - a: A as it lies, m × k (k × m with Aᵀ).
    ///   - lda: the distance of A's rows.
    ///   - b: B as it lies, k × n (n × k with Bᵀ).
    ///   - ldb: the distance of B's rows.
    ///   - beta: β; with 0, C is written without being read.
    ///   - c: C, m × n.
    ///   - ldc: the distance of C's rows.
    @inlinable
    public static func gemm(
        _ transA: Transpose, _ transB: Transpose, _ m: Int, _ n: Int, _ k: Int, _ alpha: Self,
        _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafePointer<Self>, _ ldb: Int, _ beta: Self,
        _ c: UnsafeMutablePointer<Self>, _ ldc: Int
    ) {
        unsafe _gemm(
            transA, transB, Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda), b, Int32(ldb),
            beta, c, Int32(ldc))
    }

    /// C ← α · A · Aᵀ + β · C, or α · Aᵀ · A + β · C, one triangle of it.
    ///
    /// - Parameters:
    ///   - triangle: the half of C that is read and written.
    ///   - trans: `.no` for A · Aᵀ, `.yes` for Aᵀ · A.
    ///   - n: the rows and columns of C.
    ///   - k: the other dimension of A.
    ///   - alpha: α
    ///   - a: A as it lies, n × k (k × n for Aᵀ · A).
    ///   - lda: the distance of A's rows.
    ///   - beta: β
    ///   - c: C, n × n.
    ///   - ldc: the distance of C's rows.
    @inlinable
    public static func syrk(
        _ triangle: Triangle, _ trans: Transpose, _ n: Int, _ k: Int, _ alpha: Self,
        _ a: UnsafePointer<Self>, _ lda: Int, _ beta: Self, _ c: UnsafeMutablePointer<Self>,
        _ ldc: Int
    ) {
        unsafe _syrk(
            triangle, trans, Int32(n), Int32(k), alpha, a, Int32(lda), beta, c, Int32(ldc))
    }

    /// B ← α · op(A), out of place, an extension of OpenBLAS.
    ///
    /// - Parameters:
    ///   - trans: whether op(A) is Aᵀ.
    ///   - rows: the rows of A as it lies.
    ///   - columns: the columns of A as it lies.
    ///   - alpha: α
    ///   - a: A, rows × columns.
    ///   - lda: the distance of A's rows.
    ///   - b: B, columns × rows where transposed; it must not overlap A.
    ///   - ldb: the distance of B's rows.
    @inlinable
    public static func omatcopy(
        _ trans: Transpose, _ rows: Int, _ columns: Int, _ alpha: Self, _ a: UnsafePointer<Self>,
        _ lda: Int, _ b: UnsafeMutablePointer<Self>, _ ldb: Int
    ) {
        unsafe _omatcopy(
            trans, Int32(rows), Int32(columns), alpha, a, Int32(lda), b, Int32(ldb))
    }
}

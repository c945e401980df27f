/// Matrix and vector. Dimensions above Int32.max are refused. As in BLAS, nothing happens when a
/// dimension of the matrix is 0: y is then not even scaled by `beta`.
extension BLASScalar {
    /// y ← alpha · op(A) · x + beta · y, where op(A) is A or its transpose (`cblas_?gemv`).
    ///
    /// - Parameters:
    ///   - transA: Whether A enters transposed.
    ///   - m: The rows of A as stored.
    ///   - n: The columns of A as stored.
    ///   - alpha: The factor of the product.
    ///   - a: The matrix A, m × n.
    ///   - lda: The distance between the rows of A, at least `n`.
    ///   - x: A vector of n elements, or of m when A is transposed.
    ///   - incX: The distance between its elements, not 0; negative runs backwards.
    ///   - beta: The factor of the old y. With 0, y is only written.
    ///   - y: A vector of m elements, or of n when A is transposed. It overlaps neither A nor x.
    ///   - incY: The distance between its elements, not 0; negative runs backwards.
    @inlinable
    public static func gemv(
        transA: Transpose = .none, m: Int, n: Int, alpha: Self = 1, _ a: UnsafePointer<Self>,
        lda: Int, _ x: UnsafePointer<Self>, incX: Int = 1, beta: Self = 0,
        _ y: UnsafeMutablePointer<Self>, incY: Int = 1
    ) {
        let m = Arguments.dimension(m, "m", "gemv")
        let n = Arguments.dimension(n, "n", "gemv")
        let lda = Arguments.leadingDimension(lda, width: n, "lda", "gemv")
        let incX = Arguments.nonZeroIncrement(incX, "incX", "gemv")
        let incY = Arguments.nonZeroIncrement(incY, "incY", "gemv")
        unsafe _cblasGemv(transA, m, n, alpha, a, lda, x, incX, beta, y, incY)
    }
}

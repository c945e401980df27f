/// Matrix and matrix. Dimensions above Int32.max are refused. The output overlaps no input.
extension BLASScalar {
    /// C ← alpha · op(A) · op(B) + beta · C (`cblas_?gemm`).
    ///
    /// - Parameters:
    ///   - transA: Whether A enters transposed.
    ///   - transB: Whether B enters transposed.
    ///   - m: The rows of C and of op(A).
    ///   - n: The columns of C and of op(B).
    ///   - k: The columns of op(A) and rows of op(B). With 0, C ← beta · C.
    ///   - alpha: The factor of the product.
    ///   - a: The matrix A: m × k as stored, or k × m when it enters transposed.
    ///   - lda: The distance between the rows of A as stored, at least their length.
    ///   - b: The matrix B: k × n as stored, or n × k when it enters transposed.
    ///   - ldb: The distance between the rows of B as stored, at least their length.
    ///   - beta: The factor of the old C. With 0, C is only written.
    ///   - c: The matrix C, m × n.
    ///   - ldc: The distance between the rows of C, at least `n`.
    @inlinable
    public static func gemm(
        transA: Transpose = .none, transB: Transpose = .none, m: Int, n: Int, k: Int,
        alpha: Self = 1, _ a: UnsafePointer<Self>, lda: Int, _ b: UnsafePointer<Self>, ldb: Int,
        beta: Self = 0, _ c: UnsafeMutablePointer<Self>, ldc: Int
    ) {
        let m = Arguments.dimension(m, "m", "gemm")
        let n = Arguments.dimension(n, "n", "gemm")
        let k = Arguments.dimension(k, "k", "gemm")
        let lda = Arguments.leadingDimension(
            lda, width: transA == .none ? k : m, "lda", "gemm")
        let ldb = Arguments.leadingDimension(
            ldb, width: transB == .none ? n : k, "ldb", "gemm")
        let ldc = Arguments.leadingDimension(ldc, width: n, "ldc", "gemm")
        unsafe _cblasGemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
    }

    /// C ← alpha · op(A) · op(A)ᵀ + beta · C in one triangle of the symmetric matrix C
    /// (`cblas_?syrk`): the Gram matrix of the rows of A, or of its columns when transposed.
    ///
    /// - Parameters:
    ///   - triangle: The triangle of C that is read and written.
    ///   - transA: `.none` for A · Aᵀ, `.transposed` for Aᵀ · A.
    ///   - n: The rows and columns of C.
    ///   - k: The length of the sums. With 0, C ← beta · C.
    ///   - alpha: The factor of the product.
    ///   - a: The matrix A: n × k as stored, or k × n when it enters transposed.
    ///   - lda: The distance between the rows of A as stored, at least their length.
    ///   - beta: The factor of the old C. With 0, C is only written.
    ///   - c: The matrix C, n × n.
    ///   - ldc: The distance between the rows of C, at least `n`.
    @inlinable
    public static func syrk(
        triangle: Triangle, transA: Transpose = .none, n: Int, k: Int, alpha: Self = 1,
        _ a: UnsafePointer<Self>, lda: Int, beta: Self = 0, _ c: UnsafeMutablePointer<Self>,
        ldc: Int
    ) {
        let n = Arguments.dimension(n, "n", "syrk")
        let k = Arguments.dimension(k, "k", "syrk")
        let lda = Arguments.leadingDimension(
            lda, width: transA == .none ? k : n, "lda", "syrk")
        let ldc = Arguments.leadingDimension(ldc, width: n, "ldc", "syrk")
        unsafe _cblasSyrk(triangle, transA, n, k, alpha, a, lda, beta, c, ldc)
    }

    /// B ← alpha · op(A): a matrix copied, scaled or transposed into another, an extension of
    /// OpenBLAS (`cblas_?omatcopy`).
    ///
    /// - Parameters:
    ///   - transA: Whether B is to be the transpose of A.
    ///   - rows: The rows of A.
    ///   - columns: The columns of A.
    ///   - alpha: The factor.
    ///   - a: The matrix A, rows × columns.
    ///   - lda: The distance between the rows of A, at least `columns`.
    ///   - b: The matrix B: rows × columns, or columns × rows when transposed.
    ///   - ldb: The distance between the rows of B, at least their length.
    @inlinable
    public static func omatcopy(
        transA: Transpose = .none, rows: Int, columns: Int, alpha: Self = 1,
        _ a: UnsafePointer<Self>, lda: Int, _ b: UnsafeMutablePointer<Self>, ldb: Int
    ) {
        let rows = Arguments.dimension(rows, "rows", "omatcopy")
        let columns = Arguments.dimension(columns, "columns", "omatcopy")
        let lda = Arguments.leadingDimension(lda, width: columns, "lda", "omatcopy")
        let ldb = Arguments.leadingDimension(
            ldb, width: transA == .none ? columns : rows, "ldb", "omatcopy")
        // OpenBLAS takes a matrix without elements for an error, and prints a line.
        guard rows > 0, columns > 0 else { return }
        unsafe _cblasOmatcopy(transA, rows, columns, alpha, a, lda, b, ldb)
    }
}

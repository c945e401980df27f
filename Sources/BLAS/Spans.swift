// Products of matrices and vectors in spans, whose lengths are known and checked.
extension BLASScalar {
    /// y ← alpha · op(A) · x + beta · y, where op(A) is A or its transpose (`cblas_?gemv`).
    ///
    /// The program stops, with a message that names the argument, where a span is too short for the dimensions.
    ///
    /// ```swift
    /// import BLAS
    ///
    /// let (weights, x): ([Float], [Float]) = ([1, 2, 3, 4, 5, 6], [1, 0, 1])
    /// var result: [Float] = [0, 0]
    /// var y = result.mutableSpan
    /// Float.gemv(m: 2, n: 3, weights.span, x.span, &y)  // [4, 10]
    /// ```
    ///
    /// - Parameters:
    ///   - transA: Whether A enters transposed.
    ///   - m: The rows of A as stored.
    ///   - n: The columns of A as stored.
    ///   - alpha: The factor of the product.
    ///   - a: The matrix A, m × n.
    ///   - lda: The distance between the rows of A, at least `n`; `nil`: `n`.
    ///   - x: A vector of n elements, or of m when A is transposed.
    ///   - incX: The distance between its elements, not 0; negative runs backwards.
    ///   - beta: The factor of the old y. With 0, y is only written.
    ///   - y: A vector of m elements, or of n when A is transposed. It overlaps neither A nor x.
    ///   - incY: The distance between its elements, not 0; negative runs backwards.
    @inlinable
    public static func gemv(
        transA: Transpose = .none, m: Int, n: Int, alpha: Self = 1, _ a: Span<Self>,
        lda: Int? = nil, _ x: Span<Self>, incX: Int = 1, beta: Self = 0,
        _ y: inout MutableSpan<Self>, incY: Int = 1
    ) {
        _ = (Arguments.dimension(m, "m", "gemv"), Arguments.dimension(n, "n", "gemv"))
        let lda = lda ?? n
        let (xCount, yCount) = transA == .none ? (n, m) : (m, n)
        Arguments.matrix(a.count, rows: m, leading: lda, width: n, "a", "lda", "gemv")
        Arguments.vector(x.count, xCount, increment: incX, "x", "incX", "gemv")
        Arguments.vector(y.count, yCount, increment: incY, "y", "incY", "gemv")
        guard m > 0, n > 0 else { return }
        unsafe a.withUnsafeBufferPointer { a in
            unsafe x.withUnsafeBufferPointer { x in
                unsafe y.withUnsafeMutableBufferPointer { y in
                    unsafe gemv(
                        transA: transA, m: m, n: n, alpha: alpha, a.baseAddress!, lda: lda,
                        x.baseAddress!, incX: incX, beta: beta, y.baseAddress!, incY: incY)
                }
            }
        }
    }

    /// C ← alpha · op(A) · op(B) + beta · C (`cblas_?gemm`).
    ///
    /// The program stops, with a message that names the argument, where a span is too short for the dimensions.
    ///
    /// ```swift
    /// import BLAS
    ///
    /// let (weights, x): ([Float], [Float]) = ([1, 2, 3, 4, 5, 6], [1, 0, 0, 1, 1, 1])
    /// var result: [Float] = [0, 0, 0, 0]
    /// var c = result.mutableSpan
    /// Float.gemm(m: 2, n: 2, k: 3, weights.span, x.span, &c)  // [4, 5, 10, 11]
    /// ```
    ///
    /// - Parameters:
    ///   - transA: Whether A enters transposed.
    ///   - transB: Whether B enters transposed.
    ///   - m: The rows of C and of op(A).
    ///   - n: The columns of C and of op(B).
    ///   - k: The columns of op(A) and rows of op(B). With 0, C ← beta · C.
    ///   - alpha: The factor of the product.
    ///   - a: The matrix A: m × k as stored, or k × m when it enters transposed.
    ///   - lda: The distance between the rows of A as stored; `nil`: their length.
    ///   - b: The matrix B: k × n as stored, or n × k when it enters transposed.
    ///   - ldb: The distance between the rows of B as stored; `nil`: their length.
    ///   - beta: The factor of the old C. With 0, C is only written.
    ///   - c: The matrix C, m × n. It overlaps neither A nor B.
    ///   - ldc: The distance between the rows of C; `nil`: `n`.
    @inlinable
    public static func gemm(
        transA: Transpose = .none, transB: Transpose = .none, m: Int, n: Int, k: Int,
        alpha: Self = 1, _ a: Span<Self>, lda: Int? = nil, _ b: Span<Self>, ldb: Int? = nil,
        beta: Self = 0, _ c: inout MutableSpan<Self>, ldc: Int? = nil
    ) {
        _ = (Arguments.dimension(m, "m", "gemm"), Arguments.dimension(n, "n", "gemm"))
        _ = Arguments.dimension(k, "k", "gemm")
        let (aRows, aWidth) = transA == .none ? (m, k) : (k, m)
        let (bRows, bWidth) = transB == .none ? (k, n) : (n, k)
        let (lda, ldb, ldc) = (lda ?? aWidth, ldb ?? bWidth, ldc ?? n)
        Arguments.matrix(a.count, rows: aRows, leading: lda, width: aWidth, "a", "lda", "gemm")
        Arguments.matrix(b.count, rows: bRows, leading: ldb, width: bWidth, "b", "ldb", "gemm")
        Arguments.matrix(c.count, rows: m, leading: ldc, width: n, "c", "ldc", "gemm")
        guard m > 0, n > 0 else { return }
        unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                unsafe c.withUnsafeMutableBufferPointer { c in
                    let c = c.baseAddress!
                    // With k = 0 nothing is read of A and B.
                    unsafe gemm(
                        transA: transA, transB: transB, m: m, n: n, k: k, alpha: alpha,
                        a.baseAddress ?? UnsafePointer(c), lda: lda,
                        b.baseAddress ?? UnsafePointer(c), ldb: ldb, beta: beta, c, ldc: ldc)
                }
            }
        }
    }
}

// Matrix and vector. Matrices are row-major: element (i, j) of A lies at i · lda + j. Dimensions,
// leading dimensions and strides are at most Int32.max; more is a programming error and traps.

extension BLASScalar {
    /// y ← α · op(A) · x + β · y
    ///
    /// - Parameters:
    ///   - trans: whether op(A) is Aᵀ.
    ///   - m: the rows of A as it lies.
    ///   - n: the columns of A as it lies.
    ///   - alpha: α
    ///   - a: A, m × n.
    ///   - lda: the distance of A's rows, at least n.
    ///   - x: the vector, n elements (m with Aᵀ), `incX` apart.
    ///   - incX: the stride of x.
    ///   - beta: β; with 0, y is written without being read.
    ///   - y: the result, m elements (n with Aᵀ), `incY` apart.
    ///   - incY: the stride of y.
    @inlinable
    public static func gemv(
        _ trans: Transpose, _ m: Int, _ n: Int, _ alpha: Self, _ a: UnsafePointer<Self>,
        _ lda: Int, _ x: UnsafePointer<Self>, _ incX: Int = 1, _ beta: Self,
        _ y: UnsafeMutablePointer<Self>, _ incY: Int = 1
    ) {
        unsafe _gemv(
            trans, Int32(m), Int32(n), alpha, a, Int32(lda), x, Int32(incX), beta, y, Int32(incY))
    }

    /// A ← α · x · yᵀ + A
    ///
    /// - Parameters:
    ///   - m: the rows of A and elements of x.
    ///   - n: the columns of A and elements of y.
    ///   - alpha: α
    ///   - x: m elements, `incX` apart.
    ///   - incX: the stride of x.
    ///   - y: n elements, `incY` apart.
    ///   - incY: the stride of y.
    ///   - a: A, m × n.
    ///   - lda: the distance of A's rows, at least n.
    @inlinable
    public static func ger(
        _ m: Int, _ n: Int, _ alpha: Self, _ x: UnsafePointer<Self>, _ incX: Int = 1,
        _ y: UnsafePointer<Self>, _ incY: Int = 1, _ a: UnsafeMutablePointer<Self>, _ lda: Int
    ) {
        unsafe _ger(
            Int32(m), Int32(n), alpha, x, Int32(incX), y, Int32(incY), a, Int32(lda))
    }
}

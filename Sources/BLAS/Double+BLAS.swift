public import COpenBLAS

// The calls of cblas.h and lapacke.h for double precision, one line each.

extension Double: BLASScalar {
    @inlinable
    public static func _sum(_ n: Int32, _ x: UnsafePointer<Double>, _ incX: Int32) -> Double {
        unsafe cblas_dsum(n, x, incX)
    }

    @inlinable
    public static func _asum(_ n: Int32, _ x: UnsafePointer<Double>, _ incX: Int32) -> Double {
        unsafe cblas_dasum(n, x, incX)
    }

    @inlinable
    public static func _dot(
        _ n: Int32, _ x: UnsafePointer<Double>, _ incX: Int32, _ y: UnsafePointer<Double>,
        _ incY: Int32
    ) -> Double {
        unsafe cblas_ddot(n, x, incX, y, incY)
    }

    @inlinable
    public static func _axpy(
        _ n: Int32, _ alpha: Double, _ x: UnsafePointer<Double>, _ incX: Int32,
        _ y: UnsafeMutablePointer<Double>, _ incY: Int32
    ) {
        unsafe cblas_daxpy(n, alpha, x, incX, y, incY)
    }

    @inlinable
    public static func _scal(
        _ n: Int32, _ alpha: Double, _ x: UnsafeMutablePointer<Double>, _ incX: Int32
    ) {
        unsafe cblas_dscal(n, alpha, x, incX)
    }

    @inlinable
    public static func _copy(
        _ n: Int32, _ x: UnsafePointer<Double>, _ incX: Int32, _ y: UnsafeMutablePointer<Double>,
        _ incY: Int32
    ) {
        unsafe cblas_dcopy(n, x, incX, y, incY)
    }

    @inlinable
    public static func _gemv(
        _ trans: Transpose, _ m: Int32, _ n: Int32, _ alpha: Double, _ a: UnsafePointer<Double>,
        _ lda: Int32, _ x: UnsafePointer<Double>, _ incX: Int32, _ beta: Double,
        _ y: UnsafeMutablePointer<Double>, _ incY: Int32
    ) {
        unsafe cblas_dgemv(
            CblasRowMajor, trans.cblas, m, n, alpha, a, lda, x, incX, beta, y, incY)
    }

    @inlinable
    public static func _ger(
        _ m: Int32, _ n: Int32, _ alpha: Double, _ x: UnsafePointer<Double>, _ incX: Int32,
        _ y: UnsafePointer<Double>, _ incY: Int32, _ a: UnsafeMutablePointer<Double>, _ lda: Int32
    ) {
        unsafe cblas_dger(CblasRowMajor, m, n, alpha, x, incX, y, incY, a, lda)
    }

    @inlinable
    public static func _gemm(
        _ transA: Transpose, _ transB: Transpose, _ m: Int32, _ n: Int32, _ k: Int32,
        _ alpha: Double, _ a: UnsafePointer<Double>, _ lda: Int32, _ b: UnsafePointer<Double>,
        _ ldb: Int32, _ beta: Double, _ c: UnsafeMutablePointer<Double>, _ ldc: Int32
    ) {
        unsafe cblas_dgemm(
            CblasRowMajor, transA.cblas, transB.cblas, m, n, k, alpha, a, lda, b, ldb, beta, c,
            ldc)
    }

    @inlinable
    public static func _syrk(
        _ triangle: Triangle, _ trans: Transpose, _ n: Int32, _ k: Int32, _ alpha: Double,
        _ a: UnsafePointer<Double>, _ lda: Int32, _ beta: Double, _ c: UnsafeMutablePointer<Double>,
        _ ldc: Int32
    ) {
        unsafe cblas_dsyrk(
            CblasRowMajor, triangle.cblas, trans.cblas, n, k, alpha, a, lda, beta, c, ldc)
    }

    @inlinable
    public static func _omatcopy(
        _ trans: Transpose, _ rows: Int32, _ columns: Int32, _ alpha: Double,
        _ a: UnsafePointer<Double>, _ lda: Int32, _ b: UnsafeMutablePointer<Double>, _ ldb: Int32
    ) {
        unsafe cblas_domatcopy(CblasRowMajor, trans.cblas, rows, columns, alpha, a, lda, b, ldb)
    }

    @inlinable
    public static func _potrf(
        _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Double>, _ lda: Int32
    ) -> Int32 {
        unsafe LAPACKE_dpotrf(LAPACK_ROW_MAJOR, triangle.lapack, n, a, lda)
    }

    @inlinable
    public static func _syevd(
        _ job: CChar, _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Double>,
        _ lda: Int32, _ w: UnsafeMutablePointer<Double>
    ) -> Int32 {
        unsafe LAPACKE_dsyevd(LAPACK_ROW_MAJOR, job, triangle.lapack, n, a, lda, w)
    }
}

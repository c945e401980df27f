public import COpenBLAS

// The calls of cblas.h and lapacke.h for single precision, one line each.

extension Float: BLASScalar {
    @inlinable
    public static func _sum(_ n: Int32, _ x: UnsafePointer<Float>, _ incX: Int32) -> Float {
        unsafe cblas_ssum(n, x, incX)
    }

    @inlinable
    public static func _asum(_ n: Int32, _ x: UnsafePointer<Float>, _ incX: Int32) -> Float {
        unsafe cblas_sasum(n, x, incX)
    }

    @inlinable
    public static func _dot(
        _ n: Int32, _ x: UnsafePointer<Float>, _ incX: Int32, _ y: UnsafePointer<Float>,
        _ incY: Int32
    ) -> Float {
        unsafe cblas_sdot(n, x, incX, y, incY)
    }

    @inlinable
    public static func _axpy(
        _ n: Int32, _ alpha: Float, _ x: UnsafePointer<Float>, _ incX: Int32,
        _ y: UnsafeMutablePointer<Float>, _ incY: Int32
    ) {
        unsafe cblas_saxpy(n, alpha, x, incX, y, incY)
    }

    @inlinable
    public static func _scal(
        _ n: Int32, _ alpha: Float, _ x: UnsafeMutablePointer<Float>, _ incX: Int32
    ) {
        unsafe cblas_sscal(n, alpha, x, incX)
    }

    @inlinable
    public static func _copy(
        _ n: Int32, _ x: UnsafePointer<Float>, _ incX: Int32, _ y: UnsafeMutablePointer<Float>,
        _ incY: Int32
    ) {
        unsafe cblas_scopy(n, x, incX, y, incY)
    }

    @inlinable
    public static func _gemv(
        _ trans: Transpose, _ m: Int32, _ n: Int32, _ alpha: Float, _ a: UnsafePointer<Float>,
        _ lda: Int32, _ x: UnsafePointer<Float>, _ incX: Int32, _ beta: Float,
        _ y: UnsafeMutablePointer<Float>, _ incY: Int32
    ) {
        unsafe cblas_sgemv(
            CblasRowMajor, trans.cblas, m, n, alpha, a, lda, x, incX, beta, y, incY)
    }

    @inlinable
    public static func _ger(
        _ m: Int32, _ n: Int32, _ alpha: Float, _ x: UnsafePointer<Float>, _ incX: Int32,
        _ y: UnsafePointer<Float>, _ incY: Int32, _ a: UnsafeMutablePointer<Float>, _ lda: Int32
    ) {
        unsafe cblas_sger(CblasRowMajor, m, n, alpha, x, incX, y, incY, a, lda)
    }

    @inlinable
    public static func _gemm(
        _ transA: Transpose, _ transB: Transpose, _ m: Int32, _ n: Int32, _ k: Int32,
        _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int32, _ b: UnsafePointer<Float>,
        _ ldb: Int32, _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int32
    ) {
        unsafe cblas_sgemm(
            CblasRowMajor, transA.cblas, transB.cblas, m, n, k, alpha, a, lda, b, ldb, beta, c,
            ldc)
    }

    @inlinable
    public static func _syrk(
        _ triangle: Triangle, _ trans: Transpose, _ n: Int32, _ k: Int32, _ alpha: Float,
        _ a: UnsafePointer<Float>, _ lda: Int32, _ beta: Float, _ c: UnsafeMutablePointer<Float>,
        _ ldc: Int32
    ) {
        unsafe cblas_ssyrk(
            CblasRowMajor, triangle.cblas, trans.cblas, n, k, alpha, a, lda, beta, c, ldc)
    }

    @inlinable
    public static func _omatcopy(
        _ trans: Transpose, _ rows: Int32, _ columns: Int32, _ alpha: Float,
        _ a: UnsafePointer<Float>, _ lda: Int32, _ b: UnsafeMutablePointer<Float>, _ ldb: Int32
    ) {
        unsafe cblas_somatcopy(CblasRowMajor, trans.cblas, rows, columns, alpha, a, lda, b, ldb)
    }

    @inlinable
    public static func _potrf(
        _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Float>, _ lda: Int32
    ) -> Int32 {
        unsafe LAPACKE_spotrf(LAPACK_ROW_MAJOR, triangle.lapack, n, a, lda)
    }

    @inlinable
    public static func _syevd(
        _ job: CChar, _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Float>,
        _ lda: Int32, _ w: UnsafeMutablePointer<Float>
    ) -> Int32 {
        unsafe LAPACKE_ssyevd(LAPACK_ROW_MAJOR, job, triangle.lapack, n, a, lda, w)
    }
}

public import COpenBLAS

/// `Double` as OpenBLAS's double precision: the `d` routines.
extension Double: BLASScalar {
    /// `cblas_dsum`.
    @inlinable
    public static func _cblasSum(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32
    ) -> Self {
        unsafe cblas_dsum(n, x, incX)
    }

    /// `cblas_dasum`.
    @inlinable
    public static func _cblasAsum(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32
    ) -> Self {
        unsafe cblas_dasum(n, x, incX)
    }

    /// `cblas_idamax`.
    @inlinable
    public static func _cblasIamax(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32
    ) -> Int {
        Int(unsafe cblas_idamax(n, x, incX))
    }

    /// `cblas_ddot`.
    @inlinable
    public static func _cblasDot(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32, _ y: UnsafePointer<Self>,
        _ incY: Int32
    ) -> Self {
        unsafe cblas_ddot(n, x, incX, y, incY)
    }

    /// `cblas_daxpy`.
    @inlinable
    public static func _cblasAxpy(
        _ n: Int32, _ alpha: Self, _ x: UnsafePointer<Self>, _ incX: Int32,
        _ y: UnsafeMutablePointer<Self>, _ incY: Int32
    ) {
        unsafe cblas_daxpy(n, alpha, x, incX, y, incY)
    }

    /// `cblas_dcopy`.
    @inlinable
    public static func _cblasCopy(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32, _ y: UnsafeMutablePointer<Self>,
        _ incY: Int32
    ) {
        unsafe cblas_dcopy(n, x, incX, y, incY)
    }

    /// `cblas_dscal`.
    @inlinable
    public static func _cblasScal(
        _ n: Int32, _ alpha: Self, _ x: UnsafeMutablePointer<Self>, _ incX: Int32
    ) {
        unsafe cblas_dscal(n, alpha, x, incX)
    }

    /// `cblas_dgemv`.
    @inlinable
    public static func _cblasGemv(
        _ transA: Transpose, _ m: Int32, _ n: Int32, _ alpha: Self, _ a: UnsafePointer<Self>,
        _ lda: Int32, _ x: UnsafePointer<Self>, _ incX: Int32, _ beta: Self,
        _ y: UnsafeMutablePointer<Self>, _ incY: Int32
    ) {
        unsafe cblas_dgemv(
            CblasRowMajor, transA.cblas, m, n, alpha, a, lda, x, incX, beta, y, incY)
    }

    /// `cblas_dgemm`.
    @inlinable
    public static func _cblasGemm(
        _ transA: Transpose, _ transB: Transpose, _ m: Int32, _ n: Int32, _ k: Int32,
        _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafePointer<Self>,
        _ ldb: Int32, _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ ldc: Int32
    ) {
        unsafe cblas_dgemm(
            CblasRowMajor, transA.cblas, transB.cblas, m, n, k, alpha, a, lda, b, ldb, beta, c,
            ldc)
    }

    /// `cblas_dsyrk`.
    @inlinable
    public static func _cblasSyrk(
        _ triangle: Triangle, _ transA: Transpose, _ n: Int32, _ k: Int32, _ alpha: Self,
        _ a: UnsafePointer<Self>, _ lda: Int32, _ beta: Self, _ c: UnsafeMutablePointer<Self>,
        _ ldc: Int32
    ) {
        unsafe cblas_dsyrk(
            CblasRowMajor, triangle.cblas, transA.cblas, n, k, alpha, a, lda, beta, c, ldc)
    }

    /// `cblas_domatcopy`.
    @inlinable
    public static func _cblasOmatcopy(
        _ transA: Transpose, _ rows: Int32, _ columns: Int32, _ alpha: Self,
        _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafeMutablePointer<Self>, _ ldb: Int32
    ) {
        unsafe cblas_domatcopy(
            CblasRowMajor, transA.cblas, rows, columns, alpha, a, lda, b, ldb)
    }

    /// `LAPACKE_dpotrf_work`.
    public static func _lapackePotrf(
        _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>, _ lda: Int32
    ) -> Int32 {
        unsafe LAPACKE_dpotrf_work(LAPACK_ROW_MAJOR, triangle.lapack, n, a, lda)
    }

    /// `LAPACKE_dtrtri_work`.
    public static func _lapackeTrtri(
        _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>, _ lda: Int32
    ) -> Int32 {
        let diagonal = CChar(bitPattern: UInt8(ascii: "N"))
        return unsafe LAPACKE_dtrtri_work(
            LAPACK_ROW_MAJOR, triangle.lapack, diagonal, n, a, lda)
    }

    /// `LAPACKE_dsyevd_work`.
    public static func _lapackeSyevd(
        _ vectors: Bool, _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>,
        _ lda: Int32, _ w: UnsafeMutablePointer<Self>, _ work: UnsafeMutablePointer<Self>,
        _ workCount: Int32, _ integers: UnsafeMutablePointer<Int32>, _ integerCount: Int32
    ) -> Int32 {
        let job = CChar(bitPattern: UInt8(ascii: vectors ? "V" : "N"))
        return unsafe LAPACKE_dsyevd_work(
            LAPACK_ROW_MAJOR, job, triangle.lapack, n, a, lda, w, work, workCount, integers,
            integerCount)
    }

    /// `LAPACKE_dsbevd_work`.
    public static func _lapackeSbevd(
        _ triangle: Triangle, _ n: Int32, _ bandwidth: Int32, _ ab: UnsafeMutablePointer<Self>,
        _ ldab: Int32, _ w: UnsafeMutablePointer<Self>, _ z: UnsafeMutablePointer<Self>,
        _ ldz: Int32, _ work: UnsafeMutablePointer<Self>, _ workCount: Int32,
        _ integers: UnsafeMutablePointer<Int32>, _ integerCount: Int32
    ) -> Int32 {
        let job = CChar(bitPattern: UInt8(ascii: "V"))
        return unsafe LAPACKE_dsbevd_work(
            LAPACK_ROW_MAJOR, job, triangle.lapack, n, bandwidth, ab, ldab, w, z, ldz, work,
            workCount, integers, integerCount)
    }
}

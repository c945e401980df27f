public import COpenBLAS

/// `Float` as OpenBLAS's single precision: the `s` routines.
extension Float: BLASScalar {
    /// `cblas_ssum`, where that is right.
    @inlinable
    public static func _cblasSum(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32
    ) -> Self {
        unsafe OpenBLAS.addsFloats
            ? cblas_ssum(n, x, incX) : OpenBLAS.dotWithOnes(n, x, incX)
    }

    /// `cblas_sasum`.
    @inlinable
    public static func _cblasAsum(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32
    ) -> Self {
        unsafe cblas_sasum(n, x, incX)
    }

    /// `cblas_isamax`.
    @inlinable
    public static func _cblasIamax(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32
    ) -> Int {
        Int(unsafe cblas_isamax(n, x, incX))
    }

    /// `cblas_sdot`.
    @inlinable
    public static func _cblasDot(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32, _ y: UnsafePointer<Self>,
        _ incY: Int32
    ) -> Self {
        unsafe cblas_sdot(n, x, incX, y, incY)
    }

    /// `cblas_saxpy`.
    @inlinable
    public static func _cblasAxpy(
        _ n: Int32, _ alpha: Self, _ x: UnsafePointer<Self>, _ incX: Int32,
        _ y: UnsafeMutablePointer<Self>, _ incY: Int32
    ) {
        unsafe cblas_saxpy(n, alpha, x, incX, y, incY)
    }

    /// `cblas_scopy`.
    @inlinable
    public static func _cblasCopy(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32, _ y: UnsafeMutablePointer<Self>,
        _ incY: Int32
    ) {
        unsafe cblas_scopy(n, x, incX, y, incY)
    }

    /// `cblas_sscal`.
    @inlinable
    public static func _cblasScal(
        _ n: Int32, _ alpha: Self, _ x: UnsafeMutablePointer<Self>, _ incX: Int32
    ) {
        unsafe cblas_sscal(n, alpha, x, incX)
    }

    /// `cblas_sgemv`.
    @inlinable
    public static func _cblasGemv(
        _ transA: Transpose, _ m: Int32, _ n: Int32, _ alpha: Self, _ a: UnsafePointer<Self>,
        _ lda: Int32, _ x: UnsafePointer<Self>, _ incX: Int32, _ beta: Self,
        _ y: UnsafeMutablePointer<Self>, _ incY: Int32
    ) {
        unsafe cblas_sgemv(
            CblasRowMajor, transA.cblas, m, n, alpha, a, lda, x, incX, beta, y, incY)
    }

    /// `cblas_sgemm`.
    @inlinable
    public static func _cblasGemm(
        _ transA: Transpose, _ transB: Transpose, _ m: Int32, _ n: Int32, _ k: Int32,
        _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafePointer<Self>,
        _ ldb: Int32, _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ ldc: Int32
    ) {
        unsafe cblas_sgemm(
            CblasRowMajor, transA.cblas, transB.cblas, m, n, k, alpha, a, lda, b, ldb, beta, c,
            ldc)
    }

    /// `cblas_ssyrk`.
    @inlinable
    public static func _cblasSyrk(
        _ triangle: Triangle, _ transA: Transpose, _ n: Int32, _ k: Int32, _ alpha: Self,
        _ a: UnsafePointer<Self>, _ lda: Int32, _ beta: Self, _ c: UnsafeMutablePointer<Self>,
        _ ldc: Int32
    ) {
        unsafe cblas_ssyrk(
            CblasRowMajor, triangle.cblas, transA.cblas, n, k, alpha, a, lda, beta, c, ldc)
    }

    /// `cblas_somatcopy`.
    @inlinable
    public static func _cblasOmatcopy(
        _ transA: Transpose, _ rows: Int32, _ columns: Int32, _ alpha: Self,
        _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafeMutablePointer<Self>, _ ldb: Int32
    ) {
        unsafe cblas_somatcopy(
            CblasRowMajor, transA.cblas, rows, columns, alpha, a, lda, b, ldb)
    }

    /// `LAPACKE_spotrf_work`.
    public static func _lapackePotrf(
        _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>, _ lda: Int32
    ) -> Int32 {
        unsafe LAPACKE_spotrf_work(LAPACK_ROW_MAJOR, triangle.lapack, n, a, lda)
    }

    /// `LAPACKE_strtri_work`.
    public static func _lapackeTrtri(
        _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>, _ lda: Int32
    ) -> Int32 {
        let diagonal = CChar(bitPattern: UInt8(ascii: "N"))
        return unsafe LAPACKE_strtri_work(
            LAPACK_ROW_MAJOR, triangle.lapack, diagonal, n, a, lda)
    }

    /// `LAPACKE_ssyevd_work`.
    public static func _lapackeSyevd(
        _ vectors: Bool, _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>,
        _ lda: Int32, _ w: UnsafeMutablePointer<Self>, _ work: UnsafeMutablePointer<Self>,
        _ workCount: Int32, _ integers: UnsafeMutablePointer<Int32>, _ integerCount: Int32
    ) -> Int32 {
        let job = CChar(bitPattern: UInt8(ascii: vectors ? "V" : "N"))
        return unsafe LAPACKE_ssyevd_work(
            LAPACK_ROW_MAJOR, job, triangle.lapack, n, a, lda, w, work, workCount, integers,
            integerCount)
    }

    /// `LAPACKE_ssbevd_work`.
    public static func _lapackeSbevd(
        _ triangle: Triangle, _ n: Int32, _ bandwidth: Int32, _ ab: UnsafeMutablePointer<Self>,
        _ ldab: Int32, _ w: UnsafeMutablePointer<Self>, _ z: UnsafeMutablePointer<Self>,
        _ ldz: Int32, _ work: UnsafeMutablePointer<Self>, _ workCount: Int32,
        _ integers: UnsafeMutablePointer<Int32>, _ integerCount: Int32
    ) -> Int32 {
        let job = CChar(bitPattern: UInt8(ascii: "V"))
        return unsafe LAPACKE_ssbevd_work(
            LAPACK_ROW_MAJOR, job, triangle.lapack, n, bandwidth, ab, ldab, w, z, ldz, work,
            workCount, integers, integerCount)
    }
}

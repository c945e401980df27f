/// An element type that OpenBLAS computes with: `Float` (the s-routines) or `Double` (the d-routines).
///
/// The requirements are the C calls themselves, with 32-bit counts, row-major. Call the methods
/// without underscores: they take `Int`.
public protocol BLASScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    /// cblas_?sum, an extension of OpenBLAS.
    static func _sum(_ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32) -> Self
    /// cblas_?asum
    static func _asum(_ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32) -> Self
    /// cblas_?dot
    static func _dot(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32, _ y: UnsafePointer<Self>,
        _ incY: Int32
    ) -> Self
    /// cblas_?axpy
    static func _axpy(
        _ n: Int32, _ alpha: Self, _ x: UnsafePointer<Self>, _ incX: Int32,
        _ y: UnsafeMutablePointer<Self>, _ incY: Int32)
    /// cblas_?scal
    static func _scal(
        _ n: Int32, _ alpha: Self, _ x: UnsafeMutablePointer<Self>, _ incX: Int32)
    /// cblas_?copy
    static func _copy(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32, _ y: UnsafeMutablePointer<Self>,
        _ incY: Int32)
    /// cblas_?gemv
    static func _gemv(
        _ trans: Transpose, _ m: Int32, _ n: Int32, _ alpha: Self, _ a: UnsafePointer<Self>,
        _ lda: Int32, _ x: UnsafePointer<Self>, _ incX: Int32, _ beta: Self,
        _ y: UnsafeMutablePointer<Self>, _ incY: Int32)
    /// cblas_?ger
    static func _ger(
        _ m: Int32, _ n: Int32, _ alpha: Self, _ x: UnsafePointer<Self>, _ incX: Int32,
        _ y: UnsafePointer<Self>, _ incY: Int32, _ a: UnsafeMutablePointer<Self>, _ lda: Int32)
    /// cblas_?gemm
    static func _gemm(
        _ transA: Transpose, _ transB: Transpose, _ m: Int32, _ n: Int32, _ k: Int32,
        _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafePointer<Self>,
        _ ldb: Int32, _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ ldc: Int32)
    /// cblas_?syrk
    static func _syrk(
        _ triangle: Triangle, _ trans: Transpose, _ n: Int32, _ k: Int32, _ alpha: Self,
        _ a: UnsafePointer<Self>, _ lda: Int32, _ beta: Self, _ c: UnsafeMutablePointer<Self>,
        _ ldc: Int32)
    /// cblas_?omatcopy, an extension of OpenBLAS.
    static func _omatcopy(
        _ trans: Transpose, _ rows: Int32, _ columns: Int32, _ alpha: Self,
        _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafeMutablePointer<Self>, _ ldb: Int32)
    /// LAPACKE_?potrf
    static func _potrf(
        _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>, _ lda: Int32
    ) -> Int32
    /// LAPACKE_?syevd
    static func _syevd(
        _ job: CChar, _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>,
        _ lda: Int32, _ w: UnsafeMutablePointer<Self>
    ) -> Int32
}

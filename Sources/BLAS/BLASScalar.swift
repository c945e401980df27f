/// The number types OpenBLAS computes with: `Float` and `Double`.
///
/// The routines are static methods of the type, under their BLAS names without the type's letter:
/// `Float.dot(n, x, y)` is `cblas_sdot`, `Double.dot(n, x, y)` is `cblas_ddot`, and generic code
/// says `Scalar.dot(n, x, y)`. Specialized code calls OpenBLAS directly.
///
/// Conventions of every routine:
///
/// * Pointers and element counts, no copies. The caller guarantees that the memory behind each
///   pointer is as long as counts, increments and leading dimensions say; nothing can check it.
/// * Matrices are **row-major**: element (i, j) of `a` is `a[i * lda + j]`. There is no layout
///   argument.
/// * A vector of `n` elements with increment `inc` occupies `(n − 1) · |inc| + 1` places from its
///   pointer on. With a negative increment it is read from its far end, as BLAS does: element i is
///   at `(n − 1 − i) · |inc|`.
/// * Counts are `Int`. This OpenBLAS has 32-bit integers, so level-1 routines cut longer vectors
///   into blocks, and level-2, level-3 and LAPACK routines refuse longer dimensions.
/// * A count that is negative, or an increment or leading dimension the routine cannot take, is a
///   programming error and stops the program with a message (OpenBLAS itself would print a line and
///   leave the result unwritten). Only the LAPACK routines, which fail for reasons that lie in the
///   data, throw.
/// * OpenBLAS may use threads of its own for large calls. This module never changes how many.
///
/// Types outside this module must not conform: the underscored requirements are the C calls behind
/// the routines and may change without notice.
///
/// Source: the BLAS Technical Forum standard, <https://www.netlib.org/blas/blast-forum/>.
public protocol BLASScalar:
    BinaryFloatingPoint, SIMDScalar, Codable, BitwiseCopyable, Sendable
{
    // `Codable` stands above because `SIMDScalar` asks for it, though not by name.

    // Level 1
    static func _cblasSum(_ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32) -> Self
    static func _cblasAsum(_ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32) -> Self
    static func _cblasIamax(_ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32) -> Int
    static func _cblasDot(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32, _ y: UnsafePointer<Self>,
        _ incY: Int32
    ) -> Self
    static func _cblasAxpy(
        _ n: Int32, _ alpha: Self, _ x: UnsafePointer<Self>, _ incX: Int32,
        _ y: UnsafeMutablePointer<Self>, _ incY: Int32)
    static func _cblasCopy(
        _ n: Int32, _ x: UnsafePointer<Self>, _ incX: Int32, _ y: UnsafeMutablePointer<Self>,
        _ incY: Int32)
    static func _cblasScal(
        _ n: Int32, _ alpha: Self, _ x: UnsafeMutablePointer<Self>, _ incX: Int32)

    // Level 2
    static func _cblasGemv(
        _ transA: Transpose, _ m: Int32, _ n: Int32, _ alpha: Self, _ a: UnsafePointer<Self>,
        _ lda: Int32, _ x: UnsafePointer<Self>, _ incX: Int32, _ beta: Self,
        _ y: UnsafeMutablePointer<Self>, _ incY: Int32)

    // Level 3
    static func _cblasGemm(
        _ transA: Transpose, _ transB: Transpose, _ m: Int32, _ n: Int32, _ k: Int32,
        _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafePointer<Self>,
        _ ldb: Int32, _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ ldc: Int32)
    static func _cblasSyrk(
        _ triangle: Triangle, _ transA: Transpose, _ n: Int32, _ k: Int32, _ alpha: Self,
        _ a: UnsafePointer<Self>, _ lda: Int32, _ beta: Self, _ c: UnsafeMutablePointer<Self>,
        _ ldc: Int32)
    static func _cblasOmatcopy(
        _ transA: Transpose, _ rows: Int32, _ columns: Int32, _ alpha: Self,
        _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafeMutablePointer<Self>, _ ldb: Int32)

    // LAPACK
    static func _lapackePotrf(
        _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>, _ lda: Int32
    ) -> Int32
    static func _lapackeTrtri(
        _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>, _ lda: Int32
    ) -> Int32
    static func _lapackeSyevd(
        _ vectors: Bool, _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>,
        _ lda: Int32, _ w: UnsafeMutablePointer<Self>, _ work: UnsafeMutablePointer<Self>,
        _ workCount: Int32, _ integers: UnsafeMutablePointer<Int32>, _ integerCount: Int32
    ) -> Int32
    static func _lapackeSbevd(
        _ triangle: Triangle, _ n: Int32, _ bandwidth: Int32, _ ab: UnsafeMutablePointer<Self>,
        _ ldab: Int32, _ w: UnsafeMutablePointer<Self>, _ z: UnsafeMutablePointer<Self>,
        _ ldz: Int32, _ work: UnsafeMutablePointer<Self>, _ workCount: Int32,
        _ integers: UnsafeMutablePointer<Int32>, _ integerCount: Int32
    ) -> Int32
}

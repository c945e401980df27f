/// Vector and vector. Every routine returns at once when `n` is 0.
///
/// Error bounds: a sum of n products in any order, with or without fused operations, is within
/// n·u / (1 − n·u) · Σ|xᵢ·yᵢ| of the exact value, u the unit roundoff (Higham, *Accuracy and
/// Stability of Numerical Algorithms*, section 3.1).
extension BLASScalar {
    /// Σ xᵢ, an extension of OpenBLAS (`cblas_?sum`). 0 when `n` is 0.
    ///
    /// - Parameters:
    ///   - n: How many elements, of any number; 0 or more.
    ///   - x: The vector.
    ///   - incX: The distance between its elements, positive.
    @inlinable
    public static func sum(_ n: Int, _ x: UnsafePointer<Self>, incX: Int = 1) -> Self {
        let incX = Arguments.positiveIncrement(incX, "incX", "sum")
        guard Arguments.fitsOneCall(n) else {
            return unsafe sumInBlocks(n, x, incX, Arguments.largest)
        }
        return unsafe _cblasSum(Int32(truncatingIfNeeded: n), x, incX)
    }

    /// Σ |xᵢ| (`cblas_?asum`). 0 when `n` is 0.
    ///
    /// - Parameters:
    ///   - n: How many elements, of any number; 0 or more.
    ///   - x: The vector.
    ///   - incX: The distance between its elements, positive.
    @inlinable
    public static func asum(_ n: Int, _ x: UnsafePointer<Self>, incX: Int = 1) -> Self {
        let incX = Arguments.positiveIncrement(incX, "incX", "asum")
        guard Arguments.fitsOneCall(n) else {
            return unsafe asumInBlocks(n, x, incX, Arguments.largest)
        }
        return unsafe _cblasAsum(Int32(truncatingIfNeeded: n), x, incX)
    }

    /// The index of the first element of largest magnitude, counted from 0 (`cblas_i?amax`), or
    /// nil when `n` is 0. Unspecified where an element is NaN.
    ///
    /// - Parameters:
    ///   - n: How many elements, of any number; 0 or more.
    ///   - x: The vector.
    ///   - incX: The distance between its elements, positive. The index counts elements, not
    ///     places.
    @inlinable
    public static func iamax(_ n: Int, _ x: UnsafePointer<Self>, incX: Int = 1) -> Int? {
        let incX = Arguments.positiveIncrement(incX, "incX", "iamax")
        guard Arguments.fitsOneCall(n) else {
            return unsafe iamaxInBlocks(n, x, incX, Arguments.largest)
        }
        return n == 0 ? nil : unsafe _cblasIamax(Int32(truncatingIfNeeded: n), x, incX)
    }

    /// Σ xᵢ · yᵢ (`cblas_?dot`), the sum carried in `Self`. 0 when `n` is 0.
    ///
    /// - Parameters:
    ///   - n: How many elements, of any number; 0 or more.
    ///   - x: The first vector.
    ///   - incX: The distance between its elements; negative runs backwards, 0 repeats one.
    ///   - y: The second vector, which may be the first.
    ///   - incY: The distance between its elements; negative runs backwards, 0 repeats one.
    @inlinable
    public static func dot(
        _ n: Int, _ x: UnsafePointer<Self>, incX: Int = 1, _ y: UnsafePointer<Self>,
        incY: Int = 1
    ) -> Self {
        let incX = Arguments.increment(incX, "incX", "dot")
        let incY = Arguments.increment(incY, "incY", "dot")
        guard Arguments.fitsOneCall(n) else {
            return unsafe dotInBlocks(n, x, incX, y, incY, Arguments.largest)
        }
        return unsafe _cblasDot(Int32(truncatingIfNeeded: n), x, incX, y, incY)
    }

    /// yᵢ ← alpha · xᵢ + yᵢ (`cblas_?axpy`).
    ///
    /// - Parameters:
    ///   - n: How many elements, of any number; 0 or more.
    ///   - alpha: The factor. With 0, y stays as it is, whatever x holds.
    ///   - x: The vector to add.
    ///   - incX: The distance between its elements; negative runs backwards, 0 repeats one.
    ///   - y: The vector to add to, which must not overlap x.
    ///   - incY: The distance between its elements, not 0; negative runs backwards.
    @inlinable
    public static func axpy(
        _ n: Int, alpha: Self, _ x: UnsafePointer<Self>, incX: Int = 1,
        _ y: UnsafeMutablePointer<Self>, incY: Int = 1
    ) {
        let incX = Arguments.increment(incX, "incX", "axpy")
        let incY = Arguments.nonZeroIncrement(incY, "incY", "axpy")
        guard Arguments.fitsOneCall(n) else {
            return unsafe axpyInBlocks(n, alpha, x, incX, y, incY, Arguments.largest)
        }
        unsafe _cblasAxpy(Int32(truncatingIfNeeded: n), alpha, x, incX, y, incY)
    }

    /// yᵢ ← xᵢ (`cblas_?copy`).
    ///
    /// - Parameters:
    ///   - n: How many elements, of any number; 0 or more.
    ///   - x: The vector to read.
    ///   - incX: The distance between its elements; negative runs backwards, 0 repeats one.
    ///   - y: The vector to write, which must not overlap x.
    ///   - incY: The distance between its elements, not 0; negative runs backwards.
    @inlinable
    public static func copy(
        _ n: Int, _ x: UnsafePointer<Self>, incX: Int = 1, _ y: UnsafeMutablePointer<Self>,
        incY: Int = 1
    ) {
        let incX = Arguments.increment(incX, "incX", "copy")
        let incY = Arguments.nonZeroIncrement(incY, "incY", "copy")
        guard Arguments.fitsOneCall(n) else {
            return unsafe copyInBlocks(n, x, incX, y, incY, Arguments.largest)
        }
        unsafe _cblasCopy(Int32(truncatingIfNeeded: n), x, incX, y, incY)
    }

    /// xᵢ ← alpha · xᵢ (`cblas_?scal`).
    ///
    /// - Parameters:
    ///   - n: How many elements, of any number; 0 or more.
    ///   - alpha: The factor. With 0, whether NaN and ±∞ in x become 0 or NaN differs between
    ///     versions of OpenBLAS.
    ///   - x: The vector to scale.
    ///   - incX: The distance between its elements, positive.
    @inlinable
    public static func scal(
        _ n: Int, alpha: Self, _ x: UnsafeMutablePointer<Self>, incX: Int = 1
    ) {
        let incX = Arguments.positiveIncrement(incX, "incX", "scal")
        guard Arguments.fitsOneCall(n) else {
            return unsafe scalInBlocks(n, alpha, x, incX, Arguments.largest)
        }
        unsafe _cblasScal(Int32(truncatingIfNeeded: n), alpha, x, incX)
    }
}

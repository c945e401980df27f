// Vectors: x[i] stands for the element i · stride behind the pointer. Counts are `Int`; counts and
// strides that do not fit the library's 32-bit integers are cut into calls that do.

extension BLASScalar {
    /// Σ x, an extension of OpenBLAS.
    ///
    /// - Parameters:
    ///   - n: the number of elements.
    ///   - x: n elements, `incX` apart.
    ///   - incX: the stride, at least 1.
    @inlinable
    public static func sum(_ n: Int, _ x: UnsafePointer<Self>, _ incX: Int = 1) -> Self {
        var total: Self = 0
        forEachCut(n) { unsafe total += _sum($1, x + $0 * incX, Int32(incX)) }
        return total
    }

    /// Σ |x|
    @inlinable
    public static func asum(_ n: Int, _ x: UnsafePointer<Self>, _ incX: Int = 1) -> Self {
        var total: Self = 0
        forEachCut(n) { unsafe total += _asum($1, x + $0 * incX, Int32(incX)) }
        return total
    }

    /// Σ x · y
    @inlinable
    public static func dot(
        _ n: Int, _ x: UnsafePointer<Self>, _ incX: Int = 1, _ y: UnsafePointer<Self>,
        _ incY: Int = 1
    ) -> Self {
        var total: Self = 0
        forEachCut(n) {
            unsafe total += _dot($1, x + $0 * incX, Int32(incX), y + $0 * incY, Int32(incY))
        }
        return total
    }

    /// y ← α · x + y
    @inlinable
    public static func axpy(
        _ n: Int, _ alpha: Self, _ x: UnsafePointer<Self>, _ incX: Int = 1,
        _ y: UnsafeMutablePointer<Self>, _ incY: Int = 1
    ) {
        forEachCut(n) {
            unsafe _axpy($1, alpha, x + $0 * incX, Int32(incX), y + $0 * incY, Int32(incY))
        }
    }

    /// x ← α · x
    @inlinable
    public static func scal(
        _ n: Int, _ alpha: Self, _ x: UnsafeMutablePointer<Self>, _ incX: Int = 1
    ) {
        forEachCut(n) { unsafe _scal($1, alpha, x + $0 * incX, Int32(incX)) }
    }

    /// y ← x
    @inlinable
    public static func copy(
        _ n: Int, _ x: UnsafePointer<Self>, _ incX: Int = 1, _ y: UnsafeMutablePointer<Self>,
        _ incY: Int = 1
    ) {
        forEachCut(n) {
            unsafe _copy($1, x + $0 * incX, Int32(incX), y + $0 * incY, Int32(incY))
        }
    }
}

/// Calls `body` with the start and length of each cut of `0..<n` that the library's integers hold.
@inlinable
func forEachCut(_ n: Int, limit: Int = Int(Int32.max), _ body: (Int, Int32) -> Void) {
    var start = 0
    while start < n {
        let length = min(n - start, limit)
        body(start, Int32(truncatingIfNeeded: length))
        start += length
    }
}

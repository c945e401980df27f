internal import BLAS

/// Products of matrices as calls so small that OpenBLAS computes each on the thread that calls: it takes its
/// own threads from `mostProducts` on. So threads are the library's, and the bits are not OpenBLAS's choice.
enum SmallProducts {
    /// The multiplications up to which gemm stays on its thread.
    private static let mostProducts = 1 << 18
    /// The elements that syrk, with half the arithmetic, may take. Later versions of OpenBLAS take threads from
    /// 879,552 on, 0.3.21 later.
    private static let mostSquares = 600_000
    /// The elements of a matrix up to which gemv does.
    private static let mostElements = 8192
    /// The most rows of a call, where there are too many multiplications for one: 64³ are `mostProducts`.
    static let mostRows = 64
    private static let depth = 128

    /// C ← op(A) · op(B) + beta · C, with op(A) m × k and op(B) k × n.
    static func gemm(
        transA: Transpose = .none, transB: Transpose = .none, m: Int, n: Int, k: Int,
        _ a: UnsafePointer<Double>, lda: Int, _ b: UnsafePointer<Double>, ldb: Int,
        beta: Double = 0, _ c: UnsafeMutablePointer<Double>, ldc: Int
    ) {
        guard m * n * k > mostProducts else {
            return unsafe Double.gemm(
                transA: transA, transB: transB, m: m, n: n, k: k, a, lda: lda, b, ldb: ldb,
                beta: beta, c, ldc: ldc)
        }
        let rows = min(m, mostRows)
        let columns = min(n, mostProducts / (rows * min(k, depth)))
        let depth = min(k, mostProducts / (rows * columns))
        for i in stride(from: 0, to: m, by: rows) {
            for j in stride(from: 0, to: n, by: columns) {
                for l in stride(from: 0, to: k, by: depth) {
                    unsafe Double.gemm(
                        transA: transA, transB: transB, m: min(rows, m - i),
                        n: min(columns, n - j), k: min(depth, k - l),
                        a + (transA == .none ? i * lda + l : l * lda + i), lda: lda,
                        b + (transB == .none ? l * ldb + j : j * ldb + l), ldb: ldb,
                        beta: l == 0 ? beta : 1, c + i * ldc + j, ldc: ldc)
                }
            }
        }
    }

    /// y ← A · x, with A n × n.
    static func gemv(
        n: Int, _ a: UnsafePointer<Double>, _ x: UnsafePointer<Double>,
        _ y: UnsafeMutablePointer<Double>
    ) {
        let rows = max(1, min(n, mostElements / n))
        for i in stride(from: 0, to: n, by: rows) {
            unsafe Double.gemv(
                m: min(rows, n - i), n: n, a + i * n, lda: n, x, y + i)
        }
    }

    /// C ← op(A) · op(A)ᵀ + beta · C, with op(A) n × k, in the upper triangle: syrk on the diagonal, in blocks
    /// where there are many rows, and gemm beside it.
    static func syrk(
        transA: Transpose = .none, n: Int, k: Int, _ a: UnsafePointer<Double>, lda: Int,
        beta: Double = 0, _ c: UnsafeMutablePointer<Double>, ldc: Int
    ) {
        let order = min(n, mostRows)
        let depth = max(1, mostSquares / (order * (order + 1)))
        for i in stride(from: 0, to: n, by: mostRows) {
            let rows = min(mostRows, n - i)
            let first = unsafe a + (transA == .none ? i * lda : i)
            for l in stride(from: 0, to: k, by: depth) {
                unsafe Double.syrk(
                    triangle: .upper, transA: transA, n: rows, k: min(depth, k - l),
                    first + (transA == .none ? l : l * lda), lda: lda, beta: l == 0 ? beta : 1,
                    c + i * ldc + i, ldc: ldc)
            }
            let next = i + rows
            guard next < n else { break }
            unsafe gemm(
                transA: transA, transB: transA == .none ? .transposed : .none, m: rows,
                n: n - next, k: k, first, lda: lda, a + (transA == .none ? next * lda : next),
                ldb: lda, beta: beta, c + i * ldc + next, ldc: ldc)
        }
    }
}

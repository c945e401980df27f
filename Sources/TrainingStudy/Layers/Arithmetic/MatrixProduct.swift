internal import BLAS
internal import Normalization

/// A matrix inside an array: where it starts, and the length of its rows.
struct MatrixView {
    var start = 0
    var rowLength: Int
}

/// C ← op(A) · op(B) + beta · C on row-major matrices inside arrays, by `gemm`.
///
/// The product is cut into blocks of rows or columns of C that OpenBLAS computes on the calling
/// thread (up to 2¹⁸ multiply-adds): the study runs one training per core already.
func multiply<Scalar: NormalizationScalar>(
    m: Int, n: Int, k: Int, _ a: [Scalar], _ aView: MatrixView, transA: Bool = false,
    _ b: [Scalar], _ bView: MatrixView, transB: Bool = false, beta: Scalar = 0,
    into c: inout [Scalar], _ cView: MatrixView
) {
    func end(_ view: MatrixView, _ rows: Int, _ columns: Int) -> Int {
        view.start + max(0, rows - 1) * view.rowLength + columns
    }
    precondition(end(aView, transA ? k : m, transA ? m : k) <= a.count, "A ends in its array")
    precondition(end(bView, transB ? n : k, transB ? k : n) <= b.count, "B ends in its array")
    precondition(end(cView, m, n) <= c.count, "C ends in its array")
    let budget = max(1, (1 << 18) / max(1, k))
    let byRows = m >= n
    let step = max(1, budget / max(1, min(m, n)))
    unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b in
            unsafe c.withUnsafeMutableBufferPointer { c in
                guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else {
                    return
                }
                for first in stride(from: 0, to: byRows ? m : n, by: step) {
                    let row = byRows ? first : 0
                    let column = byRows ? 0 : first
                    unsafe Scalar.gemm(
                        transA: transA ? .transposed : .none, transB: transB ? .transposed : .none,
                        m: byRows ? min(step, m - first) : m,
                        n: byRows ? n : min(step, n - first), k: k,
                        a + aView.start + (transA ? row : row * aView.rowLength),
                        lda: aView.rowLength,
                        b + bView.start + (transB ? column * bView.rowLength : column),
                        ldb: bView.rowLength, beta: beta,
                        c + cView.start + row * cView.rowLength + column, ldc: cView.rowLength)
                }
            }
        }
    }
}

/// Adds the sum over the rows of a matrix to `sums`.
@specialized(where Scalar == Float)
func addColumnSums<Scalar: NormalizationScalar>(
    _ matrix: [Scalar], rows: Int, columns: Int, to sums: inout [Scalar]
) {
    for row in 0..<rows {
        for column in 0..<columns { sums[column] += matrix[row * columns + column] }
    }
}

internal import BLAS

/// op(A) · op(B) of row-major matrices in arrays; A is m × k as it enters, B k × n.
func product(
    _ a: [Double], _ b: [Double], transposingA transA: Bool = false,
    transposingB transB: Bool = false, m: Int, n: Int, k: Int
) -> [Double] {
    precondition(a.count == m * k && b.count == k * n, "matrices end in their arrays")
    var c = [Double](repeating: 0, count: m * n)
    guard m > 0, n > 0, k > 0 else { return c }
    unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b in
            unsafe c.withUnsafeMutableBufferPointer { c in
                guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else {
                    return
                }
                unsafe Double.gemm(
                    transA: transA ? .transposed : .none, transB: transB ? .transposed : .none,
                    m: m, n: n, k: k, a, lda: transA ? m : k, b, ldb: transB ? k : n, c, ldc: n)
            }
        }
    }
    return c
}

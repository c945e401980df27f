/// Factorizations of symmetric matrices, and the inverse of a factor, through LAPACKE. A failure that lies in the data throws;
/// so do dimensions out of range, which LAPACKE would report on standard output.
///
/// Source: the LAPACK Users' Guide, <https://www.netlib.org/lapack/lug/>.
extension BLASScalar {
    /// The Cholesky factor of a symmetric positive definite matrix (`LAPACKE_?potrf`).
    ///
    /// A = L · Lᵀ with L in the lower triangle, or A = Uᵀ · U with U in the upper one, takes the
    /// place of A in `triangle`; the other triangle is neither read nor written.
    ///
    /// - Parameters:
    ///   - triangle: The triangle of A that holds A and receives its factor.
    ///   - n: The rows and columns of A.
    ///   - a: The matrix A, n × n, finite. After ``BLASError/notPositiveDefinite(routine:minor:)``
    ///     its triangle is partly overwritten; after any other error it is as it was.
    ///   - lda: The distance between the rows of A, at least `n`.
    /// - Throws: ``BLASError/notPositiveDefinite(routine:minor:)``;
    ///   ``BLASError/illegalArgument(routine:position:name:expected:actual:)`` for a dimension out
    ///   of range and for NaN or ±∞ in A; ``BLASError/outOfMemory(routine:)``.
    public static func potrf(
        triangle: Triangle, n: Int, _ a: UnsafeMutablePointer<Self>, lda: Int
    ) throws(BLASError) {
        let call = LAPACKCall(routine: "potrf")
        let order = try call.order(n, position: 3, atMost: Int(Int32.max))
        let leading = try call.leadingDimension(lda, order: order, position: 5)
        try unsafe call.requireFinite(a, triangle, order: n, lda: lda, position: 4)
        guard n > 0 else { return }
        let info = unsafe _lapackePotrf(triangle, order, a, leading)
        if info > 0 { throw .notPositiveDefinite(routine: "potrf", minor: Int(info)) }
        try call.check(info)
    }

    /// The inverse of a triangular matrix (`LAPACKE_?trtri`), which takes its place in `triangle`; the other
    /// triangle is neither read nor written.
    ///
    /// - Parameters:
    ///   - triangle: The triangle of A that holds A and receives its inverse.
    ///   - n: The rows and columns of A.
    ///   - a: The matrix A, n × n, finite. After any error it is as it was.
    ///   - lda: The distance between the rows of A, at least `n`.
    /// - Throws: ``BLASError/singular(routine:diagonal:)``;
    ///   ``BLASError/illegalArgument(routine:position:name:expected:actual:)`` for a dimension out
    ///   of range and for NaN or ±∞ in A; ``BLASError/outOfMemory(routine:)``.
    public static func trtri(
        triangle: Triangle, n: Int, _ a: UnsafeMutablePointer<Self>, lda: Int
    ) throws(BLASError) {
        let call = LAPACKCall(routine: "trtri")
        let order = try call.order(n, position: 4, atMost: Int(Int32.max))
        let leading = try call.leadingDimension(lda, order: order, position: 6)
        try unsafe call.requireFinite(a, triangle, order: n, lda: lda, position: 5)
        guard n > 0 else { return }
        let info = unsafe _lapackeTrtri(triangle, order, a, leading)
        if info > 0 { throw .singular(routine: "trtri", diagonal: Int(info)) }
        try call.check(info)
    }

    /// The eigenvalues, and the eigenvectors if wanted, of a symmetric matrix, by divide and
    /// conquer (`LAPACKE_?syevd`).
    ///
    /// A = V · diag(w) · Vᵀ with V orthogonal; column j of V, that is `a[i * lda + j]` for all i,
    /// belongs to w[j]. Allocates about 3n² elements with eigenvectors, n² without.
    ///
    /// - Parameters:
    ///   - vectors: Whether the eigenvectors are wanted. Without them, A's `triangle` holds
    ///     nothing of use afterwards.
    ///   - triangle: The triangle of A that is read.
    ///   - n: The rows and columns of A, at most 32,766: beyond, the size of LAPACK's workspace
    ///     exceeds 32 bits.
    ///   - a: The matrix A, n × n, finite; V afterwards.
    ///   - lda: The distance between the rows of A, at least `n`.
    ///   - w: Receives the n eigenvalues, ascending.
    /// - Throws: ``BLASError/notConverged(routine:info:)``;
    ///   ``BLASError/illegalArgument(routine:position:name:expected:actual:)`` for a dimension out
    ///   of range and for NaN or ±∞ in A; ``BLASError/outOfMemory(routine:)``.
    public static func syevd(
        vectors: Bool = true, triangle: Triangle, n: Int, _ a: UnsafeMutablePointer<Self>,
        lda: Int, _ w: UnsafeMutablePointer<Self>
    ) throws(BLASError) {
        let call = LAPACKCall(routine: "syevd")
        let order = try call.order(n, position: 4, atMost: 32_766)
        let leading = try call.leadingDimension(lda, order: order, position: 6)
        try unsafe call.requireFinite(a, triangle, order: n, lda: lda, position: 5)
        guard n > 0 else { return }

        // The sizes LAPACK documents, rather than asked of it: ssyevd answers with a Float, which
        // is one short of its own minimum from n = 2,895 on. Without vectors, 34n lets its blocked
        // reduction to tridiagonal form run.
        let workCount = vectors ? 1 + 6 * n + 2 * n * n : 34 * n
        let integerCount = vectors ? 3 + 5 * n : 1
        let work = try unsafe call.allocate(workCount, of: Self.self)
        defer { unsafe call.deallocate(work) }
        let integers = try unsafe call.allocate(integerCount, of: Int32.self)
        defer { unsafe call.deallocate(integers) }

        let info = unsafe _lapackeSyevd(
            vectors, triangle, order, a, leading, w, work, Int32(workCount), integers,
            Int32(integerCount))
        if info > 0 { throw .notConverged(routine: "syevd", info: Int(info)) }
        try call.check(info)
    }
}

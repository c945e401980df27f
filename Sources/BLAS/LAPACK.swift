/// Factorizations of symmetric matrices, through LAPACKE. Arguments are checked before the call, as
/// LAPACKE prints on standard output what it does not like.
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
    ///   - a: The matrix A, n × n. After a throw of `notPositiveDefinite` its triangle is partly
    ///     overwritten.
    ///   - lda: The distance between the rows of A, at least `n` and 1.
    /// - Throws: ``BLASError/notPositiveDefinite(routine:minor:)``;
    ///   ``BLASError/illegalArgument(routine:position:name:expected:actual:)`` for a dimension out
    ///   of range, and for NaN in A; ``BLASError/outOfMemory(routine:)``.
    public static func potrf(
        triangle: Triangle, n: Int, _ a: UnsafeMutablePointer<Self>, lda: Int
    ) throws(BLASError) {
        let lapack = LAPACKCall(routine: "potrf", matrixPosition: 4)
        let order = try lapack.order(n, position: 3, atMost: Int(Int32.max))
        let leading = try lapack.leadingDimension(lda, position: 5, order: order)
        let info = unsafe _lapackePotrf(triangle, order, a, leading)
        if info > 0 { throw .notPositiveDefinite(routine: "potrf", minor: Int(info)) }
        try lapack.check(info)
    }

    /// The eigenvalues, and the eigenvectors if wanted, of a symmetric matrix, by divide and
    /// conquer (`LAPACKE_?syevd`).
    ///
    /// A = V · diag(w) · Vᵀ with V orthogonal; column j of V, that is `a[i * lda + j]` for all i,
    /// belongs to w[j].
    ///
    /// - Parameters:
    ///   - vectors: Whether the eigenvectors are wanted. Without them, A's `triangle` holds
    ///     nothing of use afterwards.
    ///   - triangle: The triangle of A that is read.
    ///   - n: The rows and columns of A, at most 32,766: beyond, the size of LAPACK's workspace
    ///     exceeds 32 bits.
    ///   - a: The matrix A, n × n; V afterwards.
    ///   - lda: The distance between the rows of A, at least `n` and 1.
    ///   - w: Receives the n eigenvalues, ascending.
    /// - Throws: ``BLASError/notConverged(routine:info:)``;
    ///   ``BLASError/illegalArgument(routine:position:name:expected:actual:)`` for a dimension out
    ///   of range, and for NaN in A; ``BLASError/outOfMemory(routine:)``.
    public static func syevd(
        vectors: Bool = true, triangle: Triangle, n: Int, _ a: UnsafeMutablePointer<Self>,
        lda: Int, _ w: UnsafeMutablePointer<Self>
    ) throws(BLASError) {
        let lapack = LAPACKCall(routine: "syevd", matrixPosition: 5)
        let order = try lapack.order(n, position: 4, atMost: 32_766)
        let leading = try lapack.leadingDimension(lda, position: 6, order: order)
        let info = unsafe _lapackeSyevd(vectors, triangle, order, a, leading, w)
        if info > 0 { throw .notConverged(routine: "syevd", info: Int(info)) }
        try lapack.check(info)
    }
}

/// The checks around one call of LAPACKE.
private struct LAPACKCall {
    /// The routine's name without its type letter.
    let routine: String
    /// Which argument of the C call the matrix is.
    let matrixPosition: Int

    func order(_ n: Int, position: Int, atMost most: Int) throws(BLASError) -> Int32 {
        guard 0...most ~= n else {
            throw .illegalArgument(
                routine: routine, position: position, name: "n", expected: "in 0...\(most)",
                actual: "\(n)")
        }
        return Int32(n)
    }

    func leadingDimension(
        _ lda: Int, position: Int, order: Int32
    ) throws(BLASError) -> Int32 {
        let range = max(1, order)...Int32.max
        guard let leading = Int32(exactly: lda), range ~= leading else {
            throw .illegalArgument(
                routine: routine, position: position, name: "lda", expected: "in \(range)",
                actual: "\(lda)")
        }
        return leading
    }

    /// Throws what a negative `info` means.
    func check(_ info: Int32) throws(BLASError) {
        guard info < 0 else { return }
        // LAPACKE's codes for a workspace, or a transposed copy, it could not allocate.
        if info == -1010 || info == -1011 { throw .outOfMemory(routine: routine) }
        let position = -Int(info)
        throw .illegalArgument(
            routine: routine, position: position,
            name: position == matrixPosition ? "a" : "argument",
            expected: position == matrixPosition ? "free of NaN" : "legal",
            actual: position == matrixPosition ? "NaN" : "info \(info)")
    }
}

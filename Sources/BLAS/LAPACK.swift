/// What LAPACK says of a call that it could not carry out.
public enum LAPACKError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The argument of that number, counted from 1 with the layout, has an illegal value, or holds
    /// a NaN.
    case illegalArgument(routine: String, number: Int)
    /// potrf: the leading minor of that order is not positive, so the matrix has no Cholesky factor.
    case notPositiveDefinite(minor: Int)
    /// syevd: the iteration did not converge.
    case notConverged(info: Int)
    /// LAPACKE could not allocate its work memory.
    case outOfMemory(routine: String)

    /// One sentence: the routine, and what it found.
    public var description: String {
        switch self {
        case .illegalArgument(let routine, let number):
            "\(routine): argument \(number) has an illegal value or holds a NaN"
        case .notPositiveDefinite(let minor):
            "potrf: expected a positive definite matrix, the leading minor of order \(minor) is not"
        case .notConverged(let info):
            "syevd: the eigenvalue iteration did not converge (info \(info))"
        case .outOfMemory(let routine):
            "\(routine): no memory for the work space"
        }
    }
}

extension BLASScalar {
    /// The Cholesky factor of a symmetric positive definite matrix, in place: A = L · Lᵀ or Uᵀ · U.
    ///
    /// - Parameters:
    ///   - triangle: the half that is read, and becomes L or U; the other half is not touched.
    ///   - n: the rows and columns of A.
    ///   - a: A, row-major.
    ///   - lda: the distance of A's rows, at least n.
    /// - Throws: ``LAPACKError/notPositiveDefinite(minor:)`` or
    ///   ``LAPACKError/illegalArgument(routine:number:)``.
    public static func potrf(
        _ triangle: Triangle, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int
    ) throws(LAPACKError) {
        let info = unsafe Int(_potrf(triangle, Int32(n), a, Int32(lda)))
        try checkCommon(info, "potrf")
        if info > 0 { throw .notPositiveDefinite(minor: info) }
    }

    /// The eigenvalues of a symmetric matrix, ascending, and on request its eigenvectors, by divide
    /// and conquer.
    ///
    /// - Parameters:
    ///   - wantsVectors: whether A becomes the matrix whose column j is the eigenvector of w[j];
    ///     without, A is destroyed.
    ///   - triangle: the half of A that is read.
    ///   - n: the rows and columns of A.
    ///   - a: A, row-major.
    ///   - lda: the distance of A's rows, at least n.
    ///   - w: receives the n eigenvalues.
    /// - Throws: ``LAPACKError/notConverged(info:)`` or
    ///   ``LAPACKError/illegalArgument(routine:number:)``.
    public static func syevd(
        wantsVectors: Bool, _ triangle: Triangle, _ n: Int, _ a: UnsafeMutablePointer<Self>,
        _ lda: Int, _ w: UnsafeMutablePointer<Self>
    ) throws(LAPACKError) {
        let job = CChar(UInt8(ascii: wantsVectors ? "V" : "N"))
        let info = unsafe Int(_syevd(job, triangle, Int32(n), a, Int32(lda), w))
        try checkCommon(info, "syevd")
        if info > 0 { throw .notConverged(info: info) }
    }

    private static func checkCommon(_ info: Int, _ routine: String) throws(LAPACKError) {
        // LAPACKE reserves -1010 and -1011 for its own allocations.
        if info <= -1010 { throw .outOfMemory(routine: routine) }
        if info < 0 { throw .illegalArgument(routine: routine, number: -info) }
    }
}

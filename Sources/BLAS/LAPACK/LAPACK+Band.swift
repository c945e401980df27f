extension BLASScalar {
    /// The eigenvalues and eigenvectors of a symmetric band matrix, by divide and conquer
    /// (`LAPACKE_?sbevd`).
    ///
    /// A = V · diag(w) · Vᵀ with V orthogonal; column j of V, that is `z[i * ldz + j]` for all i,
    /// belongs to w[j]. Allocates about 2n² elements. A full matrix is a band of n − 1 diagonals beside
    /// the middle one: its reduction is made of rotations, for which OpenBLAS takes no threads, where
    /// that of `syevd` wakes them for each column.
    ///
    /// - Parameters:
    ///   - triangle: The triangle of A that is given.
    ///   - n: The rows and columns of A, at most 32,766: beyond, the size of LAPACK's workspace
    ///     exceeds 32 bits.
    ///   - bandwidth: The diagonals above the middle one, or below it.
    ///   - ab: The diagonals, (bandwidth + 1) × n, finite: A[i, j] of the upper triangle at
    ///     `ab[(bandwidth + i - j) * ldab + j]`, of the lower one at `ab[(i - j) * ldab + j]`. Overwritten.
    ///   - ldab: The distance between the rows of `ab`, at least `n`.
    ///   - w: Receives the n eigenvalues, ascending.
    ///   - z: Receives V, n × n.
    ///   - ldz: The distance between the rows of V, at least `n`.
    /// - Throws: ``BLASError/notConverged(routine:info:)``;
    ///   ``BLASError/illegalArgument(routine:position:name:expected:actual:)`` for a dimension out
    ///   of range and for NaN or ±∞ in A; ``BLASError/outOfMemory(routine:)``.
    public static func sbevd(
        triangle: Triangle, n: Int, bandwidth: Int, _ ab: UnsafeMutablePointer<Self>, ldab: Int,
        _ w: UnsafeMutablePointer<Self>, _ z: UnsafeMutablePointer<Self>, ldz: Int
    ) throws(BLASError) {
        let call = LAPACKCall(routine: "sbevd")
        let order = try call.order(n, position: 4, atMost: 32_766)
        let width = try call.bandwidth(bandwidth, order: n, position: 5)
        let leading = try call.leadingDimension(ldab, "ldab", order: order, position: 7)
        let leadingOfVectors = try call.leadingDimension(ldz, "ldz", order: order, position: 10)
        try unsafe call.requireFinite(
            ab, triangle, order: n, bandwidth: bandwidth, ldab: ldab, position: 6)
        guard n > 0 else { return }

        // The sizes that LAPACK documents.
        let (workCount, integerCount) = (1 + 5 * n + 2 * n * n, 3 + 5 * n)
        let work = try unsafe call.allocate(workCount, of: Self.self)
        defer { unsafe call.deallocate(work) }
        let integers = try unsafe call.allocate(integerCount, of: Int32.self)
        defer { unsafe call.deallocate(integers) }

        let info = unsafe _lapackeSbevd(
            triangle, order, width, ab, leading, w, z, leadingOfVectors, work, Int32(workCount),
            integers, Int32(integerCount))
        if info > 0 { throw .notConverged(routine: "sbevd", info: Int(info)) }
        try call.check(info)
    }
}

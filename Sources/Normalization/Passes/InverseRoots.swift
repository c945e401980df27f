/// Where the reciprocal deviations of many lanes come from.
protocol InverseRoots: Sendable {
    /// roots[i] = 1 / √(values[i] + added), rounded as each of the three operations is.
    static func inverseRoots(
        of values: UnsafePointer<Double>, plus added: Double,
        into roots: UnsafeMutablePointer<Double>, count: Int)
}

extension InverseRoots {
    static func inverseRoots(
        of values: UnsafePointer<Double>, plus added: Double,
        into roots: UnsafeMutablePointer<Double>, count: Int
    ) {
        for i in 0..<count { unsafe roots[i] = 1 / (values[i] + added).squareRoot() }
    }
}

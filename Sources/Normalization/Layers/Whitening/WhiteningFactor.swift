/// The matrix that whitens one group, and what the way back through it needs.
struct WhiteningFactor {
    /// W.
    let matrix: SquareMatrix
    /// Of the methods that are functions of the eigenvalues.
    private let spectrum: Spectrum?
    private let algebra: any MatrixAlgebra.Type
    private let isFinite: Bool

    /// The matrix of a covariance.
    ///
    /// - Parameters:
    ///   - covariance: symmetric, without ε. Where it is not finite, W is NaN.
    ///   - group: the group it is of, for errors.
    /// - Throws: ``NormalizationError/notConverged(group:)``, and
    ///   ``NormalizationError/invalidCovariance(group:eigenvalue:)`` of an eigenvalue that is below zero by more
    ///   than rounding to `Float` explains.
    init(
        _ covariance: SquareMatrix, _ method: WhiteningMethod, epsilon: Double,
        algebra: any MatrixAlgebra.Type, group: Int
    ) throws(NormalizationError) {
        let order = covariance.order
        self.algebra = algebra
        // LAPACK is never given a NaN.
        isFinite = covariance.values.firstNonFinite == nil
        guard isFinite else {
            matrix = SquareMatrix(order, repeating: .nan)
            spectrum = nil
            return
        }
        if method == .cholesky {
            let sum = SquareMatrix(order) { covariance[$0, $1] + ($0 == $1 ? epsilon : 0) }
            guard let inverse = algebra.inverseCholesky(sum) else {
                throw .notConverged(group: group)
            }
            matrix = inverse
            spectrum = nil
            return
        }
        let spectrum = try Spectrum(covariance, method, epsilon, algebra: algebra, group: group)
        // V · diag(s) · Vᵀ as a product of V · diag(√s) with its transpose: symmetric to the bit.
        matrix = algebra.gram(
            spectrum.vectors.scalingColumns(by: spectrum.scales.map { $0.squareRoot() }))
        self.spectrum = spectrum
    }

    /// K, by which ∂x depends on x through W:
    ///
    ///     ∂x = Wᵀ · (g − mean of g) − (1/m) · K · (x − μ)
    ///
    /// No term has a difference of eigenvalues below it.
    ///
    /// - Parameter products: G = Σ g · (x − μ)ᵀ, of the gradient g that arrives at the whitened values.
    func correction(_ products: SquareMatrix) -> SquareMatrix {
        let order = matrix.order
        guard isFinite, products.values.firstNonFinite == nil else {
            return SquareMatrix(order, repeating: .nan)
        }
        if let spectrum {
            let inside = spectrum.correction(algebra.turned(products, into: spectrum.vectors))
            return algebra.turned(inside, outOf: spectrum.vectors)
        }
        // B = G · Wᵀ, and its lower triangle mirrored.
        let b = algebra.product(products, transposed: false, matrix, transposed: true)
        let mirrored = SquareMatrix(order) { b[max($0, $1), min($0, $1)] }
        return algebra.product(
            matrix, transposed: true, algebra.product(mirrored, matrix), transposed: false)
    }
}

/// A matrix of some group's channels, row by row.
struct SquareMatrix: Sendable, Equatable {
    let order: Int
    var values: [Double]

    init(_ order: Int, _ values: [Double]) {
        self.order = order
        self.values = values
    }

    /// The matrix that is `value` everywhere.
    init(_ order: Int, repeating value: Double) {
        self.init(order, Array(repeating: value, count: order * order))
    }

    /// The matrix with an element for each pair of indices.
    init(_ order: Int, _ element: (_ row: Int, _ column: Int) -> Double) {
        self.init(order, repeating: 0)
        for i in 0..<order { for j in 0..<order { self[i, j] = element(i, j) } }
    }

    subscript(_ row: Int, _ column: Int) -> Double {
        get { values[row * order + column] }
        set { values[row * order + column] = newValue }
    }

    /// The matrix with each column multiplied by a number.
    func scalingColumns(by factors: [Double]) -> SquareMatrix {
        SquareMatrix(order) { self[$0, $1] * factors[$1] }
    }

    /// The matrix with each row multiplied by a number.
    func scalingRows(by factors: [Double]) -> SquareMatrix {
        SquareMatrix(order) { self[$0, $1] * factors[$0] }
    }
}

/// What whitening needs of linear algebra, on matrices of some hundred rows at most.
protocol MatrixAlgebra: Sendable {
    /// Whether the decompositions of so many rows take no threads but the caller's, so that several may run at once.
    static func staysOnItsThread(order: Int) -> Bool

    /// op(A) · op(B), where either may enter transposed.
    static func product(
        _ a: SquareMatrix, transposed: Bool, _ b: SquareMatrix, transposed: Bool
    ) -> SquareMatrix

    /// A · v.
    static func product(_ a: SquareMatrix, _ v: [Double]) -> [Double]

    /// A · Aᵀ, symmetric to the bit.
    static func gram(_ a: SquareMatrix) -> SquareMatrix

    /// The eigenvalues of a symmetric finite matrix, ascending, and its eigenvectors as columns; `nil` where the
    /// iteration does not converge.
    static func eigen(_ a: SquareMatrix) -> (values: [Double], vectors: SquareMatrix)?

    /// L⁻¹, lower triangular, of a symmetric finite A = L · Lᵀ; `nil` where A is not positive definite.
    static func inverseCholesky(_ a: SquareMatrix) -> SquareMatrix?
}

extension MatrixAlgebra {
    /// A · B.
    static func product(_ a: SquareMatrix, _ b: SquareMatrix) -> SquareMatrix {
        product(a, transposed: false, b, transposed: false)
    }

    /// Vᵀ · A · V.
    static func turned(_ a: SquareMatrix, into v: SquareMatrix) -> SquareMatrix {
        product(v, transposed: true, product(a, v), transposed: false)
    }

    /// V · A · Vᵀ.
    static func turned(_ a: SquareMatrix, outOf v: SquareMatrix) -> SquareMatrix {
        product(product(v, a), transposed: false, v, transposed: true)
    }
}

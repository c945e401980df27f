/// Eigenvalues and eigenvectors of a group's Σ, and W as a function of them: W = V · diag(scales) · Vᵀ.
struct Spectrum {
    /// V, whose columns are the eigenvectors. A constant channel has one of its own, so that it mixes with no
    /// other, to the bit.
    let vectors: SquareMatrix
    /// λ, with ε.
    let values: [Double]
    let scales: [Double]
    private let method: WhiteningMethod

    init(
        _ covariance: SquareMatrix, _ method: WhiteningMethod, _ epsilon: Double,
        algebra: any MatrixAlgebra.Type, group: Int
    ) throws(NormalizationError) {
        let order = covariance.order
        let varying = (0..<order).filter { covariance[$0, $0] != 0 }
        let small = SquareMatrix(varying.count) { covariance[varying[$0], varying[$1]] }
        guard let (found, directions) = varying.isEmpty ? ([], small) : algebra.eigen(small) else {
            throw .notConverged(group: group)
        }
        // What rounding made of zero, here or in a file of `Float`, is zero.
        let least = -1e-6 * (found.last ?? 0).magnitude
        if let value = found.first, value < least {
            throw .invalidCovariance(group: group, eigenvalue: value)
        }
        var vectors = SquareMatrix(order) { $0 == $1 ? 1 : 0 }
        var values = [Double](repeating: epsilon, count: order)
        for (j, column) in varying.enumerated() {
            values[column] = max(found[j], 0) + epsilon
            for (i, row) in varying.enumerated() { vectors[row, column] = directions[i, j] }
        }
        self.vectors = vectors
        self.values = values
        self.method = method
        switch method {
        case .zca, .cholesky: scales = values.map { 1 / $0.squareRoot() }
        case .newton(let iterations):
            let trace = values.reduce(0, +)
            scales = NewtonIteration(values.map { $0 / trace }, iterations).last
                .map { $0 / trace.squareRoot() }
        }
    }

    /// Vᵀ · K · V from Vᵀ · G · V.
    func correction(_ g: SquareMatrix) -> SquareMatrix {
        guard case .newton(let iterations) = method else {
            let roots = values.map { $0.squareRoot() }
            return SquareMatrix(g.order) { i, j in
                (g[i, j] + g[j, i]) / ((roots[i] + roots[j]) * roots[i] * roots[j])
            }
        }
        let trace = values.reduce(0, +)
        let (x, root) = (values.map { $0 / trace }, trace.squareRoot())
        let iteration = NewtonIteration(x, iterations)
        let quotients = iteration.dividedDifferences(x)
        // ∂L/∂(Σ/τ), and what reaches τ by it and by 1/√τ.
        let inner = SquareMatrix(g.order) { g[$0, $1] * quotients[$0, $1] / root }
        var ofTrace = 0.0
        for i in 0..<g.order {
            ofTrace += inner[i, i] * x[i] / trace
            ofTrace += 0.5 * g[i, i] * iteration.last[i] / root / trace
        }
        return SquareMatrix(g.order) { i, j in
            (i == j ? 2 * ofTrace : 0) - (inner[i, j] + inner[j, i]) / trace
        }
    }
}

/// Newton's iteration for 1/√x on numbers from 0 to 1: p ← 1.5 · p − 0.5 · p³ · x, from 1.
private struct NewtonIteration {
    /// p before each iteration, and after the last.
    private let steps: [[Double]]

    init(_ x: [Double], _ iterations: Int) {
        var steps = [[Double](repeating: 1, count: x.count)]
        for _ in 0..<iterations {
            let p = steps[steps.count - 1]
            steps.append(x.indices.map { 1.5 * p[$0] - 0.5 * p[$0] * p[$0] * p[$0] * x[$0] })
        }
        self.steps = steps
    }

    var last: [Double] { steps[steps.count - 1] }

    /// (p(x_i) − p(x_j))/(x_i − x_j) for every pair, the derivative where they are equal, by the recurrence that the
    /// iteration gives for it. The cube is of the p whose x is larger: the other way round errors grow.
    func dividedDifferences(_ x: [Double]) -> SquareMatrix {
        var result = SquareMatrix(x.count, repeating: 0)
        for i in x.indices {
            for j in i..<x.count {
                let (least, larger) = (min(x[i], x[j]), x[i] >= x[j] ? i : j)
                var quotient = 0.0
                for p in steps.dropLast() {
                    let squares = p[i] * p[i] + p[i] * p[j] + p[j] * p[j]
                    let cube = p[larger] * p[larger] * p[larger]
                    quotient = 1.5 * quotient - 0.5 * (squares * quotient * least + cube)
                }
                result[i, j] = quotient
                result[j, i] = quotient
            }
        }
        return result
    }
}

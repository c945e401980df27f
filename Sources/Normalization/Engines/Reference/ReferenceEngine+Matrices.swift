/// Matrices by textbook loops.
extension ReferenceEngine: MatrixAlgebra {
    static func staysOnItsThread(order: Int) -> Bool { true }

    static func product(
        _ a: SquareMatrix, transposed transA: Bool, _ b: SquareMatrix, transposed transB: Bool
    ) -> SquareMatrix {
        SquareMatrix(a.order) { i, j in
            var sum = CompensatedSum()
            for l in 0..<a.order {
                sum.add((transA ? a[l, i] : a[i, l]) * (transB ? b[j, l] : b[l, j]))
            }
            return sum.value
        }
    }

    static func product(_ a: SquareMatrix, _ v: [Double]) -> [Double] {
        v.indices.map { i in
            var sum = CompensatedSum()
            for l in v.indices { sum.add(a[i, l] * v[l]) }
            return sum.value
        }
    }

    static func gram(_ a: SquareMatrix) -> SquareMatrix {
        product(a, transposed: false, a, transposed: true)
    }

    /// Cyclic Jacobi: rotations that make one pair of elements zero after the other, until all are (Golub and
    /// Van Loan, *Matrix Computations*, section 8.5).
    static func eigen(_ a: SquareMatrix) -> (values: [Double], vectors: SquareMatrix)? {
        let n = a.order
        var a = a
        var v = SquareMatrix(n) { $0 == $1 ? 1 : 0 }
        for _ in 0..<60 {
            var isDiagonal = true
            for p in 0..<n {
                for q in p + 1..<max(n, p + 1) {
                    // What is lost beside both diagonal elements is zero.
                    let limit = (abs(a[p, p]) * abs(a[q, q])).squareRoot() * 0x1p-60
                    guard abs(a[p, q]) > max(limit, .leastNormalMagnitude) else {
                        a[p, q] = 0
                        a[q, p] = 0
                        continue
                    }
                    isDiagonal = false
                    rotate(&a, &v, p, q)
                }
            }
            guard isDiagonal else { continue }
            let order = (0..<n).sorted { a[$0, $0] < a[$1, $1] }
            return (order.map { a[$0, $0] }, SquareMatrix(n) { v[$0, order[$1]] })
        }
        return nil
    }

    /// Makes a_pq zero, and turns the columns of v with it.
    private static func rotate(
        _ a: inout SquareMatrix, _ v: inout SquareMatrix, _ p: Int, _ q: Int
    ) {
        let ratio = (a[q, q] - a[p, p]) / (2 * a[p, q])
        let tangent = (ratio < 0 ? -1 : 1) / (abs(ratio) + (1 + ratio * ratio).squareRoot())
        let cosine = 1 / (1 + tangent * tangent).squareRoot()
        let sine = tangent * cosine
        for k in 0..<a.order {
            let (x, y) = (a[k, p], a[k, q])
            a[k, p] = cosine * x - sine * y
            a[k, q] = sine * x + cosine * y
        }
        for k in 0..<a.order {
            let (x, y) = (a[p, k], a[q, k])
            a[p, k] = cosine * x - sine * y
            a[q, k] = sine * x + cosine * y
        }
        for k in 0..<a.order {
            let (x, y) = (v[k, p], v[k, q])
            v[k, p] = cosine * x - sine * y
            v[k, q] = sine * x + cosine * y
        }
        a[p, q] = 0
        a[q, p] = 0
    }

    /// Cholesky's factor row by row, then its inverse by substitution.
    static func inverseCholesky(_ a: SquareMatrix) -> SquareMatrix? {
        let n = a.order
        var l = SquareMatrix(n, repeating: 0)
        for i in 0..<n {
            for j in 0...i {
                var sum = CompensatedSum()
                sum.add(a[i, j])
                for k in 0..<j { sum.add(-l[i, k] * l[j, k]) }
                if i == j {
                    guard sum.value > 0 else { return nil }
                    l[i, i] = sum.value.squareRoot()
                } else {
                    l[i, j] = sum.value / l[j, j]
                }
            }
        }
        var inverse = SquareMatrix(n, repeating: 0)
        for j in 0..<n {
            inverse[j, j] = 1 / l[j, j]
            for i in j + 1..<max(n, j + 1) {
                var sum = CompensatedSum()
                for k in j..<i { sum.add(-l[i, k] * inverse[k, j]) }
                inverse[i, j] = sum.value / l[i, i]
            }
        }
        return inverse
    }
}

import BLAS
import SeededRandom
import Testing

@Suite struct TriangularSolveTests {
    static let combinations = sides.flatMap { side in
        triangles.flatMap { triangle in
            transposes.flatMap { transpose in
                [Diagonal.stored, .unit].map { (side, triangle, transpose, $0) }
            }
        }
    }

    /// The computed X satisfies |op(A)·X − alpha·B| ≤ γ · (|op(A)|·|X|), elementwise: substitution
    /// rounds each of the n products and sums of a row once in any order (Higham, theorem 8.5);
    /// alpha·B, and the division done as a product with a rounded reciprocal, add four roundings.
    /// The residual, computed here in Double, has n + 4 roundings of Double itself.
    @Test(arguments: combinations)
    func trsmSolvesTheTriangularSystem(
        side: Side, triangle: Triangle, transA: Transpose, diagonal: Diagonal
    ) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (m, n) in [(0, 3), (3, 0), (1, 1), (1, 7), (7, 1), (5, 3), (16, 16), (31, 17)] {
                for (padding, alpha) in [(0, 1.0), (3, -2.0)] {
                    var random = SplitMix64(seed: UInt64(m * 100 + n))
                    let order = side == .left ? m : n
                    var a = Matrix(order, order, padding: padding, &random)
                    a.erase(outside: triangle)
                    // A strong diagonal, off the powers of two; filler where it must not be read.
                    for i in 0..<order { a[i, i] = diagonal == .unit ? filler : Double(3 + i % 5) }
                    // Small off-diagonals in binary fractions keep the unit system from growing.
                    for i in 0..<order {
                        for j in 0..<order where i != j && triangle.contains(i, j) {
                            a[i, j] /= 64
                        }
                    }
                    let b = Matrix(m, n, padding: padding, &random)
                    var result = cast(b.storage, to: T.self)
                    T.trsm(
                        side: side, triangle: triangle, transA: transA, diagonal: diagonal, m: m,
                        n: n, alpha: T(alpha), cast(a.storage), lda: a.leading, &result,
                        ldb: b.leading)
                    var x = b
                    x.storage = doubles(result)

                    func element(_ i: Int, _ j: Int) -> Double {
                        if i == j && diagonal == .unit { return 1 }
                        let (row, column) = transA == .none ? (i, j) : (j, i)
                        return triangle.contains(row, column) ? a[row, column] : 0
                    }
                    let roundings = gamma(order + 4, T.u) + gamma(order + 4, Double.u)
                    var worst = 0.0
                    for i in 0..<m {
                        for j in 0..<n {
                            var (product, magnitude) = (0.0, 0.0)
                            for l in 0..<order {
                                let term =
                                    side == .left
                                    ? element(i, l) * x[l, j] : x[i, l] * element(l, j)
                                product += term
                                magnitude += abs(term)
                            }
                            worst = max(
                                worst, abs(product - alpha * b[i, j]) - roundings * magnitude)
                        }
                    }
                    #expect(worst <= 0, "\(T.self) \(m)×\(n) padding \(padding) alpha \(alpha)")
                    var padded = x.storage
                    for i in 0..<m { for j in 0..<n { padded[i * x.leading + j] = filler } }
                    #expect(padded.allSatisfy { m * n == 0 || $0 == filler }, "wrote the padding")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }
}

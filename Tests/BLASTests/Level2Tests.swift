import BLAS
import SeededRandom
import Testing

@Suite struct Level2Tests {
    static let shapes = [
        (0, 0), (0, 3), (3, 0), (1, 1), (1, 7), (7, 1), (5, 3), (16, 16), (31, 17), (13, 97),
    ]

    @Test(arguments: transposes, [0, 3])
    func gemvIsTheMatrixTimesTheVector(transA: Transpose, padding: Int) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (m, n) in Self.shapes {
                for (incX, incY) in [(1, 1), (2, 3), (-1, 2), (3, -2)] {
                    for (alpha, beta) in [(1.0, 0.0), (-2, 1), (3, -1), (0, 2)] {
                        var random = SplitMix64(seed: UInt64(m * 100 + n))
                        let a = Matrix(m, n, padding: padding, &random)
                        let (rows, columns) = transA == .none ? (m, n) : (n, m)
                        let x = Vector(columns, incX, &random)
                        let y = Vector(rows, incY, &random)
                        var expected = y
                        if m > 0 && n > 0 {
                            for i in 0..<rows {
                                var sum = 0.0
                                for j in 0..<columns { sum += a.element(i, j, transA) * x[j] }
                                expected[i] = alpha * sum + beta * y[i]
                            }
                        }
                        var result = cast(y.storage, to: T.self)
                        T.gemv(
                            transA: transA, m: m, n: n, alpha: T(alpha), cast(a.storage),
                            lda: a.leading, cast(x.storage), incX: incX, beta: T(beta), &result,
                            incY: incY)
                        #expect(
                            doubles(result) == expected.storage,
                            "\(T.self) \(m)×\(n) \(incX) \(incY) \(alpha) \(beta)")
                    }
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test(arguments: transposes)
    func gemvWithBetaZeroDoesNotReadTheOutput(transA: Transpose) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for n in [1, 3, 16, 97] {
                var y = [T](repeating: .nan, count: n)
                T.gemv(
                    transA: transA, m: n, n: n, [T](repeating: 1, count: n * n), lda: n,
                    [T](repeating: 2, count: n), beta: 0, &y)
                #expect(y == [T](repeating: T(2 * n), count: n), "\(T.self) n \(n)")
            }
        }
        check(Float.self)
        check(Double.self)
    }
}

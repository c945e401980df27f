import BLAS
import SeededRandom
import Testing

@Suite struct Level3Tests {
    static let shapes = [
        (0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (1, 7, 5), (7, 1, 5), (4, 3, 1), (5, 3, 7),
        (16, 16, 16), (23, 19, 31),
    ]

    @Test(arguments: transposes, transposes)
    func gemmIsTheProductOfMatrices(transA: Transpose, transB: Transpose) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (m, n, k) in Self.shapes {
                for (padding, alpha, beta) in [(0, 1.0, 0.0), (3, -2, 1), (1, 3, -1)] {
                    var random = SplitMix64(seed: UInt64(m * 10_000 + n * 100 + k))
                    let a =
                        transA == .none
                        ? Matrix(m, k, padding: padding, &random)
                        : Matrix(k, m, padding: padding, &random)
                    let b =
                        transB == .none
                        ? Matrix(k, n, padding: padding, &random)
                        : Matrix(n, k, padding: padding, &random)
                    let c = Matrix(m, n, padding: padding, &random)
                    var expected = c
                    for i in 0..<m {
                        for j in 0..<n {
                            var sum = 0.0
                            for l in 0..<k {
                                sum += a.element(i, l, transA) * b.element(l, j, transB)
                            }
                            expected[i, j] = alpha * sum + beta * c[i, j]
                        }
                    }
                    var result = cast(c.storage, to: T.self)
                    T.gemm(
                        transA: transA, transB: transB, m: m, n: n, k: k, alpha: T(alpha),
                        cast(a.storage), lda: a.leading, cast(b.storage), ldb: b.leading,
                        beta: T(beta), &result, ldc: c.leading)
                    #expect(
                        doubles(result) == expected.storage,
                        "\(T.self) \(m)×\(n)×\(k) padding \(padding) \(alpha) \(beta)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test(arguments: triangles, transposes)
    func syrkIsTheGramMatrixInOneTriangle(triangle: Triangle, transA: Transpose) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (n, _, k) in Self.shapes {
                for (padding, alpha, beta) in [(0, 1.0, 0.0), (3, -2, 1), (1, 3, -1)] {
                    var random = SplitMix64(seed: UInt64(n * 100 + k))
                    let a =
                        transA == .none
                        ? Matrix(n, k, padding: padding, &random)
                        : Matrix(k, n, padding: padding, &random)
                    let c = Matrix(n, n, padding: padding, &random)
                    var expected = c
                    for i in 0..<n {
                        for j in 0..<n where triangle.contains(i, j) {
                            var sum = 0.0
                            for l in 0..<k {
                                sum += a.element(i, l, transA) * a.element(j, l, transA)
                            }
                            expected[i, j] = alpha * sum + beta * c[i, j]
                        }
                    }
                    var result = cast(c.storage, to: T.self)
                    T.syrk(
                        triangle: triangle, transA: transA, n: n, k: k, alpha: T(alpha),
                        cast(a.storage), lda: a.leading, beta: T(beta), &result, ldc: c.leading)
                    #expect(
                        doubles(result) == expected.storage,
                        "\(T.self) \(n)×\(k) padding \(padding) \(alpha) \(beta)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test func productsWithBetaZeroDoNotReadTheOutput() {
        func check<T: BLASScalar>(_ type: T.Type) {
            for n in [1, 3, 16, 31] {
                let ones = [T](repeating: 1, count: n * n)
                let expected = [T](repeating: T(n), count: n * n)
                let unread = [T](repeating: .nan, count: n * n)
                var c = unread
                T.gemm(m: n, n: n, k: n, ones, lda: n, ones, ldb: n, beta: 0, &c, ldc: n)
                #expect(c == expected, "gemm \(T.self) n \(n)")
                c = unread
                T.syrk(triangle: .upper, n: n, k: n, ones, lda: n, beta: 0, &c, ldc: n)
                T.syrk(triangle: .lower, n: n, k: n, ones, lda: n, beta: 0, &c, ldc: n)
                #expect(c == expected, "syrk \(T.self) n \(n)")
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test(arguments: transposes, [(0, 0), (2, 0), (0, 3), (1, 4)])
    func omatcopyCopiesScalesAndTransposes(transA: Transpose, paddings: (Int, Int)) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (rows, columns) in Level2Tests.shapes {
                for alpha in [1.0, -3, 0] {
                    var random = SplitMix64(seed: UInt64(rows * 100 + columns))
                    let a = Matrix(rows, columns, padding: paddings.0, &random)
                    let b =
                        transA == .none
                        ? Matrix(rows, columns, padding: paddings.1, &random)
                        : Matrix(columns, rows, padding: paddings.1, &random)
                    var expected = b
                    for i in 0..<b.rows {
                        for j in 0..<b.columns {
                            expected[i, j] = alpha * a.element(i, j, transA)
                        }
                    }
                    var result = cast(b.storage, to: T.self)
                    T.omatcopy(
                        transA: transA, rows: rows, columns: columns, alpha: T(alpha),
                        cast(a.storage), lda: a.leading, &result, ldb: b.leading)
                    #expect(
                        doubles(result) == expected.storage,
                        "\(T.self) \(rows)×\(columns) \(paddings) \(alpha)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }
}

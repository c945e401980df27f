import BLAS
import SeededRandom
import Testing

@testable import Normalization

/// The linear algebra of whitening, of both engines, against plain loops and what it must satisfy.
@Suite struct WhiteningMatrixTests {
    static let orders = [1, 2, 3, 7, 16, 33, 64, 65, 130]
    static let engines: [any MatrixAlgebra.Type] = [BLASEngine.self, ReferenceEngine.self]

    private func random(_ n: Int, seed: UInt64) -> SquareMatrix {
        var generator = SplitMix64(seed: seed)
        return SquareMatrix(n, generator.values(n * n))
    }

    /// The worst difference of an element.
    private func distance(_ a: SquareMatrix, _ b: SquareMatrix) -> Double {
        zip(a.values, b.values).map { abs($0 - $1) }.max() ?? 0
    }

    private func plain(
        _ n: Int, _ a: (Int, Int) -> Double, _ b: (Int, Int) -> Double
    ) -> SquareMatrix {
        SquareMatrix(n) { i, j in (0..<n).reduce(0) { $0 + a(i, $1) * b($1, j) } }
    }

    @Test("products, also transposed, are those of loops", arguments: orders)
    func productsAreThoseOfLoops(_ n: Int) {
        let (a, b) = (random(n, seed: 1), random(n, seed: 2))
        let bound = 2 * Double(n + 1) * Double(n) * 0x1p-53
        for (transA, transB) in [(false, false), (true, false), (false, true), (true, true)] {
            let expected = plain(
                n, { transA ? a[$1, $0] : a[$0, $1] }, { transB ? b[$1, $0] : b[$0, $1] })
            let found = BLASEngine.product(a, transposed: transA, b, transposed: transB)
            #expect(distance(found, expected) <= bound)
            if n < 64 {
                let judge = ReferenceEngine.product(a, transposed: transA, b, transposed: transB)
                #expect(distance(judge, expected) <= bound)
            }
        }
        let expected = plain(n, { a[$0, $1] }, { a[$1, $0] })
        let gram = BLASEngine.gram(a)
        #expect(distance(gram, expected) <= bound)
        for i in 0..<n { for j in 0..<i { #expect(gram[i, j] == gram[j, i]) } }
    }

    @Test("a product with a vector is that of loops", arguments: orders)
    func productWithVectorIsThatOfLoops(_ n: Int) {
        let a = random(n, seed: 4)
        let v = Array(random(n, seed: 5).values.prefix(n))
        let bound = 2 * Double(n + 1) * Double(n) * 0x1p-53
        for engine in Self.engines {
            let found = engine.product(a, v)
            for i in 0..<n {
                let expected = (0..<n).reduce(0) { $0 + a[i, $1] * v[$1] }
                #expect(abs(found[i] - expected) <= bound)
            }
        }
    }

    @Test("eigenvalues and eigenvectors make the matrix", arguments: orders)
    func eigenvectorsMakeTheMatrix(_ n: Int) throws {
        let a = random(n, seed: 3)
        let symmetric = BLASEngine.gram(a)
        for engine in Self.engines where n <= 33 || engine == BLASEngine.self {
            let found = engine.eigen(symmetric)
            let (values, v) = try #require(found)
            let scaled = v.scalingColumns(by: values)
            let made = BLASEngine.product(scaled, transposed: false, v, transposed: true)
            #expect(distance(made, symmetric) <= 1e-14 * Double(n * n))
            let identity = SquareMatrix(n) { $0 == $1 ? 1 : 0 }
            #expect(
                distance(BLASEngine.product(v, transposed: true, v, transposed: false), identity)
                    <= 1e-14 * Double(n))
            #expect(values == values.sorted())
        }
    }

    @Test("the inverse of Cholesky's factor whitens the matrix", arguments: orders)
    func inverseFactorWhitens(_ n: Int) throws {
        let a = random(n, seed: 4)
        let gram = BLASEngine.gram(a)
        let matrix = SquareMatrix(n) { gram[$0, $1] + ($0 == $1 ? 1 : 0) }
        for engine in Self.engines where n <= 33 || engine == BLASEngine.self {
            let found = engine.inverseCholesky(matrix)
            let inverse = try #require(found)
            for i in 0..<n { for j in i + 1..<max(n, i + 1) { #expect(inverse[i, j] == 0) } }
            let identity = SquareMatrix(n) { $0 == $1 ? 1 : 0 }
            let turned = BLASEngine.turned(matrix, outOf: inverse)
            #expect(distance(turned, identity) <= 1e-13 * Double(n * n))
            let none = engine.inverseCholesky(SquareMatrix(n) { $0 == $1 ? -1 : 0 })
            #expect(none == nil)
        }
    }

    /// Sizes around and above those of one call.
    @Test(
        "products in several calls are those in one",
        arguments: [
            (3, 5, 7), (64, 64, 64), (64, 65, 64), (130, 70, 300), (256, 32, 512), (2, 9000, 40),
        ])
    func severalCallsAreOne(m: Int, n: Int, k: Int) {
        var generator = SplitMix64(seed: 5)
        // Small integers: every sum is exact.
        let a = (0..<m * k).map { _ in Double(Int.random(in: -8...8, using: &generator)) }
        let b = (0..<k * n).map { _ in Double(Int.random(in: -8...8, using: &generator)) }
        for (transA, transB) in [(false, false), (true, false), (false, true), (true, true)] {
            var c = [Double](repeating: 1, count: m * n)
            SmallProducts.gemm(
                transA: transA ? .transposed : .none, transB: transB ? .transposed : .none, m: m,
                n: n, k: k, a, lda: transA ? m : k, b, ldb: transB ? k : n, beta: 2, &c, ldc: n)
            for i in stride(from: 0, to: m, by: 17) {
                for j in stride(from: 0, to: n, by: 23) {
                    var sum = 2.0
                    for l in 0..<k {
                        sum +=
                            (transA ? a[l * m + i] : a[i * k + l])
                            * (transB ? b[j * k + l] : b[l * n + j])
                    }
                    #expect(c[i * n + j] == sum, "\(m)×\(n)×\(k) at \(i), \(j)")
                }
            }
        }
        var c = [Double](repeating: 1, count: m * m)
        SmallProducts.syrk(n: m, k: k, a, lda: k, beta: 2, &c, ldc: m)
        for i in stride(from: 0, to: m, by: 7) {
            for j in stride(from: 0, to: m, by: 5) {
                var sum = 2.0
                for l in 0..<k { sum += a[i * k + l] * a[j * k + l] }
                // Below the diagonal what stood there.
                #expect(c[i * m + j] == (i <= j ? sum : 1), "\(m)×\(k) at \(i), \(j)")
            }
        }
    }
}

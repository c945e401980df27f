import BLAS
import SeededRandom
import Testing

/// Sums of data that round stay within the bound that holds for every order of summation: a sum of
/// n terms, each rounded once, is within γₙ · Σ|term| of the exact one (Higham, section 3.1). The
/// loop in Double these are held against has the same bound with Double's roundoff.
@Suite struct RoundingTests {
    static let lengths = [1, 7, 97, 1009, 20_011]

    @Test(arguments: lengths) func sumsStayWithinTheBoundOfAnyOrder(n: Int) {
        func check<T: BLASScalar>(_ type: T.Type) {
            let seed = UInt64(n)
            var random = SplitMix64(seed: seed)
            let x = cast((0..<n).map { _ in Double.random(in: -1...1, using: &random) }, to: T.self)
            let y = cast((0..<n).map { _ in Double.random(in: -1...1, using: &random) }, to: T.self)
            let (xs, ys) = (doubles(x), doubles(y))
            let roundings = gamma(n, T.u) + gamma(n, Double.u)

            var (sum, asum, dot, dotMagnitude) = (0.0, 0.0, 0.0, 0.0)
            for i in 0..<n {
                sum += xs[i]
                asum += abs(xs[i])
                dot += xs[i] * ys[i]
                dotMagnitude += abs(xs[i] * ys[i])
            }
            #expect(
                abs(Double(T.sum(n, x)) - sum) <= roundings * asum, "sum \(T.self) seed \(seed)")
            #expect(
                abs(Double(T.asum(n, x)) - asum) <= roundings * asum, "asum \(T.self) seed \(seed)")
            #expect(
                abs(Double(T.dot(n, x, y)) - dot) <= roundings * dotMagnitude,
                "dot \(T.self) seed \(seed)")
        }
        check(Float.self)
        check(Double.self)
    }

    /// alpha is 1 and beta 0, so each element is a dot product of length k and one rounding more.
    @Test func productsStayWithinTheBoundOfAnyOrder() {
        func check<T: BLASScalar>(_ type: T.Type) {
            let (m, n, k) = (13, 17, 211)
            var random = SplitMix64(seed: 4)
            let a = cast(
                (0..<m * k).map { _ in Double.random(in: -1...1, using: &random) }, to: T.self)
            let b = cast(
                (0..<k * n).map { _ in Double.random(in: -1...1, using: &random) }, to: T.self)
            var c = [T](repeating: 0, count: m * n)
            T.gemm(m: m, n: n, k: k, a, lda: k, b, ldb: n, &c, ldc: n)
            var y = [T](repeating: 0, count: m)
            T.gemv(m: m, n: k, a, lda: k, b, incX: n, &y)

            let (xs, ys) = (doubles(a), doubles(b))
            let roundings = gamma(k + 1, T.u) + gamma(k + 1, Double.u)
            var (worstOfGemm, worstOfGemv) = (0.0, 0.0)
            for i in 0..<m {
                for j in 0..<n {
                    var (sum, magnitude) = (0.0, 0.0)
                    for l in 0..<k {
                        let term = xs[i * k + l] * ys[l * n + j]
                        sum += term
                        magnitude += abs(term)
                    }
                    let bound = roundings * magnitude
                    worstOfGemm = max(worstOfGemm, abs(Double(c[i * n + j]) - sum) - bound)
                    if j == 0 {
                        worstOfGemv = max(worstOfGemv, abs(Double(y[i]) - sum) - bound)
                    }
                }
            }
            #expect(worstOfGemm <= 0, "gemm \(T.self) seed 4")
            #expect(worstOfGemv <= 0, "gemv \(T.self) seed 4")
        }
        check(Float.self)
        check(Double.self)
    }
}

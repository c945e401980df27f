import BLAS
import Testing

/// What OpenBLAS would answer with a printed line and an unwritten result stops the program, and
/// says which argument of which routine is wrong.
@Suite struct ArgumentsTests {
    @Test func aNegativeCountStops() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Float.sum(-1, [1])
        }
        expect(result, says: "sum: n must be at least 0, not -1")
    }

    @Test func aZeroIncrementOfTheOutputStops() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var y = [1.0]
            Double.axpy(1, alpha: 1, [1], &y, incY: 0)
        }
        expect(result, says: "axpy: incY must not be 0")
    }

    @Test func aDimensionBeyond32BitsStops() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var y = [1.0]
            Double.gemv(m: 1 << 32 + 1, n: 1, [1], lda: 1, [1], &y)
        }
        expect(result, says: "gemv: m must be in 0...2147483647, not 4294967297")
    }

    @Test func aLeadingDimensionBelowTheWidthStops() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var c: [Float] = [1, 1]
            Float.gemm(m: 1, n: 2, k: 1, [1], lda: 1, [1, 1], ldb: 1, &c, ldc: 2)
        }
        expect(result, says: "gemm: ldb must be in 2...2147483647, not 1")
    }

    private func expect(_ result: ExitTest.Result?, says message: String) {
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains(message), "standard error was: \(text)")
    }
}

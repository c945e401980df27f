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

    @Test func emptyMatricesAreNoErrorAndPrintNothing() async {
        let result = await #expect(
            processExitsWith: .success, observing: [\.standardOutputContent]
        ) {
            var (b, w) = ([0.0], [0.0])
            Double.omatcopy(transA: .transposed, rows: 0, columns: 3, [0], lda: 3, &b, ldb: 0)
            Double.gemm(m: 0, n: 0, k: 0, [0], lda: 0, [0], ldb: 0, &b, ldc: 0)
            Double.gemv(m: 0, n: 0, [0], lda: 0, [0], &w)
            try Double.potrf(triangle: .upper, n: 0, &b, lda: 0)
            try Double.trtri(triangle: .upper, n: 0, &b, lda: 0)
            try Double.syevd(triangle: .upper, n: 0, &b, lda: 0, &w)
        }
        // OpenBLAS and LAPACKE complain on standard output.
        let printed = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
        #expect(result != nil && !printed.contains("parameter"), "printed: \(printed)")
    }

    private func expect(_ result: ExitTest.Result?, says message: String) {
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains(message), "standard error was: \(text)")
    }
}

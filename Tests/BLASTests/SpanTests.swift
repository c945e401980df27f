import BLAS
import SeededRandom
import Testing

/// Products of spans are those of pointers, and a span that is too short stops the program.
@Suite struct SpanTests {
    @Test(arguments: transposes, [0, 3])
    func gemvOfSpansIsGemvOfPointers(transA: Transpose, padding: Int) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (m, n) in Level2Tests.shapes {
                for (incX, incY) in [(1, 1), (2, 3), (-1, 2), (3, -2)] {
                    var random = SplitMix64(seed: UInt64(m * 100 + n))
                    let a = Matrix(m, n, padding: padding, &random)
                    let (rows, columns) = transA == .none ? (m, n) : (n, m)
                    let x = Vector(columns, incX, &random)
                    let y = Vector(rows, incY, &random)
                    let (values, vector) = (
                        cast(a.storage, to: T.self), cast(x.storage, to: T.self)
                    )
                    var expected = cast(y.storage, to: T.self)
                    var found = expected
                    T.gemv(
                        transA: transA, m: m, n: n, alpha: 3, values, lda: a.leading, vector,
                        incX: incX, beta: -2, &expected, incY: incY)
                    var span = found.mutableSpan
                    T.gemv(
                        transA: transA, m: m, n: n, alpha: 3, values.span,
                        lda: padding == 0 ? nil : a.leading, vector.span, incX: incX, beta: -2,
                        &span, incY: incY)
                    #expect(found == expected, "\(T.self) \(m)×\(n) \(incX) \(incY)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test(arguments: transposes, transposes)
    func gemmOfSpansIsGemmOfPointers(transA: Transpose, transB: Transpose) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (m, n, k) in Level3Tests.shapes {
                for padding in [0, 3] {
                    var random = SplitMix64(seed: UInt64(m * 10_000 + n * 100 + k))
                    func matrix(_ rows: Int, _ columns: Int, _ transpose: Transpose) -> Matrix {
                        transpose == .none
                            ? Matrix(rows, columns, padding: padding, &random)
                            : Matrix(columns, rows, padding: padding, &random)
                    }
                    let (a, b) = (matrix(m, k, transA), matrix(k, n, transB))
                    let c = Matrix(m, n, padding: padding, &random)
                    let (left, right) = (cast(a.storage, to: T.self), cast(b.storage, to: T.self))
                    var expected = cast(c.storage, to: T.self)
                    var found = expected
                    T.gemm(
                        transA: transA, transB: transB, m: m, n: n, k: k, alpha: 3, left,
                        lda: a.leading, right, ldb: b.leading, beta: -2, &expected,
                        ldc: c.leading)
                    var span = found.mutableSpan
                    func leading(_ matrix: Matrix) -> Int? { padding == 0 ? nil : matrix.leading }
                    T.gemm(
                        transA: transA, transB: transB, m: m, n: n, k: k, alpha: 3, left.span,
                        lda: leading(a), right.span, ldb: leading(b), beta: -2, &span,
                        ldc: leading(c))
                    #expect(found == expected, "\(T.self) \(m)×\(n)×\(k) padding \(padding)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    /// The last row of a matrix ends with its last element, whatever the distance between rows.
    @Test func aSpanEndsWithTheLastElement() {
        let (a, ones, none): ([Double], [Double], [Double]) = ([1, 2, 0, 3, 4], [1, 1], [])
        var result: [Double] = [0, 0]
        var y = result.mutableSpan
        Double.gemv(m: 2, n: 2, a.span, lda: 3, ones.span, &y)
        #expect(result == [3, 7])
        var empty: [Double] = []
        var c = empty.mutableSpan
        Double.gemm(m: 0, n: 3, k: 0, none.span, none.span, &c)
        var one: [Double] = [5]
        var scaled = one.mutableSpan
        Double.gemm(m: 1, n: 1, k: 0, none.span, none.span, beta: 2, &scaled)
        #expect(one == [10])
    }

    @Test func aSpanThatIsTooShortStops() async {
        let matrix = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let a: [Double] = [1, 2, 3]
            var result: [Double] = [0, 0]
            var y = result.mutableSpan
            Double.gemv(m: 2, n: 2, a.span, a.span, &y)
        }
        expect(matrix, says: "gemv: a must have at least 4 elements, not 3")
        let vector = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let a: [Double] = [1, 2, 3, 4]
            var result: [Double] = [0, 0]
            var y = result.mutableSpan
            Double.gemv(m: 2, n: 2, a.span, a.span, &y, incY: -2)
        }
        expect(vector, says: "gemv: y must have at least 3 elements, not 2")
        let product = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let a: [Float] = [1, 2, 3, 4]
            var result: [Float] = [0]
            var c = result.mutableSpan
            Float.gemm(m: 2, n: 1, k: 2, a.span, a.span, &c)
        }
        expect(product, says: "gemm: c must have at least 2 elements, not 1")
        let leading = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let a: [Float] = [1, 2, 3, 4]
            var result: [Float] = [0, 0]
            var c = result.mutableSpan
            Float.gemm(m: 2, n: 1, k: 2, a.span, lda: 1, a.span, &c)
        }
        expect(leading, says: "gemm: lda must be in 2...2147483647, not 1")
    }

    private func expect(_ result: ExitTest.Result?, says message: String) {
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains(message), "standard error was: \(text)")
    }
}

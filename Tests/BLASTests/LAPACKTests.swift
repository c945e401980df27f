import BLAS
import SeededRandom
import Testing

@Suite struct LAPACKTests {
    static let orders = [0, 1, 2, 3, 7, 16, 31, 67]

    // MARK: potrf

    /// |A − L·Lᵀ| ≤ γₙ₊₁ · |L|·|Lᵀ|, elementwise (Higham, theorem 10.3), and n roundings of Double
    /// for the product computed here.
    @Test(arguments: triangles, [0, 3])
    func potrfFactorsThePositiveDefiniteMatrix(triangle: Triangle, padding: Int) throws {
        func check<T: BLASScalar>(_ type: T.Type) throws {
            for n in Self.orders {
                var random = SplitMix64(seed: UInt64(n))
                var a = Self.gram(n, padding: padding, &random)
                a.erase(outside: triangle)
                var factored = cast(a.storage, to: T.self)
                try T.potrf(triangle: triangle, n: n, &factored, lda: a.leading)
                var factor = a
                factor.storage = doubles(factored)

                // L, whichever triangle holds it.
                func lower(_ i: Int, _ j: Int) -> Double {
                    triangle == .lower ? factor[i, j] : factor[j, i]
                }
                let roundings = gamma(n + 1, T.u) + gamma(n + 1, Double.u)
                var worst = 0.0
                for i in 0..<n {
                    for j in 0...i {
                        var (product, magnitude) = (0.0, 0.0)
                        for l in 0...j {
                            let term = lower(i, l) * lower(j, l)
                            product += term
                            magnitude += abs(term)
                        }
                        let residual = abs(product - a.symmetric(i, j, triangle))
                        worst = max(worst, residual - roundings * magnitude)
                    }
                }
                #expect(worst <= 0, "\(T.self) n \(n)")
                var rest = factor
                for i in 0..<n {
                    for j in 0..<n where triangle.contains(i, j) { rest[i, j] = filler }
                }
                #expect(
                    rest.storage.allSatisfy { n == 0 || $0 == filler },
                    "\(T.self) n \(n): wrote outside the triangle")
            }
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test(arguments: triangles, [0.0, -1.0])
    func potrfNamesTheMinorThatIsNotPositive(triangle: Triangle, pivot: Double) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for n in [1, 2, 7, 31, 67, 200] {
                for minor in [1, (n + 1) / 2, n] {
                    var a = [T](repeating: 0, count: n * n)
                    for i in 0..<n { a[i * n + i] = 4 }
                    a[(minor - 1) * (n + 1)] = T(pivot)
                    #expect(throws: BLASError.notPositiveDefinite(routine: "potrf", minor: minor)) {
                        try T.potrf(triangle: triangle, n: n, &a, lda: n)
                    }
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    // MARK: trtri

    /// |X·A − I| ≤ γₙ · |X|·|A|, elementwise, of an inverse by substitution (Higham, section 14.2), up to small
    /// constants for its blocks, and n roundings of Double for the product computed here.
    @Test(arguments: triangles, [0, 3])
    func trtriInvertsTheTriangularMatrix(triangle: Triangle, padding: Int) throws {
        func check<T: BLASScalar>(_ type: T.Type) throws {
            for n in Self.orders {
                var random = SplitMix64(seed: UInt64(n))
                var a = Matrix(n, n, padding: padding, &random)
                a.erase(outside: triangle)
                // A strong diagonal, off the powers of two, keeps the inverse from growing.
                for i in 0..<n {
                    for j in 0..<n where triangle.contains(i, j) { a[i, j] /= 64 }
                    a[i, i] = Double(3 + i % 5)
                }
                var inverted = cast(a.storage, to: T.self)
                try T.trtri(triangle: triangle, n: n, &inverted, lda: a.leading)
                var x = a
                x.storage = doubles(inverted)
                let roundings = 4 * gamma(n + 4, T.u) + gamma(n + 4, Double.u)
                var worst = 0.0
                for i in 0..<n {
                    for j in 0..<n where triangle.contains(i, j) {
                        var (product, magnitude) = (0.0, 0.0)
                        for l in min(i, j)...max(i, j) {
                            product += x[i, l] * a[l, j]
                            magnitude += abs(x[i, l] * a[l, j])
                        }
                        let residual = abs(product - (i == j ? 1 : 0))
                        worst = max(worst, residual - roundings * max(magnitude, 1))
                    }
                }
                #expect(worst <= 0, "\(T.self) n \(n)")
                for i in 0..<n { for j in 0..<n where triangle.contains(i, j) { x[i, j] = filler } }
                #expect(
                    x.storage.allSatisfy { n == 0 || $0 == filler },
                    "\(T.self) n \(n): wrote outside the triangle")
            }
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test(arguments: triangles) func trtriNamesTheZeroOnTheDiagonal(triangle: Triangle) {
        for (n, zero) in [(1, 1), (3, 2), (70, 70)] {
            var a = [Double](repeating: 0, count: n * n)
            for i in 0..<n { a[i * n + i] = i + 1 == zero ? 0 : 4 }
            let before = a
            #expect(throws: BLASError.singular(routine: "trtri", diagonal: zero)) {
                try Double.trtri(triangle: triangle, n: n, &a, lda: n)
            }
            #expect(a == before)
        }
    }

    // MARK: syevd

    @Test(arguments: triangles, [0, 3])
    func syevdDecomposesTheSymmetricMatrix(triangle: Triangle, padding: Int) throws {
        func check<T: BLASScalar>(_ type: T.Type) throws {
            for n in Self.orders {
                var random = SplitMix64(seed: UInt64(n))
                var a = Matrix(n, n, padding: padding, &random)
                a.erase(outside: triangle)
                var (result, w) = (cast(a.storage, to: T.self), [T](repeating: 0, count: max(1, n)))
                try T.syevd(triangle: triangle, n: n, &result, lda: a.leading, &w)
                var v = a
                v.storage = doubles(result)

                let scale = Self.expectDecomposition(
                    of: a, triangle, vectors: v, w[..<n].map { Double($0) }, unit: T.ulpOfOne)

                // Without vectors: the same eigenvalues, both sets that near the exact ones.
                var alone = [T](repeating: 0, count: max(1, n))
                result = cast(a.storage)
                try T.syevd(
                    vectors: false, triangle: triangle, n: n, &result, lda: a.leading, &alone)
                let apart = zip(w, alone).map { abs(Double($0) - Double($1)) }.max() ?? 0
                #expect(apart <= 2 * scale, "\(T.self) n \(n)")
            }
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test func eigenvectorsAreTheColumns() throws {
        // Eigenvalues 1 and 3, with (1, −1)/√2 and (1, 1)/√2.
        var a = [2.0, 1, 1, 2]
        var w = [0.0, 0]
        try Double.syevd(triangle: .upper, n: 2, &a, lda: 2, &w)
        #expect(abs(w[0] - 1) < 1e-15 && abs(w[1] - 3) < 1e-15)
        #expect(a[0] * a[2] < 0 && a[1] * a[3] > 0, "\(a)")
    }

    // MARK: refusals

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func whatIsNotFiniteIsRefusedAndLeavesTheMatrix(value: Double) {
        let a = [4.0, 1, 1, value]
        for triangle in triangles {
            var (copy, w) = (a, [0.0, 0])
            #expect(throws: Self.illegal("potrf", 4, "a", "finite", "\(value) in row 1, column 1"))
            {
                try Double.potrf(triangle: triangle, n: 2, &copy, lda: 2)
            }
            #expect(throws: Self.illegal("trtri", 5, "a", "finite", "\(value) in row 1, column 1"))
            {
                try Double.trtri(triangle: triangle, n: 2, &copy, lda: 2)
            }
            #expect(throws: Self.illegal("syevd", 5, "a", "finite", "\(value) in row 1, column 1"))
            {
                try Double.syevd(triangle: triangle, n: 2, &copy, lda: 2, &w)
            }
            #expect(copy.map(\.bitPattern) == a.map(\.bitPattern))
        }
        // The other triangle is nobody's business.
        var lower = [4.0, value, 2, 5]
        #expect(throws: Never.self) { try Double.potrf(triangle: .lower, n: 2, &lower, lda: 2) }
    }

    @Test func dimensionsOutOfRangeAreRefused() {
        var (a, w): ([Float], [Float]) = ([1], [0])
        #expect(throws: Self.illegal("potrf", 3, "n", "in 0...2147483647", "-1")) {
            try Float.potrf(triangle: .upper, n: -1, &a, lda: 1)
        }
        #expect(throws: Self.illegal("potrf", 5, "lda", "in 3...2147483647", "2")) {
            try Float.potrf(triangle: .upper, n: 3, &a, lda: 2)
        }
        #expect(throws: Self.illegal("trtri", 6, "lda", "in 3...2147483647", "2")) {
            try Float.trtri(triangle: .upper, n: 3, &a, lda: 2)
        }
        #expect(throws: Self.illegal("syevd", 4, "n", "in 0...32766", "32767")) {
            try Float.syevd(triangle: .upper, n: 32_767, &a, lda: 32_767, &w)
        }
        #expect(throws: Self.illegal("syevd", 6, "lda", "in 1...2147483647", "4294967297")) {
            try Float.syevd(triangle: .upper, n: 1, &a, lda: 1 << 32 + 1, &w)
        }
    }

    @Test func errorsSayWhatWasExpectedAndWhatCame() {
        #expect(
            "\(Self.illegal("potrf", 5, "lda", "in 3...9", "2"))"
                == "potrf: argument 5, lda, must be in 3...9, not 2")
        #expect(
            "\(BLASError.notPositiveDefinite(routine: "potrf", minor: 2))"
                == "potrf: the matrix is not positive definite: "
                + "its leading minor of order 2 is not positive")
        #expect(
            "\(BLASError.singular(routine: "trtri", diagonal: 2))"
                == "trtri: the matrix is singular: element 2 of its diagonal is zero")
    }

    // MARK: the operands

    static func illegal(
        _ routine: String, _ position: Int, _ name: String, _ expected: String, _ actual: String
    ) -> BLASError {
        .illegalArgument(
            routine: routine, position: position, name: name, expected: expected, actual: actual)
    }

    /// M·Mᵀ + n·I in integers: positive definite, and exact in Float.
    static func gram(_ n: Int, padding: Int, _ random: inout SplitMix64) -> Matrix {
        let m = Matrix(n, n, padding: 0, &random)
        var a = Matrix(n, n, padding: padding, &random)
        for i in 0..<n {
            for j in 0..<n {
                a[i, j] = i == j ? Double(n) : 0
                for l in 0..<n { a[i, j] += m[i, l] * m[j, l] }
            }
        }
        return a
    }
}

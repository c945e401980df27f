import BLAS
import SeededRandom
import Testing

@Suite struct BandTests {
    @Test(arguments: triangles, [0, 3])
    func sbevdDecomposesTheBandOfAnyWidth(triangle: Triangle, padding: Int) throws {
        func check<T: BLASScalar>(_ type: T.Type) throws {
            for n in LAPACKTests.orders {
                for bandwidth in Set([0, n / 3, n - 1]) where bandwidth >= 0 {
                    var random = SplitMix64(seed: UInt64(n))
                    var a = Matrix(n, n, padding: 0, &random)
                    for i in 0..<n {
                        for j in 0..<n where abs(i - j) > bandwidth { a[i, j] = 0 }
                    }
                    a.erase(outside: triangle)
                    let leading = n + padding
                    var band = [T](repeating: T(filler), count: (bandwidth + 1) * leading + 1)
                    for i in 0..<n {
                        for j in 0..<n where triangle.contains(i, j) && abs(i - j) <= bandwidth {
                            let row = triangle == .upper ? bandwidth + i - j : i - j
                            band[row * leading + j] = T(a[i, j])
                        }
                    }
                    var w = [T](repeating: 0, count: max(1, n))
                    var v = Matrix(n, n, padding: padding, &random)
                    var vectors = cast(v.storage, to: T.self)
                    try T.sbevd(
                        triangle: triangle, n: n, bandwidth: bandwidth, &band, ldab: leading, &w,
                        &vectors, ldz: leading)
                    v.storage = doubles(vectors)
                    LAPACKTests.expectDecomposition(
                        of: a, triangle, vectors: v, w[..<n].map { Double($0) }, unit: T.ulpOfOne)
                }
            }
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test func whatIsOutOfRangeIsRefusedAndLeavesTheBand() {
        func refused(_ position: Int, _ name: String, _ expected: String, _ actual: String)
            -> BLASError
        {
            .illegalArgument(
                routine: "sbevd", position: position, name: name, expected: expected,
                actual: actual)
        }
        func call(
            _ triangle: Triangle = .upper, n: Int = 2, bandwidth: Int = 1, ldab: Int = 2,
            ldz: Int = 2, band: [Double] = [0, 1, 4, 5]
        ) throws(BLASError) {
            var (copy, w, z) = (band, [0.0, 0], [0.0, 0, 0, 0])
            defer { #expect(copy.map(\.bitPattern) == band.map(\.bitPattern)) }
            try Double.sbevd(
                triangle: triangle, n: n, bandwidth: bandwidth, &copy, ldab: ldab, &w, &z,
                ldz: ldz)
        }
        #expect(throws: refused(4, "n", "in 0...32766", "-1")) { try call(n: -1) }
        #expect(throws: refused(5, "bandwidth", "in 0...1", "2")) { try call(bandwidth: 2) }
        #expect(throws: refused(5, "bandwidth", "in 0...1", "-1")) { try call(bandwidth: -1) }
        #expect(throws: refused(7, "ldab", "in 2...2147483647", "1")) { try call(ldab: 1) }
        #expect(throws: refused(10, "ldz", "in 2...2147483647", "1")) { try call(ldz: 1) }
        #expect(throws: refused(6, "ab", "finite", "nan in row 0, column 1")) {
            try call(band: [0, .nan, 4, 5])
        }
        #expect(throws: refused(6, "ab", "finite", "inf in row 1, column 0")) {
            try call(.lower, band: [4, 5, .infinity, 0])
        }
    }
}

extension LAPACKTests {
    /// LAPACK holds its own eigenvalue routines to ‖A − V·Λ·Vᵀ‖₁ ≤ t·n·ulp·‖A‖₁ and
    /// ‖I − V·Vᵀ‖₁ ≤ t·n·ulp with t = 60 (its TESTING/sep.in); so does this.
    ///
    /// - Returns: how far off an eigenvalue may be.
    @discardableResult
    static func expectDecomposition<Unit: BinaryFloatingPoint>(
        of a: Matrix, _ triangle: Triangle, vectors v: Matrix, _ w: [Double], unit: Unit
    ) -> Double {
        let n = a.rows
        var (norm, residual, skew) = (0.0, 0.0, 0.0)
        for j in 0..<n {
            var column = (norm: 0.0, residual: 0.0, skew: 0.0)
            for i in 0..<n {
                var (product, square) = (0.0, 0.0)
                for l in 0..<n {
                    product += v[i, l] * w[l] * v[j, l]
                    square += v[i, l] * v[j, l]
                }
                let element = a.symmetric(i, j, triangle)
                column.norm += abs(element)
                column.residual += abs(element - product)
                column.skew += abs((i == j ? 1 : 0) - square)
            }
            norm = max(norm, column.norm)
            residual = max(residual, column.residual)
            skew = max(skew, column.skew)
        }
        let bound = 60 * Double(n) * Double(unit)
        #expect(residual <= bound * norm, "\(Unit.self) n \(n)")
        #expect(skew <= bound, "\(Unit.self) n \(n)")
        #expect(w.sorted() == w, "\(Unit.self) n \(n)")
        return bound * norm
    }
}

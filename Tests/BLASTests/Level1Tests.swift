import SeededRandom
import Testing

@testable import BLAS

/// Every level-1 routine equals the loop that defines it, in one call and cut into blocks.
@Suite struct Level1Tests {
    /// A block length for each way to run: nil, printed as 0, is the public routine.
    static let cuts: [Int?] = [nil, 1, 2, 5, 64]

    // MARK: one vector

    @Test(arguments: [1, 2, 3]) func sumIsTheSum(increment: Int) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (x, label) in Self.vectors(increment) {
                let expected = x.elements.reduce(0, +)
                let values = cast(x.storage, to: T.self)
                for cut in Self.cuts {
                    let sum =
                        cut.map { T.sumInBlocks(x.n, values, Int32(increment), $0) }
                        ?? T.sum(x.n, values, incX: increment)
                    #expect(Double(sum) == expected, "\(T.self) \(label) cut \(cut ?? 0)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test(arguments: [1, 2, 3]) func asumIsTheSumOfMagnitudes(increment: Int) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (x, label) in Self.vectors(increment) {
                let expected = x.elements.reduce(0) { $0 + abs($1) }
                let values = cast(x.storage, to: T.self)
                for cut in Self.cuts {
                    let sum =
                        cut.map { T.asumInBlocks(x.n, values, Int32(increment), $0) }
                        ?? T.asum(x.n, values, incX: increment)
                    #expect(Double(sum) == expected, "\(T.self) \(label) cut \(cut ?? 0)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test(arguments: [1, 2, 3]) func iamaxIsTheFirstOfLargestMagnitude(increment: Int) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (x, label) in Self.vectors(increment) {
                let largest = x.elements.map { abs($0) }.max()
                let expected = x.elements.firstIndex { abs($0) == largest }
                let values = cast(x.storage, to: T.self)
                #expect(T.iamax(x.n, values, incX: increment) == expected, "\(T.self) \(label)")
                for cut in Self.cuts {
                    guard let cut else { continue }
                    let index = T.iamaxInBlocks(x.n, values, Int32(increment), cut)
                    #expect(index == expected, "\(T.self) \(label) cut \(cut)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test(arguments: [1, 2, 3]) func scalMultipliesEachElement(increment: Int) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (x, label) in Self.vectors(increment) {
                for cut in Self.cuts {
                    var expected = x
                    for i in 0..<x.n { expected[i] *= -3 }
                    var values = cast(x.storage, to: T.self)
                    if let cut {
                        T.scalInBlocks(x.n, -3, &values, Int32(increment), cut)
                    } else {
                        T.scal(x.n, alpha: -3, &values, incX: increment)
                    }
                    #expect(
                        doubles(values) == expected.storage,
                        "\(T.self) \(label) cut \(cut ?? 0)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    // MARK: two vectors

    @Test(arguments: [-2, -1, 0, 1, 3], [-3, -1, 0, 1, 2])
    func dotIsTheSumOfProducts(incX: Int, incY: Int) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (x, y, label) in Self.pairs(incX, incY) {
                var expected = 0.0
                for i in 0..<x.n { expected += x[i] * y[i] }
                let (xs, ys) = (cast(x.storage, to: T.self), cast(y.storage, to: T.self))
                for cut in Self.cuts {
                    let dot =
                        cut.map { T.dotInBlocks(x.n, xs, Int32(incX), ys, Int32(incY), $0) }
                        ?? T.dot(x.n, xs, incX: incX, ys, incY: incY)
                    #expect(Double(dot) == expected, "\(T.self) \(label) cut \(cut ?? 0)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test(arguments: [-2, -1, 0, 1, 3], [-3, -1, 1, 2])
    func axpyAddsAMultiple(incX: Int, incY: Int) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (x, y, label) in Self.pairs(incX, incY) {
                var expected = y
                for i in 0..<x.n { expected[i] += -2 * x[i] }
                let xs = cast(x.storage, to: T.self)
                for cut in Self.cuts {
                    var ys = cast(y.storage, to: T.self)
                    if let cut {
                        T.axpyInBlocks(x.n, -2, xs, Int32(incX), &ys, Int32(incY), cut)
                    } else {
                        T.axpy(x.n, alpha: -2, xs, incX: incX, &ys, incY: incY)
                    }
                    #expect(
                        doubles(ys) == expected.storage,
                        "\(T.self) \(label) cut \(cut ?? 0)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test(arguments: [-2, -1, 0, 1, 3], [-3, -1, 1, 2])
    func copyCopies(incX: Int, incY: Int) {
        func check<T: BLASScalar>(_ type: T.Type) {
            for (x, y, label) in Self.pairs(incX, incY) {
                var expected = y
                for i in 0..<x.n { expected[i] = x[i] }
                let xs = cast(x.storage, to: T.self)
                for cut in Self.cuts {
                    var ys = cast(y.storage, to: T.self)
                    if let cut {
                        T.copyInBlocks(x.n, xs, Int32(incX), &ys, Int32(incY), cut)
                    } else {
                        T.copy(x.n, xs, incX: incX, &ys, incY: incY)
                    }
                    #expect(
                        doubles(ys) == expected.storage,
                        "\(T.self) \(label) cut \(cut ?? 0)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    // MARK: the operands

    static func vectors(_ increment: Int) -> [(Vector, String)] {
        primesAndOthers.map { n in
            var random = SplitMix64(seed: UInt64(n))
            return (Vector(n, increment, &random), "n \(n) seed \(n) increment \(increment)")
        }
    }

    static func pairs(_ incX: Int, _ incY: Int) -> [(Vector, Vector, String)] {
        primesAndOthers.map { n in
            var random = SplitMix64(seed: UInt64(n))
            return (
                Vector(n, incX, &random), Vector(n, incY, &random),
                "n \(n) seed \(n) incX \(incX) incY \(incY)"
            )
        }
    }
}

import BLAS
import SeededRandom

// The method of these tests: operands are small integers, so that every sum and product is exact in
// Float, whatever the order of summation, and the overlay must equal a plain loop in Double bit for
// bit. RoundingTests adds data that round, with bounds. The places between the elements of strided
// vectors and matrices hold a number of their own: reading one spoils a sum, writing one shows.

/// The filler between elements.
let filler = 9_999.0

extension SplitMix64 {
    /// An integer of magnitude at most 8. Sums of 10⁵ products of two stay below 2²⁴.
    mutating func smallInteger() -> Double { Double(Int.random(in: -8...8, using: &self)) }
}

/// `n` elements, `increment` apart, in memory as BLAS reads them.
struct Vector {
    let n: Int
    let increment: Int
    var storage: [Double]

    init(_ n: Int, _ increment: Int, _ random: inout SplitMix64) {
        self.n = n
        self.increment = increment
        storage = Array(repeating: filler, count: max(1, (n - 1) * abs(increment) + 1))
        for i in 0..<n { self[i] = random.smallInteger() }
    }

    /// Where element `i` lies: from the far end when the increment is negative.
    func place(_ i: Int) -> Int {
        increment >= 0 ? i * increment : (n - 1 - i) * -increment
    }

    subscript(i: Int) -> Double {
        get { storage[place(i)] }
        set { storage[place(i)] = newValue }
    }

    var elements: [Double] { (0..<n).map { self[$0] } }
}

/// A row-major matrix whose rows are `leading` apart.
struct Matrix {
    let rows: Int
    let columns: Int
    let leading: Int
    var storage: [Double]

    init(_ rows: Int, _ columns: Int, padding: Int, _ random: inout SplitMix64) {
        self.rows = rows
        self.columns = columns
        leading = columns + padding
        storage = Array(repeating: filler, count: max(1, rows * leading))
        for i in 0..<rows { for j in 0..<columns { self[i, j] = random.smallInteger() } }
    }

    subscript(i: Int, j: Int) -> Double {
        get { storage[i * leading + j] }
        set { storage[i * leading + j] = newValue }
    }

    /// Element (i, j) of op(A).
    func element(_ i: Int, _ j: Int, _ transpose: Transpose) -> Double {
        transpose == .none ? self[i, j] : self[j, i]
    }

    /// Element (i, j) of the symmetric matrix of which `triangle` is stored.
    func symmetric(_ i: Int, _ j: Int, _ triangle: Triangle) -> Double {
        (triangle == .upper) == (i <= j) ? self[i, j] : self[j, i]
    }

    /// Puts the filler where the triangle is not.
    mutating func erase(outside triangle: Triangle) {
        for i in 0..<rows {
            for j in 0..<columns where !triangle.contains(i, j) { self[i, j] = filler }
        }
    }
}

extension Triangle {
    func contains(_ i: Int, _ j: Int) -> Bool { self == .upper ? i <= j : i >= j }
}

/// The same numbers in the type under test, and back.
func cast<T: BLASScalar>(_ values: [Double], to type: T.Type = T.self) -> [T] {
    values.map { T($0) }
}

func doubles(_ values: [some BLASScalar]) -> [Double] { values.map { Double($0) } }

/// The unit roundoff.
extension BLASScalar {
    static var u: Double { Double(Self.ulpOfOne) / 2 }
}

/// γₙ = n·u / (1 − n·u), the bound of n roundings in a row (Higham, section 3.1).
func gamma(_ n: Int, _ u: Double) -> Double { Double(n) * u / (1 - Double(n) * u) }

let transposes: [Transpose] = [.none, .transposed]
let triangles: [Triangle] = [.upper, .lower]
let primesAndOthers = [0, 1, 2, 3, 7, 16, 31, 64, 97, 1009]

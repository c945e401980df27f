import CKernels
import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The row kernels of every instruction set against plain loops in `Double`, in memory that ends where no
/// one may read or write, or begins there.
@Suite("Row kernels")
struct RowKernelTests {
    /// Around one to three vectors, and rows in and out of batches.
    private static func widths(_ lanes: Int) -> [Int] { Array(1...3 * lanes + 1) + [130, 1027] }
    private static let rows = [1, 3, 4, 5, 18]

    @Test("Float rows are computed within their memory", arguments: [false, true])
    func floats(centered: Bool) throws { try check(Float.self, centered) }

    @Test("Double rows are computed within their memory", arguments: [false, true])
    func doubles(centered: Bool) throws { try check(Double.self, centered) }

    private func check<Scalar: KernelScalar>(_: Scalar.Type, _ centered: Bool) throws {
        for width in Self.widths(64 / MemoryLayout<Scalar>.stride) {
            for rows in Self.rows where rows * width < 6000 {
                for inner in width < 40 ? [1, 3, 17] : [1] {
                    try check(RowProblem<Scalar>(rows, width, inner, centered))
                }
            }
        }
    }

    private func check<Scalar>(_ problem: RowProblem<Scalar>) throws {
        let expected = problem.expected()
        for passes in Passes<Scalar>.all {
            for atEnd in [true, false] {
                let name = "\(passes) \(problem.name), \(atEnd ? "end" : "begin") of memory"
                try require(problem.run(passes, atEnd: atEnd, inPlace: false), expected, name)
                let place = problem.run(passes, atEnd: atEnd, inPlace: true)
                try require(place, expected, "\(name), in place")
            }
        }
    }

    private func require(_ found: RowAnswer, _ expected: RowAnswer, _ name: String) throws {
        for (label, found, expected) in [
            ("sum", found.sum, expected.sum), ("y", found.y, expected.y),
            ("dx", found.dx, expected.dx), ("scale gradient", found.gamma, expected.gamma),
            ("shift gradient", found.beta, expected.beta),
            ("squares", found.squares, expected.squares),
        ] {
            guard found.count == expected.count else {
                throw Mismatch(description: "\(name): \(label) was left to the caller")
            }
            for i in expected.indices
            where !(abs(found[i] - expected[i]) <= 1e-5 * (1 + abs(expected[i]))) {
                throw Mismatch(
                    description: "\(name): \(label) \(found[i]) for \(expected[i]) at \(i)")
            }
        }
    }
}

/// What the kernels give, in `Double`.
struct RowAnswer {
    var sum: [Double] = []
    var y: [Double] = []
    var dx: [Double] = []
    var gamma: [Double] = []
    var beta: [Double] = []
    var squares: [Double] = []
}

/// Small integers for rows; the kernels are right where all their results are, to a few digits.
struct RowProblem<Scalar: KernelScalar> {
    let (rows, width, inner): (Int, Int, Int)
    let centered: Bool
    private let x, addend, g, scale, shift: [Scalar]
    private let epsilon = 0.5

    var name: String { "\(rows) × \(width) × \(inner)\(centered ? " centered" : "")" }
    private var count: Int { rows * width * inner }

    init(_ rows: Int, _ width: Int, _ inner: Int, _ centered: Bool) {
        (self.rows, self.width, self.inner, self.centered) = (rows, width, inner, centered)
        func numbers(_ count: Int, _ factor: Int, _ range: Int) -> [Scalar] {
            (0..<count).map { Scalar($0 * factor % (2 * range + 1) - range) }
        }
        let count = rows * width * inner
        x = numbers(count, 7, 9)
        addend = numbers(count, 5, 3)
        g = numbers(count, 11, 4)
        scale = numbers(width, 3, 2)
        shift = numbers(width, 13, 5)
    }

    private var block: ckernels_row_block {
        ckernels_row_block(rows: rows, width: width, inner: inner, positions: inner)
    }
    private var rule: ckernels_row_rule {
        ckernels_row_rule(
            centered: centered ? 1 : 0, epsilon: epsilon, most_mean: 1e9, least_variance: 1e-9,
            most_variance: 1e9, least_gradient: 0, most_gradient: 1e9)
    }

    func run(_ passes: Passes<Scalar>, atEnd: Bool, inPlace: Bool) -> RowAnswer {
        let memory = (0..<8).map { _ in Guarded<Scalar>(count, atEnd: atEnd) }
        let (a, b, gradient, sum, y, dx) = (
            memory[0].filled(x), memory[1].filled(addend), memory[2].filled(g),
            memory[3].filled(addend), memory[4].filled(g), memory[5].filled(g)
        )
        let parameters = (0..<2).map { _ in Guarded<Scalar>(width, atEnd: atEnd) }
        let (scale, shift) = (parameters[0].filled(scale), parameters[1].filled(shift))
        let numbers = (0..<3).map { _ in Guarded<Double>(rows * inner, atEnd: atEnd) }
        let sums = (0..<2).map { _ in Guarded<Double>(width, atEnd: atEnd) }
        let (gamma, beta) = (
            sums[0].filled(Array(repeating: 0, count: width)),
            sums[1].filled(Array(repeating: 0, count: width))
        )
        // Its pointers do not keep the memory.
        defer { withExtendedLifetime((memory, parameters, numbers, sums)) {} }
        let statistics = ckernels_row_statistics(
            mean: numbers[0].base, correction: numbers[1].base, squares: numbers[2].base)
        var output = ckernels_row_output()
        (output.block, output.rule, output.statistics) = (block, rule, statistics)
        (output.scale, output.shift) = (UnsafeRawPointer(scale), UnsafeRawPointer(shift))
        (output.x, output.addend) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
        output.sum = UnsafeMutableRawPointer(inPlace ? a : sum)
        output.y = UnsafeMutableRawPointer(y)
        var answer = RowAnswer()
        guard passes.writeRows(&output) == rows else { return answer }
        let total = inPlace ? a : sum
        answer.sum = doubles(total, count)
        answer.y = doubles(y, count)
        answer.squares = doubles(numbers[2].base, rows * inner)

        var task = ckernels_row_gradient()
        (task.block, task.rule, task.statistics) = (block, rule, statistics)
        (task.scale, task.x, task.g) = (
            UnsafeRawPointer(scale), UnsafeRawPointer(total), UnsafeRawPointer(gradient)
        )
        task.addend = UnsafeRawPointer(b)
        task.dx = UnsafeMutableRawPointer(inPlace ? gradient : dx)
        (task.scale_gradient, task.shift_gradient) = (gamma, beta)
        guard passes.rowGradients(&task) == rows else { return answer }
        answer.dx = doubles(inPlace ? gradient : dx, count)
        answer.gamma = doubles(gamma, width)
        answer.beta = doubles(beta, width)
        return answer
    }

    private func doubles<T: BinaryFloatingPoint>(_ p: UnsafeMutablePointer<T>, _ count: Int)
        -> [Double]
    {
        (0..<count).map { Double(p[$0]) }
    }

    /// The formulas.
    func expected() -> RowAnswer {
        var answer = RowAnswer()
        answer.sum = zip(x, addend).map { Double($0 + $1) }
        answer.y = Array(repeating: 0, count: count)
        answer.dx = answer.y
        answer.gamma = Array(repeating: 0, count: width)
        answer.beta = answer.gamma
        for row in 0..<rows {
            for position in 0..<inner {
                let indices = (0..<width).map { (row * width + $0) * inner + position }
                let k = Double(width)
                let mean = centered ? indices.reduce(0) { $0 + answer.sum[$1] } / k : 0
                let deviations = indices.map { answer.sum[$0] - mean }
                let squares = deviations.reduce(0) { $0 + $1 * $1 }
                answer.squares.append(squares)
                let s = 1 / (squares / k + epsilon).squareRoot()
                let h = zip(indices, scale).map { Double(g[$0] * $1) }
                let p = centered ? h.reduce(0, +) / k : 0
                let q = zip(h, deviations).reduce(0) { $0 + $1.0 * $1.1 * s } / k
                for (j, i) in indices.enumerated() {
                    let normalized = deviations[j] * s
                    answer.y[i] = normalized * Double(scale[j]) + Double(shift[j])
                    answer.dx[i] = s * (h[j] - p - normalized * q) + Double(addend[i])
                    answer.gamma[j] += Double(g[i]) * normalized
                    answer.beta[j] += Double(g[i])
                }
            }
        }
        return answer
    }
}

/// Memory for some numbers between two pages that nobody may touch; it begins behind the first one, or
/// ends before the second.
private final class Guarded<Element> {
    let base: UnsafeMutablePointer<Element>
    private let memory: UnsafeMutableRawPointer
    private let bytes: Int
    private let count: Int

    init(_ count: Int, atEnd: Bool) {
        self.count = count
        let page = Int(getpagesize())
        let size = count * MemoryLayout<Element>.stride
        let inside = (size + page - 1) / page * page
        bytes = inside + 2 * page
        memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        mprotect(memory, page, PROT_NONE)
        mprotect(memory + page + inside, page, PROT_NONE)
        base = (memory + page + (atEnd ? inside - size : 0)).assumingMemoryBound(to: Element.self)
    }

    func filled(_ values: [Element]) -> UnsafeMutablePointer<Element> {
        for i in 0..<min(count, values.count) { base[i] = values[i] }
        return base
    }

    deinit { munmap(memory, bytes) }
}

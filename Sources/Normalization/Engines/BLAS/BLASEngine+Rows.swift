internal import BLAS

/// Rows as OpenBLAS calls on pieces that stay in L1, each row of one layer's call a vector.
///
/// | pass | calls on a piece |
/// | --- | --- |
/// | statistics | sum(x), dot(x, x); where that cancels x − c by fill and axpy, then sum and dot |
/// | x̂ | x − c, fill, axpy |
/// | sum of a residual | copy, axpy |
/// | y | a loop x̂ · γ + β: the nearest call, sbmv with no band, takes a call for each value |
/// | P and Q | dot(g, γ), dot(γ · g, x̂) |
/// | ∂x | fill, axpy(γ · g), axpy(x̂), axpy(addend) |
/// | ∂γ, ∂β | a loop in `Double` |
///
/// Planes of positions, which BLAS has nothing for, go to the reference engine.
extension BLASEngine: RowEngine {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func writeRows<Scalar: NormalizationScalar>(
        _ output: RowOutput<Scalar>, _ block: RowBlock, by scaling: RowScaling<Scalar>,
        _ statistics: RowTables, scratch: UnsafeMutablePointer<Scalar>
    ) {
        for index in 0..<block.rows.count {
            let (row, n) = (block.row(index), block.width)
            var task = output
            if let sum = unsafe output.sum, let addend = unsafe output.addend, block.inner == 1 {
                // The sum first: it is what is normalized.
                unsafe add(
                    output.x.scalars + row.offset, addend.scalars + row.offset, n,
                    into: sum.scalars + row.offset)
                task = unsafe RowOutput(of: sum.reading, into: output.y)
            }
            guard block.inner == 1, scaling.isInRange,
                let numbers = unsafe numbers(
                    of: task.x.scalars + row.offset, row, scaling, statistics, scratch)
            else {
                unsafe ReferenceEngine.writeRows(
                    task, row, by: scaling, statistics, scratch: scratch)
                continue
            }
            if !statistics.areKnown { statistics.set(row.firstStatistic, numbers) }
            guard unsafe output.y != nil else { continue }
            for start in stride(from: 0, to: n, by: BLASRows.length) {
                let piece = RowPiece(start: start, count: min(BLASRows.length, n - start))
                unsafe write(task, row, piece, numbers, scaling, scratch)
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func addGradients<Scalar: NormalizationScalar>(
        _ task: RowGradient<Scalar>, _ block: RowBlock, by scaling: RowScaling<Scalar>,
        _ statistics: RowTables, into sums: RowSums?, scratch: UnsafeMutablePointer<Scalar>
    ) {
        for index in 0..<block.rows.count {
            let row = block.row(index)
            guard block.inner == 1, scaling.isInRange,
                let numbers = unsafe numbers(
                    of: task.x.scalars + row.offset, row, scaling, statistics, scratch),
                let means = unsafe meanGradients(task, row, numbers, scaling, scratch)
            else {
                unsafe ReferenceEngine.addGradients(
                    task, row, by: scaling, statistics, into: sums, scratch: scratch)
                continue
            }
            for start in stride(from: 0, to: row.width, by: BLASRows.length) {
                let piece = RowPiece(start: start, count: min(BLASRows.length, row.width - start))
                unsafe addGradients(task, row, piece, numbers, means, scaling, sums, scratch)
            }
        }
    }
}

/// Some values of a row.
private struct RowPiece {
    var start: Int
    var count: Int
}

/// The statistics of one row, and what it is normalized with.
private struct RowNumbers {
    var moments: Moments
    var inverseDeviation: Double
}

extension RowTables {
    fileprivate func set(_ at: Int, _ numbers: RowNumbers) {
        if let mean = unsafe mean { unsafe mean[at] = numbers.moments.mean }
        if let correction = unsafe correction {
            unsafe correction[at] = numbers.moments.meanCorrection
        }
        if let squares = unsafe squares { unsafe squares[at] = numbers.moments.m2 }
    }
}

extension BLASEngine {
    /// `nil` where the row is out of the element type's range.
    @inline(__always)
    private static func numbers<Scalar: NormalizationScalar>(
        of x: UnsafePointer<Scalar>, _ row: RowBlock, _ scaling: RowScaling<Scalar>,
        _ statistics: RowTables, _ scratch: UnsafeMutablePointer<Scalar>
    ) -> RowNumbers? {
        let (n, at) = (row.width, row.firstStatistic)
        var moments: Moments
        if statistics.areKnown, let squares = unsafe statistics.squares {
            let mean = unsafe statistics.mean.map { unsafe $0[at] } ?? 0
            let correction = unsafe statistics.correction.map { unsafe $0[at] } ?? 0
            moments = unsafe Moments(count: n, mean: mean, plus: correction, m2: squares[at])
        } else {
            let found =
                scaling.isCentered
                ? unsafe rowMoments(of: x, n, scratch) : unsafe rowSquares(of: x, n)
            guard let found else { return nil }
            moments = found
        }
        let variance = moments.m2 / Double(n) + scaling.epsilon
        guard RowRange.of(Scalar.self).holds(mean: moments.mean, variance: variance) else {
            return nil
        }
        return RowNumbers(moments: moments, inverseDeviation: 1 / variance.squareRoot())
    }

    /// Σ x² of a row; `nil` where the element type cannot hold it.
    @inline(__always)
    private static func rowSquares<Scalar: NormalizationScalar>(
        of x: UnsafePointer<Scalar>, _ n: Int
    ) -> Moments? {
        var squares = 0.0
        var isZero = true
        forEachPiece(of: n) { start, count in
            unsafe squares += Double(Scalar.dot(count, x + start, x + start))
            if isZero { isZero = unsafe squares == 0 && Scalar.asum(count, x + start) == 0 }
        }
        guard isZero || Scalar.holdsSquares(squares / Double(n)) else { return nil }
        return Moments(count: n, mean: 0, m2: squares)
    }

    /// Moments of a row, from deviations where the plain sums cancel; `nil` where the element type cannot
    /// hold the squares.
    @inline(__always)
    private static func rowMoments<Scalar: NormalizationScalar>(
        of x: UnsafePointer<Scalar>, _ n: Int, _ scratch: UnsafeMutablePointer<Scalar>
    ) -> Moments? {
        var (sum, squares) = (0.0, 0.0)
        forEachPiece(of: n) { start, count in
            unsafe sum += Double(Scalar.sum(count, x + start))
            unsafe squares += Double(Scalar.dot(count, x + start, x + start))
        }
        let k = Double(n)
        let m2 = squares - sum * sum / k
        if m2 > squares / 4, Scalar.holdsSquares(squares / k) {
            // Σx² − (Σx)²/k has lost two bits at most.
            return Moments(count: n, mean: sum / k, m2: m2)
        }
        return unsafe centredMoments(of: n, from: x[0], scratch) { body in
            forEachPiece(of: n) { start, count in unsafe body(count, x + start) }
        }
    }

    /// Calls `body` with (start, count) of pieces whose sums in the element type are short.
    @inline(__always)
    private static func forEachPiece(of n: Int, _ body: (Int, Int) -> Void) {
        let longest = BLASRows.length / 2
        for start in stride(from: 0, to: n, by: longest) { body(start, min(longest, n - start)) }
    }

    /// sum ← x + addend; it may be one of them.
    @inline(__always)
    private static func add<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ addend: UnsafePointer<Scalar>, _ n: Int,
        into sum: UnsafeMutablePointer<Scalar>
    ) {
        if unsafe addend == UnsafePointer(sum) {
            return unsafe Scalar.axpy(n, alpha: 1, x, sum)
        }
        if unsafe x != UnsafePointer(sum) { unsafe Scalar.copy(n, x, sum) }
        unsafe Scalar.axpy(n, alpha: 1, addend, sum)
    }

    /// result ← x̂ of a piece.
    @inline(__always)
    private static func normalize<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ n: Int, _ numbers: RowNumbers,
        into result: UnsafeMutablePointer<Scalar>, work: UnsafeMutablePointer<Scalar>
    ) {
        let (moments, s) = (numbers.moments, numbers.inverseDeviation)
        let center = Scalar(moments.mean)
        let rest = (Double(center) - moments.mean) - moments.meanCorrection
        unsafe subtract(center, from: x, n, into: work)
        unsafe result.update(repeating: Scalar(rest * s), count: n)
        unsafe Scalar.axpy(n, alpha: Scalar(s), work, result)
    }

    /// y of a piece, or dz.
    @inline(__always)
    private static func write<Scalar: NormalizationScalar>(
        _ task: RowOutput<Scalar>, _ row: RowBlock, _ piece: RowPiece, _ numbers: RowNumbers,
        _ scaling: RowScaling<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>
    ) {
        guard let y = unsafe task.y?.scalars else { return }
        let (at, n) = (row.offset + piece.start, piece.count)
        let (z, work) = unsafe (scratch + BLASRows.length, scratch)
        unsafe normalize(task.x.scalars + at, n, numbers, into: z, work: work)
        let (scale, beta) = unsafe (scaling.scale + piece.start, scaling.beta + piece.start)
        for j in 0..<n { unsafe z[j] = z[j] * scale[j] + beta[j] }
        let epilogue = task.epilogue
        if let residual = unsafe epilogue.residual?.scalars {
            unsafe Scalar.axpy(n, alpha: 1, residual + at, z)
        }
        if let gradient = unsafe task.gradient?.scalars {
            unsafe ActivationRows.activationBackward(
                z, gradient + at, n, epilogue.activation, into: y + at, work: work)
        } else {
            unsafe ActivationRows.activate(z, n, epilogue.activation, into: y + at, work: work)
        }
    }

    /// P/k and Q/k; `nil` where one is out of range.
    @inline(__always)
    private static func meanGradients<Scalar: NormalizationScalar>(
        _ task: RowGradient<Scalar>, _ row: RowBlock, _ numbers: RowNumbers,
        _ scaling: RowScaling<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>
    ) -> (Double, Double)? {
        var (p, q) = (0.0, 0.0)
        let (normalized, h) = unsafe (scratch + BLASRows.length, scratch + 2 * BLASRows.length)
        forEachPiece(of: row.width) { start, n in
            let at = row.offset + start
            let (g, scale) = unsafe (task.gradient.scalars + at, scaling.scale + start)
            unsafe normalize(task.x.scalars + at, n, numbers, into: normalized, work: scratch)
            for j in 0..<n { unsafe h[j] = g[j] * scale[j] }
            unsafe p += Double(Scalar.sum(n, h))
            unsafe q += Double(Scalar.dot(n, h, normalized))
        }
        let k = Double(row.width)
        let (meanH, meanHX) = (scaling.isCentered ? p / k : 0, q / k)
        let range = RowRange.of(Scalar.self)
        guard range.holds(gradient: meanH), range.holds(gradient: meanHX) else { return nil }
        return (meanH, meanHX)
    }

    /// ∂x of a piece, and what it gives to the sums over rows.
    @inline(__always)
    private static func addGradients<Scalar: NormalizationScalar>(
        _ task: RowGradient<Scalar>, _ row: RowBlock, _ piece: RowPiece, _ numbers: RowNumbers,
        _ means: (Double, Double), _ scaling: RowScaling<Scalar>, _ sums: RowSums?,
        _ scratch: UnsafeMutablePointer<Scalar>
    ) {
        let (at, n) = (row.offset + piece.start, piece.count)
        let (normalized, h) = unsafe (scratch + BLASRows.length, scratch + 2 * BLASRows.length)
        let (g, scale) = unsafe (task.gradient.scalars + at, scaling.scale + piece.start)
        unsafe normalize(task.x.scalars + at, n, numbers, into: normalized, work: scratch)
        if let sums {
            let (gamma, beta) = unsafe (sums.gamma + piece.start, sums.beta + piece.start)
            for j in 0..<n { unsafe gamma[j] += Double(g[j]) * Double(normalized[j]) }
            for j in 0..<n { unsafe beta[j] += Double(g[j]) }
        }
        guard let dx = unsafe task.dx?.scalars else { return }
        for j in 0..<n { unsafe h[j] = g[j] * scale[j] }
        // h − P/k − x̂ · Q/k, then times s: neither product of two factors leaves the range.
        unsafe Scalar.axpy(n, alpha: -Scalar(means.1), normalized, h)
        let s = numbers.inverseDeviation
        let result = unsafe scratch
        unsafe result.update(repeating: Scalar(-means.0 * s), count: n)
        unsafe Scalar.axpy(n, alpha: Scalar(s), h, result)
        if let addend = unsafe task.addend?.scalars {
            unsafe Scalar.axpy(n, alpha: 1, addend + at, result)
        }
        unsafe Scalar.copy(n, result, dx + at)
    }
}

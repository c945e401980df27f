/// Rows by the formulas, one scalar at a time, in `Double`, with compensated sums. A row whose squares
/// `Double` cannot hold is scaled by a power of two, and ε with it.
extension ReferenceEngine: RowEngine {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func writeRows<Scalar: NormalizationScalar>(
        _ output: RowOutput<Scalar>, _ block: RowBlock, by scaling: RowScaling<Scalar>,
        _ statistics: RowTables, scratch: UnsafeMutablePointer<Scalar>
    ) {
        forEachRow(of: block) { first, at in
            let known = statistics.known(at)
            let row = unsafe ReferenceRow(
                x: output.x.scalars, addend: output.addend?.scalars, first: first, block, scaling,
                known)
            if known == nil { statistics.set(at, row) }
            guard let y = unsafe output.y?.scalars else { return }
            let residual = unsafe output.epilogue.residual?.scalars
            let (gradient, sum) = unsafe (output.gradient?.scalars, output.sum?.scalars)
            let activation = output.epilogue.activation
            for j in 0..<block.width {
                let i = first + j * block.inner
                let normalized = row.normalized(i)
                // normalize, scale and shift
                var z = unsafe scaling.gamma(j) * normalized + Double(scaling.beta[j])
                if let residual = unsafe residual { unsafe z += Double(residual[i]) }
                // Before y, which may be where x is.
                if let sum = unsafe sum { unsafe sum[i] = row.value(i) }
                if let gradient = unsafe gradient {
                    unsafe y[i] = Scalar(activation.backward(Double(gradient[i]), at: z))
                } else {
                    unsafe y[i] = Scalar(activation(z))
                }
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func addGradients<Scalar: NormalizationScalar>(
        _ task: RowGradient<Scalar>, _ block: RowBlock, by scaling: RowScaling<Scalar>,
        _ statistics: RowTables, into sums: RowSums?, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let k = Double(block.width)
        let (gradient, addend) = unsafe (task.gradient.scalars, task.addend?.scalars)
        forEachRow(of: block) { first, at in
            let row = unsafe ReferenceRow(
                x: task.x.scalars, addend: nil, first: first, block, scaling, statistics.known(at))
            // P = Σ h and Q = Σ h · x̂
            var p = CompensatedSum()
            var q = CompensatedSum()
            for j in 0..<block.width {
                let i = first + j * block.inner
                let (g, normalized) = unsafe (Double(gradient[i]), row.normalized(i))
                p.add(scaling.gamma(j) * g)
                q.add(scaling.gamma(j) * g * normalized)
                if let sums {
                    unsafe sums.gamma[j] += g * normalized
                    unsafe sums.beta[j] += g
                }
            }
            guard let dx = unsafe task.dx?.scalars else { return }
            let (meanH, meanHX) = (scaling.isCentered ? p.value / k : 0, q.value / k)
            for j in 0..<block.width {
                let i = first + j * block.inner
                let h = unsafe scaling.gamma(j) * Double(gradient[i])
                let difference = h - meanH - row.normalized(i) * meanHX
                let own = row.scaled(difference)
                let other = unsafe addend.map { unsafe Double($0[i]) } ?? 0
                unsafe dx[i] = Scalar(own + other)
            }
        }
    }

    /// Calls `body` with where each row of each position begins, and where its statistics stand.
    @inline(__always)
    private static func forEachRow(of block: RowBlock, _ body: (Int, Int) -> Void) {
        for row in block.rows {
            for position in block.positions {
                body(row * block.width * block.inner + position, row * block.inner + position)
            }
        }
    }
}

extension RowTables {
    /// Mean, what rounding took from it, and squares, where they are known.
    fileprivate func known(_ at: Int) -> (mean: Double, correction: Double, squares: Double)? {
        guard areKnown, let squares = unsafe squares else { return nil }
        return unsafe (
            mean.map { unsafe $0[at] } ?? 0, correction.map { unsafe $0[at] } ?? 0, squares[at]
        )
    }

    fileprivate func set<Scalar>(_ at: Int, _ row: ReferenceRow<Scalar>) {
        // In units, and back: a mean has its own unit's range, its squares may overflow.
        let mean = row.mean / row.unit
        if let means = unsafe self.mean { unsafe means[at] = mean }
        if let corrections = unsafe correction {
            unsafe corrections[at] = row.meanOffset / row.unit
        }
        if let squares = unsafe squares { unsafe squares[at] = row.squares / row.unit / row.unit }
    }
}

/// One row at one position: its values, its statistics in units of a power of two, and what is made of
/// both.
@safe
private struct ReferenceRow<Scalar: NormalizationScalar> {
    private let x: UnsafePointer<Scalar>
    private let addend: UnsafePointer<Scalar>?
    /// By what values are multiplied before anything else: 1, unless their squares would leave `Double`.
    let unit: Double
    private(set) var mean = 0.0
    /// What rounding took from the mean.
    private(set) var meanOffset = 0.0
    private(set) var squares = 0.0
    /// 1/√(squares/k + ε), in units.
    private var inverseDeviation = 0.0

    init(
        x: UnsafePointer<Scalar>, addend: UnsafePointer<Scalar>?, first: Int, _ block: RowBlock,
        _ scaling: RowScaling<Scalar>, _ known: (mean: Double, correction: Double, squares: Double)?
    ) {
        unsafe self.x = x
        unsafe self.addend = addend
        let k = Double(block.width)
        if let known,
            RowRange.of(Double.self).holds(
                mean: known.mean, variance: known.squares / k + scaling.epsilon)
        {
            unit = 1
            (mean, meanOffset, squares) = known
            inverseDeviation = 1 / (squares / k + scaling.epsilon).squareRoot()
            return
        }
        let range = stride(
            from: first, to: first + block.width * block.inner, by: block.inner)
        var largest = scaling.epsilon.squareRoot()
        for i in range {
            let value = unsafe Double(addend == nil ? x[i] : x[i] + addend![i])
            largest = value.magnitude <= largest ? largest : value.magnitude
        }
        let isOrdinary = 0x1p-400...0x1p400 ~= largest || !largest.isFinite
        unit =
            isOrdinary
            ? 1 : Double(sign: .plus, exponent: -max(largest.exponent, -1000), significand: 1)
        setMoments(range, from: first, k, isCentered: scaling.isCentered)
        inverseDeviation = 1 / (squares / k + scaling.epsilon * unit * unit).squareRoot()
    }

    private mutating func setMoments(
        _ range: StrideTo<Int>, from first: Int, _ k: Double, isCentered: Bool
    ) {
        guard isCentered else {
            var sum = CompensatedSum()
            for i in range { sum.add(inUnits(i) * inUnits(i)) }
            squares = sum.value
            return
        }
        // Deviations are taken from the first value, so that a constant row has exactly its value for mean.
        let pivot = inUnits(first)
        var sum = CompensatedSum()
        for i in range { sum.add(inUnits(i) - pivot) }
        guard sum.value.isFinite else {
            // Of the class that Σ x has; the variance is no number.
            mean = range.reduce(0) { $0 + inUnits($1) / k }
            squares = .nan
            return
        }
        mean = pivot + sum.value / k
        var remainder = CompensatedSum()
        var deviations = CompensatedSum()
        for i in range {
            let deviation = inUnits(i) - mean
            deviations.add(deviation * deviation)
            remainder.add(deviation)
        }
        squares = max(deviations.value - remainder.value * remainder.value / k, 0)
        meanOffset = remainder.value / k
    }

    /// x, or x + addend, as the caller gets it.
    @inline(__always)
    func value(_ i: Int) -> Scalar {
        if let addend = unsafe addend { return unsafe x[i] + addend[i] }
        return unsafe x[i]
    }

    @inline(__always)
    private func inUnits(_ i: Int) -> Double { Double(value(i)) * unit }

    /// x̂
    @inline(__always)
    func normalized(_ i: Int) -> Double { ((inUnits(i) - mean) - meanOffset) * inverseDeviation }

    /// A number times s.
    @inline(__always)
    func scaled(_ number: Double) -> Double { number * inverseDeviation * unit }
}

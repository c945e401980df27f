internal import BLAS

/// The passes as OpenBLAS calls on rows that stay in L1 between the calls of one formula.
///
/// | pass | calls on a row | where the mean is large against the deviation |
/// | --- | --- | --- |
/// | moments | sum(x), dot(x, x) | x − c by fill and axpy, then sum and dot |
/// | normalize | fill, axpy | fill, axpy, fill, axpy |
/// | gradient sums | sum(g), dot(g, x) | sum(g), x − c, dot(g, x − c) |
/// | input gradient | fill, axpy, axpy | x − c, scal, axpy, fill, axpy |
/// | activation, gate | normalize, axpy(residual), then a loop over the row | the same |
///
/// Rows are pieces of planes, or, where planes are short, columns of the batch that omatcopy turned
/// into rows (`BLASRows`). Rows' sums are added in `Double`.
enum BLASEngine: PlainPassEngine {
    static let scratchCount = 4 * BLASRows.length
    /// For fewer elements a call costs more than the arithmetic: a plain loop does it.
    private static let shortestCall = 64

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func moments<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block,
        into moments: UnsafeMutablePointer<Moments>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let m = Double(block.valuesPerChannel)
        // Σx in `offset` and Σx² in `deviations`, until every row is in.
        unsafe moments.update(repeating: Moments(), count: block.channels)
        unsafe BLASRows.forEach(block, x, x, scratch) { channel, n, row, _ in
            unsafe moments[channel].offset += Double(Scalar.sum(n, row))
            unsafe moments[channel].deviations += Double(Scalar.dot(n, row, row))
        }
        for channel in 0..<block.channels {
            let (sum, squares) = unsafe (moments[channel].offset, moments[channel].deviations)
            let deviations = squares - sum * sum / m
            if deviations > squares / 4, Scalar.holdsSquares(squares / m) {
                // Σx² − (Σx)²/m has lost two bits at most.
                unsafe moments[channel] = Moments(
                    count: block.valuesPerChannel, mean: sum / m, deviations: deviations)
            } else {
                let alone = block.narrowed(toChannels: channel..<channel + 1)
                unsafe moments[channel] = centredMoments(x, alone, scratch)
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func normalize<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        into y: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        guard BLASRows.areWorthCalls(block) else {
            return unsafe ReferenceEngine.normalize(x, block, by: map, into: y, scratch: scratch)
        }
        unsafe BLASRows.map(block, x, x, into: y, scratch) { channel, n, row, _, result, work in
            unsafe normalizeRow(
                row, n, of: block.firstChannel + channel, by: map, into: result, work)
        }
    }

    /// A row of one channel: y = γ · (x − μ) · s + β. No two of the rows may overlap.
    @inline(__always)
    static func normalizeRow<Scalar: NormalizationScalar>(
        _ row: UnsafePointer<Scalar>, _ n: Int, of c: Int, by map: ForwardMap<Scalar>,
        into result: UnsafeMutablePointer<Scalar>, _ work: UnsafeMutablePointer<Scalar>
    ) {
        let (center, scale, shift) = unsafe (map.center[c], map.scale[c], map.shift[c])
        if n < shortestCall {
            for i in 0..<n { unsafe result[i] = (row[i] - center) * scale + shift }
        } else if unsafe map.canFold(c) {
            unsafe result.update(repeating: shift - center * scale, count: n)
            unsafe Scalar.axpy(n, alpha: scale, row, result)
        } else {
            unsafe subtract(center, from: row, n, into: work)
            unsafe result.update(repeating: shift, count: n)
            unsafe Scalar.axpy(n, alpha: scale, work, result)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: ForwardMap<Scalar>, into sums: UnsafeMutablePointer<GradientSums>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        unsafe sums.update(repeating: GradientSums(), count: block.channels)
        let work = unsafe scratch + 3 * BLASRows.length
        unsafe BLASRows.forEach(block, x, gradient, scratch) { channel, n, row, g in
            let c = block.firstChannel + channel
            let sum = unsafe Double(Scalar.sum(n, g))
            unsafe sums[channel].gradient += sum
            if unsafe map.canFold(c) {
                // Σ g · (x − μ) = Σ g · x − μ · Σ g
                let product = unsafe Double(Scalar.dot(n, g, row))
                unsafe sums[channel].gradientTimesNormalized += product - map.mean[c] * sum
            } else {
                let center = unsafe map.center[c]
                unsafe subtract(center, from: row, n, into: work)
                let product = unsafe Double(Scalar.dot(n, g, work))
                unsafe sums[channel].gradientTimesNormalized +=
                    product - (map.mean[c] - Double(center)) * sum
            }
        }
        for channel in 0..<block.channels {
            let c = block.firstChannel + channel
            unsafe sums[channel].gradientTimesNormalized *= map.inverseDeviation[c]
            // Sums in the element type may leave its range where the result does not.
            if unsafe map.isOutOfRange[c] || !sums[channel].areFinite {
                let alone = block.narrowed(toChannels: channel..<channel + 1)
                unsafe ReferenceEngine.gradientSums(
                    x, gradient, alone, by: map, into: sums + channel, scratch: scratch)
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func inputGradient<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: BackwardMap<Scalar>, into dx: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        unsafe BLASRows.map(block, x, gradient, into: dx, scratch) {
            channel, n, row, g, result, work in
            let c = block.firstChannel + channel
            let (center, scale) = unsafe (map.forward.center[c], map.forward.scale[c])
            let (slope, meanG) = unsafe (map.slope[c], map.gradientCenter[c])
            let constant = unsafe map.residue[c] - scale * meanG
            let factor = -scale * slope
            // A product that underflows keeps its factors apart.
            if unsafe map.forward.canFold(c) && (factor.isNormal || slope == 0) {
                unsafe result.update(repeating: constant - factor * center, count: n)
                unsafe Scalar.axpy(n, alpha: scale, g, result)
                unsafe Scalar.axpy(n, alpha: factor, row, result)
            } else {
                unsafe subtract(center, from: row, n, into: work)
                unsafe Scalar.scal(n, alpha: -slope, work)
                unsafe Scalar.axpy(n, alpha: 1, g, work)
                unsafe result.update(repeating: constant, count: n)
                unsafe Scalar.axpy(n, alpha: scale, work, result)
            }
        }
    }

    /// work ← x − center
    @inline(__always)
    private static func subtract<Scalar: NormalizationScalar>(
        _ center: Scalar, from x: UnsafePointer<Scalar>, _ n: Int,
        into work: UnsafeMutablePointer<Scalar>
    ) {
        unsafe work.update(repeating: -center, count: n)
        unsafe Scalar.axpy(n, alpha: 1, x, work)
    }

    /// The moments of one channel from deviations: first from its first value, so that a constant
    /// channel is exact; if that value was an outlier, from the mean this found. Where the element
    /// type cannot hold the squares, the reference's.
    @inline(__always)
    private static func centredMoments<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, _ scratch: UnsafeMutablePointer<Scalar>
    ) -> Moments {
        let m = Double(block.valuesPerChannel)
        let work = unsafe scratch + 3 * BLASRows.length
        var center = unsafe x[block.offset]
        for _ in 0..<3 {
            var (sum, squares, isConstant) = (0.0, 0.0, true)
            unsafe BLASRows.forEach(block, x, x, scratch) { _, n, row, _ in
                unsafe subtract(center, from: row, n, into: work)
                unsafe sum += Double(Scalar.sum(n, work))
                unsafe squares += Double(Scalar.dot(n, work, work))
                isConstant = unsafe isConstant && squares == 0 && Scalar.asum(n, work) == 0
            }
            if isConstant {
                return Moments(
                    count: block.valuesPerChannel, mean: Double(center), deviations: 0)
            }
            guard Scalar.holdsSquares(squares / m) else { break }
            let deviations = squares - sum * sum / m
            let moments = Moments(
                count: block.valuesPerChannel, mean: Double(center), plus: sum / m,
                deviations: max(deviations, 0))
            if deviations > squares / 4 { return moments }
            center = Scalar(moments.mean)
        }
        var moments = Moments()
        unsafe ReferenceEngine.moments(x, block, into: &moments, scratch: scratch)
        return moments
    }
}

extension NormalizationScalar {
    /// Whether squares of this mean neither overflow nor lose digits below the normal numbers.
    fileprivate static func holdsSquares(_ mean: Double) -> Bool {
        mean.isFinite && mean >= Double(leastNormalMagnitude / ulpOfOne)
    }
}

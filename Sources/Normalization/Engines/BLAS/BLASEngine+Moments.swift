internal import BLAS

extension BLASEngine {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func moments<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ block: Block, into moments: UnsafeMutablePointer<Moments>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        guard BLASRows.momentsAreWorthCalls(block, of: Scalar.self) else {
            return unsafe ReferenceEngine.moments(x, block, into: moments, scratch: scratch)
        }
        let x = unsafe x.scalars
        let m = Double(block.valuesPerLane)
        // Σx in `meanOffset` and Σx² in `m2`, until every row is in.
        unsafe moments.update(repeating: Moments(), count: block.lanes)
        unsafe BLASRows.forEachRow(block, x, x, scratch) { lane, n, row, _ in
            unsafe moments[lane].meanOffset += Double(Scalar.sum(n, row))
            unsafe moments[lane].m2 += Double(Scalar.dot(n, row, row))
        }
        for lane in 0..<block.lanes {
            let (sum, squares) = unsafe (moments[lane].meanOffset, moments[lane].m2)
            let m2 = squares - sum * sum / m
            if m2 > squares / 4, Scalar.holdsSquares(squares / m) {
                // Σx² − (Σx)²/m has lost two bits at most.
                unsafe moments[lane] = Moments(count: block.valuesPerLane, mean: sum / m, m2: m2)
            } else {
                let alone = block.narrowed(toLanes: lane..<lane + 1)
                unsafe moments[lane] = centredMoments(x, alone, scratch)
            }
        }
    }

    /// The moments of one lane from deviations; where the element type cannot hold the squares, the
    /// reference's.
    @inline(__always)
    private static func centredMoments<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, _ scratch: UnsafeMutablePointer<Scalar>
    ) -> Moments {
        let work = unsafe scratch + 3 * BLASRows.length
        let found = unsafe centredMoments(
            of: block.valuesPerLane, from: x[block.offset], work
        ) { body in
            unsafe BLASRows.forEachRow(block, x, x, scratch) { _, n, row, _ in
                unsafe body(n, row)
            }
        }
        if let found { return found }
        var moments = Moments()
        unsafe ReferenceEngine.moments(
            TensorPointer(x), block, into: &moments, scratch: scratch)
        return moments
    }

    /// Moments from deviations: first from the first value, so that equal values are exact; if that was
    /// an outlier, from the mean this found. `nil` where the element type cannot hold the squares.
    ///
    /// - Parameter forEachRow: calls its argument with the count and the start of each row of the values.
    @inline(__always)
    static func centredMoments<Scalar: NormalizationScalar>(
        of count: Int, from first: Scalar, _ work: UnsafeMutablePointer<Scalar>,
        forEachRow: ((Int, UnsafePointer<Scalar>) -> Void) -> Void
    ) -> Moments? {
        let m = Double(count)
        var center = first
        for _ in 0..<3 {
            var (sum, squares, isConstant) = (0.0, 0.0, true)
            unsafe forEachRow { n, row in
                unsafe subtract(center, from: row, n, into: work)
                unsafe sum += Double(Scalar.sum(n, work))
                unsafe squares += Double(Scalar.dot(n, work, work))
                isConstant = unsafe isConstant && squares == 0 && Scalar.asum(n, work) == 0
            }
            if isConstant { return Moments(count: count, mean: Double(center), m2: 0) }
            guard Scalar.holdsSquares(squares / m) else { return nil }
            let m2 = squares - sum * sum / m
            let moments = Moments(
                count: count, mean: Double(center), plus: sum / m, m2: max(m2, 0))
            if m2 > squares / 4 { return moments }
            center = Scalar(moments.mean)
        }
        return nil
    }
}

extension NormalizationScalar {
    /// Whether squares of this mean neither overflow nor lose digits below the normal numbers.
    static func holdsSquares(_ mean: Double) -> Bool {
        mean.isFinite && mean >= Double(leastNormalMagnitude / ulpOfOne)
    }
}

internal import BLAS

/// The passes as OpenBLAS calls on rows that stay in L1 between the calls of one formula.
///
/// | pass | calls on a row | where the mean is large against the deviation |
/// | --- | --- | --- |
/// | moments | sum(x), dot(x, x) | x − c by fill and axpy, then sum and dot |
/// | normalize | fill, axpy | fill, axpy, fill, axpy |
/// | gradient sums | sum(g), dot(g, x) | sum(g), x − c, dot(g, x − c) |
/// | input gradient | fill, axpy, axpy | x − c, scal, axpy, fill, axpy |
/// | activation, backward of one | normalize, axpy(residual), then a loop over the row | the same |
///
/// Rows are pieces of planes, or, where planes are short, columns of the batch that omatcopy turned
/// into rows (`BLASRows`). Rows' sums are added in `Double`.
enum BLASEngine: PassEngine {
    static let scratchCount = 4 * BLASRows.length
    /// For fewer elements a call costs more than the arithmetic: a plain loop does it.
    private static let shortestCall = 64

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ gradient: TensorPointer<Scalar>, _ block: Block,
        by coefficients: NormalizeCoefficients<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        guard BLASRows.areWorthCalls(block, of: Scalar.self) else {
            return unsafe ReferenceEngine.gradientSums(
                x, gradient, block, by: coefficients, into: sums, scratch: scratch)
        }
        unsafe sums.update(repeating: LaneGradientSums(), count: block.lanes)
        let work = unsafe scratch + 3 * BLASRows.length
        unsafe BLASRows.forEachRow(block, x.scalars, gradient.scalars, scratch) {
            lane, n, row, g in
            let l = block.firstLane + lane
            let sum = unsafe Double(Scalar.sum(n, g))
            unsafe sums[lane].gradient += sum
            if coefficients.allowsScaleShiftForm(l) {
                // Σ g · (x − μ) = Σ g · x − μ · Σ g
                let product = unsafe Double(Scalar.dot(n, g, row))
                unsafe sums[lane].gradientTimesNormalized += product - coefficients.mean[l] * sum
            } else {
                let center = coefficients.center[l]
                unsafe subtract(center, from: row, n, into: work)
                let product = unsafe Double(Scalar.dot(n, g, work))
                unsafe sums[lane].gradientTimesNormalized +=
                    product - (coefficients.mean[l] - Double(center)) * sum
            }
        }
        for lane in 0..<block.lanes {
            let l = block.firstLane + lane
            unsafe sums[lane].gradientTimesNormalized *= coefficients.inverseDeviation[l]
            // Sums in the element type may leave its range where the result does not.
            if unsafe coefficients.isOutOfRange[l] || !sums[lane].areFinite {
                let alone = block.narrowed(toLanes: lane..<lane + 1)
                unsafe ReferenceEngine.gradientSums(
                    x, gradient, alone, by: coefficients, into: sums + lane, scratch: scratch)
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func write<Scalar: NormalizationScalar>(
        _ output: OutputTask<Scalar>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let (x, block, target) = unsafe (output.x.scalars, output.block, output.output.scalars)
        let isTooShort = !BLASRows.gradientIsWorthCalls(block, of: Scalar.self)
        switch output.kind {
        case .normalized(let coefficients, let epilogue) where epilogue.isNothing:
            unsafe normalize(x, block, by: coefficients, into: target, scratch)
        case .normalized(let coefficients, let epilogue):
            unsafe activate(x, block, by: coefficients, then: epilogue, into: target, scratch)
        case .activationBackward(let g, let coefficients, let epilogue):
            unsafe activationBackward(
                x, g.scalars, block, by: coefficients, through: epilogue, into: target, scratch)
        case .inputGradient where isTooShort, .weightedInputGradient where isTooShort:
            unsafe ReferenceEngine.write(output, scratch: scratch)
        case .inputGradient(let g, let coefficients):
            unsafe inputGradient(x, g.scalars, block, by: coefficients, into: target, scratch)
        case .weightedInputGradient(let g, let coefficients):
            unsafe weightedInputGradient(
                x, g.scalars, block, by: coefficients, into: target, scratch)
        case .maskedActivationBackward:
            // A choice between two numbers, for which BLAS has no call.
            unsafe ReferenceEngine.write(output, scratch: scratch)
        }
    }

    /// A row of one lane: y = γ · (x − μ) · s + β. No two of the rows may overlap.
    ///
    /// - Parameter isLarge: whether the tensor stays in no cache: BLAS, which has no call for a · x + b, would
    ///   write the row twice while memory waits.
    @inline(__always)
    static func normalizeRow<Scalar: NormalizationScalar>(
        _ row: UnsafePointer<Scalar>, _ n: Int, of lane: Int,
        by coefficients: NormalizeCoefficients<Scalar>, isLarge: Bool = false,
        into result: UnsafeMutablePointer<Scalar>, _ work: UnsafeMutablePointer<Scalar>
    ) {
        let (center, scale) = (coefficients.center[lane], coefficients.scale[lane])
        let shift = coefficients.shift[lane]
        if n < shortestCall || isLarge {
            for i in 0..<n { unsafe result[i] = (row[i] - center) * scale + shift }
        } else if coefficients.allowsScaleShiftForm(lane) {
            unsafe result.update(repeating: shift - center * scale, count: n)
            unsafe Scalar.axpy(n, alpha: scale, row, result)
        } else {
            unsafe subtract(center, from: row, n, into: work)
            unsafe result.update(repeating: shift, count: n)
            unsafe Scalar.axpy(n, alpha: scale, work, result)
        }
    }

    /// work ← x − center
    @inline(__always)
    static func subtract<Scalar: NormalizationScalar>(
        _ center: Scalar, from x: UnsafePointer<Scalar>, _ n: Int,
        into work: UnsafeMutablePointer<Scalar>
    ) {
        unsafe work.update(repeating: -center, count: n)
        unsafe Scalar.axpy(n, alpha: 1, x, work)
    }
}

extension BLASEngine {
    @inline(__always)
    private static func normalize<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, by coefficients: NormalizeCoefficients<Scalar>,
        into y: UnsafeMutablePointer<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>
    ) {
        let turned = BLASRows.outputIsWorthTurning(block, of: Scalar.self)
        guard turned || BLASRows.outputIsWorthCalls(block, of: Scalar.self) else {
            return unsafe ReferenceEngine.write(
                OutputTask(
                    .normalized(coefficients, .nothing), of: TensorPointer(x), block,
                    into: MutableTensorPointer(y)),
                scratch: scratch)
        }
        unsafe BLASRows.forEachRow(block, turned: turned, x, x, writing: y, scratch) {
            lane, n, row, _, result, work in
            unsafe normalizeRow(
                row, n, of: block.firstLane + lane, by: coefficients,
                isLarge: block.isLarge, into: result, work)
        }
    }

    @inline(__always)
    private static func inputGradient<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by coefficients: InputGradientCoefficients<Scalar>,
        into dx: UnsafeMutablePointer<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>
    ) {
        unsafe BLASRows.forEachRow(
            block, turned: BLASRows.areTiles(block, of: Scalar.self), x, gradient, writing: dx,
            scratch
        ) {
            lane, n, row, g, result, work in
            let l = block.firstLane + lane
            let center = coefficients.normalize.center[l]
            let scale = coefficients.normalize.scale[l]
            let slope = coefficients.deviationScale[l]
            let constant = coefficients.correction[l] - scale * coefficients.gradientCenter[l]
            let factor = -scale * slope
            // A product that underflows keeps its factors apart.
            if coefficients.normalize.allowsScaleShiftForm(l) && (factor.isNormal || slope == 0) {
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

    @inline(__always)
    private static func weightedInputGradient<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by coefficients: InputGradientCoefficients<Scalar>,
        into dx: UnsafeMutablePointer<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>
    ) {
        unsafe BLASRows.forEachRow(
            block, turned: BLASRows.areTiles(block, of: Scalar.self), x, gradient, writing: dx,
            scratch
        ) {
            lane, n, row, g, result, work in
            let l = block.firstLane + lane
            let scale = coefficients.roundedInverseDeviation[l]
            // work ← γ · g − P/k − (x − center) · deviationScale
            unsafe subtract(coefficients.normalize.center[l], from: row, n, into: work)
            unsafe Scalar.scal(n, alpha: -coefficients.deviationScale[l], work)
            unsafe Scalar.axpy(n, alpha: coefficients.weight[l], g, work)
            let constant = coefficients.correction[l] - scale * coefficients.gradientCenter[l]
            unsafe result.update(repeating: constant, count: n)
            unsafe Scalar.axpy(n, alpha: scale, work, result)
        }
    }
}

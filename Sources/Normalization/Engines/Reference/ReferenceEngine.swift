/// The textbook, one scalar at a time, in `Double`: what the other engines are judged by.
///
/// Statistics are two passes, first the mean, then the squared deviations from it, with compensated
/// sums, so that their error does not grow with the number of values.
enum ReferenceEngine: PassEngine {
    static let scratchCount = 0

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func moments<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ block: Block, into moments: UnsafeMutablePointer<Moments>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        let x = unsafe x.scalars
        let count = block.valuesPerLane
        for lane in 0..<block.lanes {
            // Deviations are taken from the first value, so that a constant lane has exactly its
            // value for mean, and a large mean costs no digits.
            let first = unsafe Double(x[block.plane(0, lane)])

            // μ = (1/m) Σ x
            var sum = CompensatedSum()
            for outer in 0..<block.outer {
                let plane = unsafe x + block.plane(outer, lane)
                for i in 0..<block.inner {
                    unsafe sum.add(Double(plane[i]) - first)
                }
            }
            guard sum.value.isFinite else {
                unsafe moments[lane] = nonFiniteMoments(x, block, lane)
                continue
            }
            let mean = first + sum.value / Double(count)

            // M2 = Σ (x − μ)², less what the rounding of μ put into it
            var squares = CompensatedSum()
            var remainder = CompensatedSum()
            for outer in 0..<block.outer {
                let plane = unsafe x + block.plane(outer, lane)
                for i in 0..<block.inner {
                    let deviation = unsafe Double(plane[i]) - mean
                    squares.add(deviation * deviation)
                    remainder.add(deviation)
                }
            }
            let m2 = max(squares.value - remainder.value * remainder.value / Double(count), 0)
            // What is left of the deviations from μ is what rounding took from it where the first value
            // was an outlier.
            unsafe moments[lane] = Moments(
                count: count, mean: mean, plus: remainder.value / Double(count), m2: m2)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ gradient: TensorPointer<Scalar>, _ block: Block,
        by coefficients: NormalizeCoefficients<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let (x, gradient) = unsafe (x.scalars, gradient.scalars)
        for lane in 0..<block.lanes {
            let l = block.firstLane + lane
            let (mean, s) = (coefficients.mean[l], coefficients.inverseDeviation[l])
            var a = CompensatedSum()
            var b = CompensatedSum()
            for outer in 0..<block.outer {
                let plane = block.plane(outer, lane)
                for i in plane..<plane + block.inner {
                    let normalized = unsafe (Double(x[i]) - mean) * s
                    let g = unsafe Double(gradient[i])
                    a.add(g)
                    b.add(g * normalized)
                }
            }
            unsafe sums[lane] = LaneGradientSums(
                gradient: a.value, gradientTimesNormalized: b.value)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func write<Scalar: NormalizationScalar>(
        _ output: OutputTask<Scalar>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let (x, block, target) = unsafe (output.x.scalars, output.block, output.output.scalars)
        switch output.kind {
        case .normalized(let coefficients, let epilogue) where epilogue.isNothing:
            unsafe normalize(x, block, by: coefficients, into: target)
        case .normalized(let coefficients, let epilogue):
            unsafe activate(x, block, by: coefficients, then: epilogue, into: target)
        case .activationBackward(let g, let coefficients, let epilogue):
            unsafe activationBackward(
                x, g.scalars, block, by: coefficients, through: epilogue, into: target)
        case .maskedActivationBackward(let mask, let activation):
            unsafe activationBackward(x, block, by: mask, activation, into: target)
        case .inputGradient(let g, let coefficients):
            unsafe inputGradient(x, g.scalars, block, by: coefficients, into: target)
        case .weightedInputGradient(let g, let coefficients):
            unsafe weightedInputGradient(
                x, g.scalars, block, by: coefficients, into: target)
        }
    }
}

extension ReferenceEngine {
    /// Of a lane with a NaN or an infinity, or whose sum overflows: the mean is of the class that Σ x has,
    /// the variance no number.
    private static func nonFiniteMoments<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, _ lane: Int
    ) -> Moments {
        var mean = 0.0
        for outer in 0..<block.outer {
            let plane = unsafe x + block.plane(outer, lane)
            for i in 0..<block.inner {
                mean += unsafe Double(plane[i]) / Double(block.valuesPerLane)
            }
        }
        return Moments(count: block.valuesPerLane, mean: mean, m2: .nan)
    }

    /// y = γ · (x − μ) · s + β
    @inline(__always)
    private static func normalize<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, by coefficients: NormalizeCoefficients<Scalar>,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        forEachPlane(of: block) { plane, l in
            let (mean, s) = (coefficients.mean[l], coefficients.inverseDeviation[l])
            let (gamma, beta) = (coefficients.gamma[l], coefficients.beta[l])
            for i in plane..<plane + block.inner {
                // normalize, scale and shift
                let normalized = unsafe (Double(x[i]) - mean) * s
                unsafe y[i] = Scalar(gamma * normalized + beta)
            }
        }
    }

    /// ∂x = γ · s · (g − A/m − x̂ · B/m)
    @inline(__always)
    private static func inputGradient<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by coefficients: InputGradientCoefficients<Scalar>, into dx: UnsafeMutablePointer<Scalar>
    ) {
        let normalize = coefficients.normalize
        forEachPlane(of: block) { plane, l in
            let (mean, s) = (normalize.mean[l], normalize.inverseDeviation[l])
            let gamma = normalize.gamma[l]
            let meanG = coefficients.meanGradient[l]
            let meanGX = coefficients.meanGradientTimesNormalized[l]
            for i in plane..<plane + block.inner {
                let normalized = unsafe (Double(x[i]) - mean) * s
                let g = unsafe Double(gradient[i])
                unsafe dx[i] = Scalar(gamma * s * (g - meanG - normalized * meanGX))
            }
        }
    }

    /// ∂x = s · (γ · g − P/k − x̂ · Q/k)
    @inline(__always)
    private static func weightedInputGradient<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by coefficients: InputGradientCoefficients<Scalar>, into dx: UnsafeMutablePointer<Scalar>
    ) {
        let normalize = coefficients.normalize
        forEachPlane(of: block) { plane, l in
            let (mean, s) = (normalize.mean[l], normalize.inverseDeviation[l])
            let gamma = normalize.gamma[l]
            let meanG = coefficients.meanGradient[l]
            let meanGX = coefficients.meanGradientTimesNormalized[l]
            for i in plane..<plane + block.inner {
                let normalized = unsafe (Double(x[i]) - mean) * s
                let g = unsafe Double(gradient[i])
                unsafe dx[i] = Scalar(s * (gamma * g - meanG - normalized * meanGX))
            }
        }
    }

    /// Calls `body` with where each plane starts, and its lane as the tables count them.
    @inline(__always)
    static func forEachPlane(of block: Block, _ body: (Int, Int) -> Void) {
        for outer in 0..<block.outer {
            for lane in 0..<block.lanes {
                body(block.plane(outer, lane), block.firstLane + lane)
            }
        }
    }
}

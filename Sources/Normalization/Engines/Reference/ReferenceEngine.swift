/// The textbook, one scalar at a time, in `Double`: what the other engines are judged by.
///
/// Statistics are two passes, first the mean, then the squared deviations from it, with compensated
/// sums, so that their error does not grow with the number of values.
enum ReferenceEngine: PlainPassEngine {
    static let scratchCount = 0

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func moments<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block,
        into moments: UnsafeMutablePointer<Moments>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let count = block.valuesPerChannel
        for channel in 0..<block.channels {
            // Deviations are taken from the first value, so that a constant channel has exactly its
            // value for mean, and a large mean costs no digits.
            let first = unsafe Double(x[block.plane(0, channel)])

            // μ = (1/m) Σ x
            var sum = CompensatedSum()
            for outer in 0..<block.outer {
                let plane = unsafe x + block.plane(outer, channel)
                for i in 0..<block.inner {
                    unsafe sum.add(Double(plane[i]) - first)
                }
            }
            let mean = first + sum.value / Double(count)

            // M2 = Σ (x − μ)², less what the rounding of μ put into it
            var squares = CompensatedSum()
            var residue = CompensatedSum()
            for outer in 0..<block.outer {
                let plane = unsafe x + block.plane(outer, channel)
                for i in 0..<block.inner {
                    let deviation = unsafe Double(plane[i]) - mean
                    squares.add(deviation * deviation)
                    residue.add(deviation)
                }
            }
            let deviations = max(
                squares.value - residue.value * residue.value / Double(count), 0)
            // What is left of the deviations from μ is what rounding took from it where the first value
            // was an outlier.
            unsafe moments[channel] = Moments(
                count: count, mean: mean, plus: residue.value / Double(count),
                deviations: deviations)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func normalize<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        into y: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        for outer in 0..<block.outer {
            for channel in 0..<block.channels {
                let c = block.firstChannel + channel
                let (mean, s) = unsafe (map.mean[c], map.inverseDeviation[c])
                let (gamma, beta) = unsafe (map.gamma[c], map.beta[c])
                let plane = block.plane(outer, channel)
                for i in plane..<plane + block.inner {
                    // normalize, scale and shift
                    let normalized = unsafe (Double(x[i]) - mean) * s
                    unsafe y[i] = Scalar(gamma * normalized + beta)
                }
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: ForwardMap<Scalar>, into sums: UnsafeMutablePointer<GradientSums>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        for channel in 0..<block.channels {
            let c = block.firstChannel + channel
            let (mean, s) = unsafe (map.mean[c], map.inverseDeviation[c])
            var a = CompensatedSum()
            var b = CompensatedSum()
            for outer in 0..<block.outer {
                let plane = block.plane(outer, channel)
                for i in plane..<plane + block.inner {
                    let normalized = unsafe (Double(x[i]) - mean) * s
                    let g = unsafe Double(gradient[i])
                    a.add(g)
                    b.add(g * normalized)
                }
            }
            unsafe sums[channel] = GradientSums(
                gradient: a.value, gradientTimesNormalized: b.value)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func inputGradient<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: BackwardMap<Scalar>, into dx: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        for outer in 0..<block.outer {
            for channel in 0..<block.channels {
                let c = block.firstChannel + channel
                let (mean, s) = unsafe (map.forward.mean[c], map.forward.inverseDeviation[c])
                let gamma = unsafe map.forward.gamma[c]
                let (meanG, meanGX) = unsafe (
                    map.meanGradient[c], map.meanGradientTimesNormalized[c]
                )
                let plane = block.plane(outer, channel)
                for i in plane..<plane + block.inner {
                    let normalized = unsafe (Double(x[i]) - mean) * s
                    let g = unsafe Double(gradient[i])
                    unsafe dx[i] = Scalar(gamma * s * (g - meanG - normalized * meanGX))
                }
            }
        }
    }
}

/// A sum that carries what rounding dropped (Kahan 1965, with Neumaier's branch as two-sum, Knuth).
struct CompensatedSum {
    private var sum = 0.0
    private var dropped = 0.0

    /// The sum, with what was dropped added back; infinite or NaN when a term was.
    var value: Double { dropped.isFinite ? sum + dropped : sum }

    mutating func add(_ term: Double) {
        let next = sum + term
        let taken = next - sum
        dropped += (sum - (next - taken)) + (term - taken)
        sum = next
    }
}

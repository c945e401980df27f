// y = γ · (x̂ · r + d) + β = (γ · r) · x̂ + (γ · d + β): a normalization with the batch's statistics, and γ and
// β of its own.

extension NormalizeCoefficients {
    /// Makes γ · r and γ · d + β of γ and β, where r and d follow from the moments of the lanes.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func renormalize(
        _ moments: UnsafePointer<Moments>, _ lanes: Range<Int>, by rule: RenormRule
    ) {
        for lane in lanes {
            let found = unsafe moments[lane]
            renormalize(
                lane, r: rule.r(lane, variance: found.m2 / Double(found.count)),
                d: rule.d(lane, mean: found.mean))
        }
    }

    /// The same with r and d that are known.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func renormalize(by statistics: RenormStatistics) {
        for lane in statistics.r.indices {
            renormalize(lane, r: statistics.r[lane], d: statistics.d[lane])
        }
    }

    @inline(__always)
    private func renormalize(_ lane: Int, r: Double, d: Double) {
        // d = 0 leaves β alone, also −0, and where γ is infinite.
        if d != 0 { beta[lane] += gamma[lane] * d }
        gamma[lane] *= r
    }
}

extension GradientSums {
    /// The sums of g and of g · (x̂ · r + d), which are ∂β and ∂γ: A stays, B becomes r · B + d · A.
    func renormalized(by statistics: RenormStatistics?) -> GradientSums {
        guard let statistics, count > 0 else { return self }
        let (r, d) = (statistics.r.span, statistics.d.span)
        let (a, b) = (gradient.span, gradientTimesNormalized.span)
        return GradientSums(
            self,
            gradientTimesNormalized: doubles(channels) { lane in
                // With d = 0 an infinite A is no matter of ∂γ.
                d[lane] == 0 ? r[lane] * b[lane] : r[lane] * b[lane] + d[lane] * a[lane]
            })
    }
}

// The rules of lanes that share statistics. What a group's lanes have in common is computed once and
// filled in: where planes are short, coefficients are half of the work.

extension NormalizeCoefficients {
    /// Sets some whole groups of lanes from their moments, which lie `step` apart; γ and β are set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setStatistics(
        ofGroups moments: UnsafePointer<Moments>, each step: Int, _ lanes: Range<Int>,
        groupSize: Int, epsilon: Double, _ arithmetic: any CoefficientArithmetic.Type
    ) {
        guard groupSize > 1 else {
            return unsafe setStatistics(moments, lanes, epsilon: epsilon, arithmetic)
        }
        let (gamma, beta, scale, shift) = (gamma, beta, scale, shift)
        let range = CoefficientRange.of(Scalar.self)
        var outside: Int32 = 0
        for first in stride(from: lanes.lowerBound, to: lanes.upperBound, by: groupSize) {
            let found = unsafe moments[first / groupSize * step]
            let group = first..<first + groupSize
            let variance = found.m2 / Double(found.count)
            let s = 1 / (variance + epsilon).squareRoot()
            fill(group, mean: found.mean, variance: variance, inverseDeviation: s)
            let rounded = Double(Scalar(found.mean))
            let correction = found.meanCorrection * s
            for lane in group {
                let part = correction * gamma[lane]
                // Nothing is lost where a product of zero is not a number.
                beta[lane] -= part - part == 0 ? part : 0
            }
            for lane in group { scale[lane] = Scalar(gamma[lane] * s) }
            for lane in group {
                shift[lane] = Scalar(beta[lane] - (found.mean - rounded) * (gamma[lane] * s))
            }
            for lane in group { outside |= range.outside(gamma[lane] * s) }
            outside |= range.outside(s) | range.outsideOrZero(found.mean)
        }
        isOutOfRange.fill(lanes, with: false)
        if outside < 0 { markOutOfRange(lanes) }
    }
}

extension InputGradientCoefficients {
    /// P = Σ γ · g and Q = Σ γ · g · x̂ of each group, from its lanes' Σ g and Σ g · x̂, and ∂x by them.
    ///
    /// - Parameter count: k, the values of a group.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setGroupSums(
        _ sums: UnsafePointer<LaneGradientSums>, _ lanes: Range<Int>, groupSize: Int, count: Int,
        _ arithmetic: any CoefficientArithmetic.Type
    ) {
        let (gamma, k) = (normalize.gamma, Double(count))
        let (meanG, meanGX) = (meanGradient, meanGradientTimesNormalized)
        guard groupSize > 1 else {
            for lane in lanes { meanG[lane] = unsafe gamma[lane] * sums[lane].gradient / k }
            for lane in lanes {
                meanGX[lane] = unsafe gamma[lane] * sums[lane].gradientTimesNormalized / k
            }
            return setWeighted(lanes, arithmetic)
        }
        for first in stride(from: lanes.lowerBound, to: lanes.upperBound, by: groupSize) {
            let group = first..<first + groupSize
            let (p, q) = GroupMoments.sums(groupSize) { index in
                let (lane, gamma) = (first + index, gamma[first + index])
                return unsafe (
                    gamma * sums[lane].gradient, gamma * sums[lane].gradientTimesNormalized
                )
            }
            setWeighted(group: group, meanGradient: p / k, meanGradientTimesNormalized: q / k)
        }
    }
}

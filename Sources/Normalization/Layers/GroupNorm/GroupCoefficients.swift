// The rules of lanes that share statistics. What a group's lanes have in common is computed once and
// filled in: where planes are short, coefficients are half of the work.

extension NormalizeCoefficients {
    /// Sets some whole groups of lanes from their moments, which lie `step` apart; γ and β are set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setStatistics(
        ofGroups moments: UnsafePointer<Moments>, each step: Int, _ lanes: Range<Int>,
        groupSize: Int, epsilon: Double, _ roots: any InverseRoots.Type
    ) {
        guard groupSize > 1 else {
            return unsafe setStatistics(moments, lanes, epsilon: epsilon, roots)
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

    /// Gives the lanes of a group its statistics, rounded too.
    @inline(__always)
    fileprivate func fill(
        _ lanes: Range<Int>, mean: Double, variance: Double, inverseDeviation s: Double
    ) {
        self.mean.fill(lanes, with: mean)
        center.fill(lanes, with: Scalar(mean))
        inverseDeviation.fill(lanes, with: s)
        setMargin(lanes, mean: mean, variance: variance, inverseDeviation: s)
    }
}

/// What backward needs of every group's statistics, made once a call.
struct GroupRoots {
    let mean: [Double]
    private let variance: [Double]
    /// s = 1/√(σ² + ε)
    let inverseDeviation: [Double]
    /// Whether the element type holds them all.
    private let areInRange: Bool

    init<Scalar: NormalizationScalar>(
        _ statistics: GroupStatistics, epsilon: Double, _ roots: any InverseRoots.Type,
        for _: Scalar.Type
    ) {
        (mean, variance) = (statistics.mean, statistics.variance())
        var found = [Double](repeating: 0, count: variance.count)
        unsafe variance.withUnsafeBufferPointer { variance in
            unsafe found.withUnsafeMutableBufferPointer { found in
                guard let from = variance.baseAddress, let to = found.baseAddress else { return }
                unsafe roots.inverseRoots(of: from, plus: epsilon, into: to, count: found.count)
            }
        }
        inverseDeviation = found
        let range = CoefficientRange.of(Scalar.self)
        var outside: Int32 = 0
        for s in found { outside |= range.outside(s) }
        for mean in mean { outside |= range.outsideOrZero(mean) }
        areInRange = outside >= 0
    }

    /// Sets what Σ g · x̂ needs of some whole groups of lanes; γ is set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func write<Scalar: NormalizationScalar>(
        to coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>, groupSize: Int
    ) {
        if groupSize > 1 {
            for first in stride(from: lanes.lowerBound, to: lanes.upperBound, by: groupSize) {
                let group = first / groupSize
                coefficients.fill(
                    first..<first + groupSize, mean: mean[group], variance: variance[group],
                    inverseDeviation: inverseDeviation[group])
            }
        } else {
            coefficients.mean.copy(lanes, of: mean)
            coefficients.variance.copy(lanes, of: variance)
            coefficients.inverseDeviation.copy(lanes, of: inverseDeviation)
            coefficients.setMargins(lanes)
            let (mean, center) = (coefficients.mean, coefficients.center)
            for lane in lanes { center[lane] = Scalar(mean[lane]) }
        }
        coefficients.isOutOfRange.fill(lanes, with: false)
        if !areInRange { coefficients.markOutOfRange(lanes) }
    }
}

extension InputGradientCoefficients {
    /// P = Σ γ · g and Q = Σ γ · g · x̂ of each group, from its lanes' Σ g and Σ g · x̂, and ∂x by them.
    ///
    /// - Parameter count: k, the values of a group.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setGroupSums(
        _ sums: UnsafePointer<LaneGradientSums>, _ lanes: Range<Int>, groupSize: Int, count: Int
    ) {
        let (gamma, k) = (normalize.gamma, Double(count))
        let (meanG, meanGX) = (meanGradient, meanGradientTimesNormalized)
        guard groupSize > 1 else {
            for lane in lanes { meanG[lane] = unsafe gamma[lane] * sums[lane].gradient / k }
            for lane in lanes {
                meanGX[lane] = unsafe gamma[lane] * sums[lane].gradientTimesNormalized / k
            }
            return setWeighted(lanes)
        }
        for first in stride(from: lanes.lowerBound, to: lanes.upperBound, by: groupSize) {
            let group = first..<first + groupSize
            var (p, q) = (0.0, 0.0)
            for lane in group { unsafe p += gamma[lane] * sums[lane].gradient }
            for lane in group { unsafe q += gamma[lane] * sums[lane].gradientTimesNormalized }
            setWeighted(group: group, meanGradient: p / k, meanGradientTimesNormalized: q / k)
        }
    }
}

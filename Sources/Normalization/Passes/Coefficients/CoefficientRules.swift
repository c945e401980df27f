// The rules that every layer shares: from sums of lanes to the coefficients of their outputs.

extension NormalizeCoefficients {
    /// Sets the statistics of some lanes from moments, those of lane l at l − offset; γ and β are set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setStatistics(
        _ moments: UnsafePointer<Moments>, offset: Int = 0, _ lanes: Range<Int>, epsilon: Double,
        _ arithmetic: any CoefficientArithmetic.Type
    ) {
        let first = lanes.lowerBound
        let found = unsafe moments + (first - offset)
        let (mean, m2) = unsafe (mean.pointer(at: first), variance.pointer(at: first))
        let correction = unsafe meanCorrection.pointer(at: first)
        for i in 0..<lanes.count {
            unsafe mean[i] = found[i].mean
            unsafe m2[i] = found[i].m2
            unsafe correction[i] = found[i].meanCorrection
        }
        // Each lane has as many values.
        let count = unsafe found[0].count
        arithmetic.setDeviations(self, lanes, epsilon: epsilon, sumsOf: count)
        setMap(lanes, arithmetic)
    }

    /// Sets the statistics of some lanes from arrays, those of lane l at l − offset; γ and β are set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setStatistics(
        mean: [Double], variance: [Double], offset: Int = 0, _ lanes: Range<Int>, epsilon: Double,
        _ arithmetic: any CoefficientArithmetic.Type
    ) {
        self.mean.copy(lanes, of: mean, offset: offset)
        self.variance.copy(lanes, of: variance, offset: offset)
        arithmetic.setDeviations(self, lanes, epsilon: epsilon)
        setMap(lanes, arithmetic)
    }

    /// Sets the second form of some lanes from the first; their statistics, γ and β are set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setMap(_ lanes: Range<Int>, _ arithmetic: any CoefficientArithmetic.Type) {
        let mayBeOutside = arithmetic.setMap(self, lanes)
        isOutOfRange.fill(lanes, with: false)
        if mayBeOutside { markOutOfRange(lanes) }
    }

    /// Turns the map around, to x = (y − β) / (γ · s) + μ: the same with β for a mean, μ for a shift and
    /// reciprocal scales; where γ has none, it is 0 (the pseudo-inverse), and x = μ. γ and β are set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setInverse(
        mean: [Double], variance: [Double], epsilon: Double,
        _ arithmetic: any CoefficientArithmetic.Type
    ) {
        for lane in mean.indices {
            let (gamma, beta) = (self.gamma[lane], self.beta[lane])
            let reciprocal = 1 / gamma
            self.gamma[lane] = reciprocal.isInfinite ? 0 : reciprocal
            self.beta[lane] = mean[lane]
            self.mean[lane] = beta
            inverseDeviation[lane] = (variance[lane] + epsilon).squareRoot()
            // y spreads around β by about γ.
            scaleShiftMargin[lane] = 2 * abs(gamma) - abs(beta)
        }
        setMap(mean.indices, arithmetic)
    }
}

extension InputGradientCoefficients {
    /// Sets some lanes from their sums over `count` values each; the statistics are set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setSums(
        _ sums: UnsafePointer<LaneGradientSums>, _ lanes: Range<Int>, count: Int,
        _ arithmetic: any CoefficientArithmetic.Type
    ) {
        let (meanG, meanGX) = (meanGradient, meanGradientTimesNormalized)
        for lane in lanes {
            meanG[lane] = unsafe sums[lane].gradient
            meanGX[lane] = unsafe sums[lane].gradientTimesNormalized
        }
        if arithmetic.setGradient(self, lanes, sumsOf: count) { markOutOfRange(lanes) }
    }

    /// Sets the weighted form of some lanes; their statistics, γ and both means are set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setWeighted(_ lanes: Range<Int>, _ arithmetic: any CoefficientArithmetic.Type) {
        let mayBeOutside = arithmetic.setWeighted(self, lanes)
        normalize.isOutOfRange.fill(lanes, with: false)
        if mayBeOutside { markWeightedOutOfRange(lanes) }
    }
}

/// Arithmetic with the numbers of many lanes, from statistics to the coefficients of an output. For a
/// small tensor of many channels it is half of the work, so an engine may have vectors for it; whoever
/// does it finds the same bits.
protocol CoefficientArithmetic: Sendable {
    /// roots[i] = 1 / √(values[i] + added), rounded as each of the three operations is.
    static func inverseRoots(
        of values: UnsafePointer<Double>, plus added: Double,
        into roots: UnsafeMutablePointer<Double>, count: Int)

    /// Sets s of some lanes and whether they allow the scale-shift form; their means and variances are set.
    static func setDeviations<Scalar: NormalizationScalar>(
        _ coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>, epsilon: Double)

    /// The same where the variances are M2 of `count` values yet. What rounding took from the means stands
    /// in the table ``NormalizeCoefficients/meanCorrection`` and goes into β.
    static func setDeviations<Scalar: NormalizationScalar>(
        _ coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>, epsilon: Double,
        sumsOf count: Int)

    /// Sets center, scale and shift of some lanes from μ, s, γ and β.
    ///
    /// - Returns: whether one of them may be out of range.
    static func setMap<Scalar: NormalizationScalar>(
        _ coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>
    ) -> Bool

    /// Sets what an input gradient has of some lanes beside their map; the means are sums of `count` values yet.
    ///
    /// - Returns: whether one of them may be out of range.
    static func setGradient<Scalar: NormalizationScalar>(
        _ coefficients: InputGradientCoefficients<Scalar>, _ lanes: Range<Int>, sumsOf count: Int
    ) -> Bool

    /// Sets the weighted form of some lanes; their statistics, γ and both means are set.
    ///
    /// - Returns: whether one of them may be out of range.
    static func setWeighted<Scalar: NormalizationScalar>(
        _ coefficients: InputGradientCoefficients<Scalar>, _ lanes: Range<Int>
    ) -> Bool
}

/// Plain loops, each of which does one thing, so that the compiler makes vectors of it.
extension CoefficientArithmetic {
    static func inverseRoots(
        of values: UnsafePointer<Double>, plus added: Double,
        into roots: UnsafeMutablePointer<Double>, count: Int
    ) {
        for i in 0..<count { unsafe roots[i] = 1 / (values[i] + added).squareRoot() }
    }

    static func setDeviations<Scalar: NormalizationScalar>(
        _ coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>, epsilon: Double
    ) {
        coefficients.setDeviations(lanes, epsilon: epsilon)
    }

    static func setDeviations<Scalar: NormalizationScalar>(
        _ coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>, epsilon: Double,
        sumsOf count: Int
    ) {
        coefficients.setDeviations(lanes, epsilon: epsilon, sumsOf: count)
    }

    static func setMap<Scalar: NormalizationScalar>(
        _ coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>
    ) -> Bool {
        coefficients.setMap(lanes)
    }

    static func setGradient<Scalar: NormalizationScalar>(
        _ coefficients: InputGradientCoefficients<Scalar>, _ lanes: Range<Int>, sumsOf count: Int
    ) -> Bool {
        coefficients.setGradient(lanes, sumsOf: count)
    }

    static func setWeighted<Scalar: NormalizationScalar>(
        _ coefficients: InputGradientCoefficients<Scalar>, _ lanes: Range<Int>
    ) -> Bool {
        coefficients.setWeighted(lanes)
    }
}

extension NormalizeCoefficients {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    fileprivate func setDeviations(_ lanes: Range<Int>, epsilon: Double) {
        let (variance, inverseDeviation) = (variance, inverseDeviation)
        for lane in lanes {
            inverseDeviation[lane] = 1 / (variance[lane] + epsilon).squareRoot()
        }
        setMargins(lanes)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    fileprivate func setDeviations(_ lanes: Range<Int>, epsilon: Double, sumsOf count: Int) {
        let (variance, gamma, beta) = (variance, gamma, beta)
        let (inverseDeviation, correction) = (inverseDeviation, meanCorrection)
        let m = Double(count)
        for lane in lanes { variance[lane] /= m }
        setDeviations(lanes, epsilon: epsilon)
        for lane in lanes {
            let part = correction[lane] * gamma[lane] * inverseDeviation[lane]
            // Nothing is lost where a product of zero is not a number.
            beta[lane] -= part - part == 0 ? part : 0
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    fileprivate func setMap(_ lanes: Range<Int>) -> Bool {
        let (mean, inverseDeviation, gamma, beta) = (mean, inverseDeviation, gamma, beta)
        let (center, scale, shift) = (center, scale, shift)
        for lane in lanes { center[lane] = Scalar(mean[lane]) }
        for lane in lanes { scale[lane] = Scalar(gamma[lane] * inverseDeviation[lane]) }
        for lane in lanes {
            let scale = gamma[lane] * inverseDeviation[lane]
            shift[lane] = Scalar(beta[lane] - (mean[lane] - Double(center[lane])) * scale)
        }
        let range = CoefficientRange.of(Scalar.self)
        var outside: Int32 = 0
        for lane in lanes {
            let scale = gamma[lane] * inverseDeviation[lane]
            outside |= range.outside(scale) | range.outside(inverseDeviation[lane])
            outside |= range.outsideOrZero(mean[lane])
        }
        return outside < 0
    }
}

extension InputGradientCoefficients {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    fileprivate func setGradient(_ lanes: Range<Int>, sumsOf count: Int) -> Bool {
        let (mean, s, gamma) = (normalize.mean, normalize.inverseDeviation, normalize.gamma)
        let (meanG, meanGX) = (meanGradient, meanGradientTimesNormalized)
        let (center, gradientCenter) = (normalize.center, gradientCenter)
        let (deviationScale, correction, m) = (deviationScale, correction, Double(count))
        for lane in lanes { meanG[lane] /= m }
        for lane in lanes { meanGX[lane] /= m }
        for lane in lanes { gradientCenter[lane] = Scalar(meanG[lane]) }
        for lane in lanes { deviationScale[lane] = Scalar(s[lane] * meanGX[lane]) }
        let range = CoefficientRange.of(Scalar.self)
        var outside: Int32 = 0
        for lane in lanes {
            let slope = s[lane] * meanGX[lane]
            let scale = gamma[lane] * s[lane]
            let dropped =
                (meanG[lane] - Double(gradientCenter[lane]))
                - (mean[lane] - Double(center[lane])) * slope
            correction[lane] = Scalar(-scale * dropped)
            outside |= range.outsideOrZero(slope) | range.outsideOrZero(scale * slope)
            outside |= range.outsideOrZero(meanG[lane])
        }
        return outside < 0
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    fileprivate func setWeighted(_ lanes: Range<Int>) -> Bool {
        let (mean, inverseDeviation) = (normalize.mean, normalize.inverseDeviation)
        let (gamma, center) = (normalize.gamma, normalize.center)
        let (meanG, meanGX) = (meanGradient, meanGradientTimesNormalized)
        let (gradientCenter, deviationScale) = (gradientCenter, deviationScale)
        let (weight, root, correction) = (weight, roundedInverseDeviation, correction)
        for lane in lanes { gradientCenter[lane] = Scalar(meanG[lane]) }
        for lane in lanes { deviationScale[lane] = Scalar(inverseDeviation[lane] * meanGX[lane]) }
        for lane in lanes { weight[lane] = Scalar(gamma[lane]) }
        for lane in lanes { root[lane] = Scalar(inverseDeviation[lane]) }
        for lane in lanes {
            let s = inverseDeviation[lane]
            let dropped =
                (meanG[lane] - Double(gradientCenter[lane]))
                - (mean[lane] - Double(center[lane])) * (s * meanGX[lane])
            correction[lane] = Scalar(-s * dropped)
        }
        let range = CoefficientRange.of(Scalar.self)
        var outside: Int32 = 0
        for lane in lanes {
            let s = inverseDeviation[lane]
            let slope = s * meanGX[lane]
            outside |= range.outsideOrZero(s) | range.outsideOrZero(mean[lane])
            outside |= range.outsideOrZero(gamma[lane]) | range.outsideOrZero(s * gamma[lane])
            outside |= range.outsideOrZero(meanG[lane]) | range.outsideOrZero(slope)
            outside |= range.outsideOrZero(s * slope)
        }
        return outside < 0
    }
}

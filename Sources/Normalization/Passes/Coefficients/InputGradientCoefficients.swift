/// ∂x = γ · s · (g − A/m − x̂ · B/m), and the same in the element type as
/// ∂x = scale · ((g − gradientCenter) − (x − center) · deviationScale) + correction.
///
/// The weighted form has γ inside, for lanes that share statistics:
/// ∂x = s · (γ · g − P/k − x̂ · Q/k) with sums P and Q of γ · g, and the same as
/// ∂x = ((g · weight − gradientCenter) − (x − center) · deviationScale) · roundedInverseDeviation + correction.
@safe
struct InputGradientCoefficients<Scalar: NormalizationScalar> {
    let normalize: NormalizeCoefficients<Scalar>

    /// A/m, or P/k
    var meanGradient: Table<Double> { normalize.table(.meanGradient) }
    /// B/m, or Q/k
    var meanGradientTimesNormalized: Table<Double> {
        normalize.table(.meanGradientTimesNormalized)
    }

    /// A/m or P/k, rounded
    var gradientCenter: Table<Scalar> { normalize.table(.gradientCenter) }
    /// s · B/m, or s · Q/k
    var deviationScale: Table<Scalar> { normalize.table(.deviationScale) }
    /// What the rounding of both centers left over
    var correction: Table<Scalar> { normalize.table(.correction) }
    /// γ, of the weighted form
    var weight: Table<Scalar> { normalize.table(.weight) }
    /// s, of the weighted form
    var roundedInverseDeviation: Table<Scalar> { normalize.table(.roundedInverseDeviation) }

    /// Marks those of some lanes that are out of range in the form in the element type.
    func markOutOfRange(_ lanes: Range<Int>) {
        let range = CoefficientRange.of(Scalar.self)
        let (s, gamma) = (normalize.inverseDeviation, normalize.gamma)
        for lane in lanes {
            let (meanG, slope) = (meanGradient[lane], s[lane] * meanGradientTimesNormalized[lane])
            if range.isOutside(slope) || range.isOutside(meanG)
                || range.isOutside(gamma[lane] * s[lane] * slope)
            {
                normalize.isOutOfRange[lane] = true
            }
        }
    }

    /// Sets the weighted form of lanes that share their statistics and both means; γ is set.
    @inline(__always)
    func setWeighted(
        group lanes: Range<Int>, meanGradient meanG: Double,
        meanGradientTimesNormalized meanGX: Double
    ) {
        let first = lanes.lowerBound
        let (s, mean) = (normalize.inverseDeviation[first], normalize.mean[first])
        let (gamma, weight, slope) = (normalize.gamma, weight, s * meanGX)
        let dropped =
            (meanG - Double(Scalar(meanG))) - (mean - Double(normalize.center[first])) * slope
        meanGradient.fill(lanes, with: meanG)
        meanGradientTimesNormalized.fill(lanes, with: meanGX)
        gradientCenter.fill(lanes, with: Scalar(meanG))
        deviationScale.fill(lanes, with: Scalar(slope))
        roundedInverseDeviation.fill(lanes, with: Scalar(s))
        correction.fill(lanes, with: Scalar(-s * dropped))
        for lane in lanes { weight[lane] = Scalar(gamma[lane]) }
        let range = CoefficientRange.of(Scalar.self)
        var outside =
            range.outsideOrZero(s) | range.outsideOrZero(mean) | range.outsideOrZero(meanG)
            | range.outsideOrZero(slope) | range.outsideOrZero(s * slope)
        for lane in lanes {
            outside |= range.outsideOrZero(gamma[lane]) | range.outsideOrZero(s * gamma[lane])
        }
        normalize.isOutOfRange.fill(lanes, with: false)
        if outside < 0 { markWeightedOutOfRange(lanes) }
    }

    /// Marks those of some lanes that are out of range in the weighted form.
    func markWeightedOutOfRange(_ lanes: Range<Int>) {
        let range = CoefficientRange.of(Scalar.self)
        for lane in lanes {
            let (s, gamma) = (normalize.inverseDeviation[lane], normalize.gamma[lane])
            let (meanG, slope) = (meanGradient[lane], s * meanGradientTimesNormalized[lane])
            // γ = 0 is in range here: it stands in no product with the deviation.
            normalize.isOutOfRange[lane] =
                range.isOutside(s) || range.isOutside(normalize.mean[lane])
                || range.isOutside(gamma) || range.isOutside(meanG)
                || range.isOutside(slope) || range.isOutside(s * slope)
                || range.isOutside(s * gamma)
        }
    }
}

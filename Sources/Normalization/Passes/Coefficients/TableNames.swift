/// The tables in `Double`, in their order in memory; each begins with a cache line.
enum DoubleTable: Int {
    case mean, variance, inverseDeviation, gamma, beta, scaleShiftMargin
    case meanGradient, meanGradientTimesNormalized

    static let count = meanGradientTimesNormalized.rawValue + 1
}

/// The tables in the element type, behind those in `Double`.
enum ScalarTable: Int {
    case center, scale, shift
    case gradientCenter, deviationScale, correction
    case weight, roundedInverseDeviation

    static let count = roundedInverseDeviation.rawValue + 1
}

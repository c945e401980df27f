/// Statistics that a call is given and many lanes share: what Σ g · x̂ needs of them, made once.
struct GivenStatistics {
    private let mean: [Double]
    private let variance: [Double]
    /// s = 1/√(σ² + ε)
    private let inverseDeviation: [Double]
    /// Whether the element type holds them all.
    private let areInRange: Bool

    init<Scalar: NormalizationScalar>(
        mean: [Double], variance: [Double], epsilon: Double,
        _ arithmetic: any CoefficientArithmetic.Type,
        for _: Scalar.Type
    ) {
        (self.mean, self.variance) = (mean, variance)
        var found = [Double](repeating: 0, count: variance.count)
        unsafe variance.withUnsafeBufferPointer { variance in
            unsafe found.withUnsafeMutableBufferPointer { found in
                guard let from = variance.baseAddress, let to = found.baseAddress else { return }
                unsafe arithmetic.inverseRoots(
                    of: from, plus: epsilon, into: to, count: found.count)
            }
        }
        inverseDeviation = found
        let range = CoefficientRange.of(Scalar.self)
        var outside: Int32 = 0
        for s in found { outside |= range.outside(s) }
        for mean in mean { outside |= range.outsideOrZero(mean) }
        areInRange = outside >= 0
    }

    /// Sets what Σ g · x̂ needs of some lanes, lane l having statistics l − offset; γ is set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func write<Scalar: NormalizationScalar>(
        to coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>, offset: Int = 0
    ) {
        coefficients.mean.copy(lanes, of: mean, offset: offset)
        coefficients.variance.copy(lanes, of: variance, offset: offset)
        coefficients.inverseDeviation.copy(lanes, of: inverseDeviation, offset: offset)
        coefficients.setMargins(lanes)
        let (mean, center) = (coefficients.mean, coefficients.center)
        for lane in lanes { center[lane] = Scalar(mean[lane]) }
        mark(lanes, of: coefficients)
    }

    /// The same of whole groups of lanes, each with statistics of its own; lane l is in group
    /// (l − offset) / size.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func write<Scalar: NormalizationScalar>(
        to coefficients: NormalizeCoefficients<Scalar>, groupsOf size: Int, _ lanes: Range<Int>,
        offset: Int
    ) {
        guard size > 1 else { return write(to: coefficients, lanes, offset: offset) }
        for first in stride(from: lanes.lowerBound, to: lanes.upperBound, by: size) {
            let group = (first - offset) / size
            coefficients.fill(
                first..<first + size, mean: mean[group], variance: variance[group],
                inverseDeviation: inverseDeviation[group])
        }
        mark(lanes, of: coefficients)
    }

    @inline(__always)
    private func mark<Scalar>(_ lanes: Range<Int>, of coefficients: NormalizeCoefficients<Scalar>) {
        coefficients.isOutOfRange.fill(lanes, with: false)
        if !areInRange { coefficients.markOutOfRange(lanes) }
    }
}

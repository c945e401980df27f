internal import CKernels

/// The arithmetic with the numbers of many lanes, in vectors.
extension FusedEngine {
    static func inverseRoots(
        of values: UnsafePointer<Double>, plus added: Double,
        into roots: UnsafeMutablePointer<Double>, count: Int
    ) {
        unsafe ChosenKernels.all.inverse_roots(values, added, roots, count)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func setDeviations<Scalar: NormalizationScalar>(
        _ coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>, epsilon: Double
    ) {
        var tables = unsafe tables(of: coefficients, lanes.lowerBound)
        unsafe ChosenKernels.all.set_deviations(&tables, epsilon, 1, lanes.count)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func setDeviations<Scalar: NormalizationScalar>(
        _ coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>, epsilon: Double,
        sumsOf count: Int
    ) {
        let first = lanes.lowerBound
        var tables = unsafe tables(of: coefficients, first)
        unsafe tables.lost = coefficients.meanCorrection.pointer(at: first)
        unsafe ChosenKernels.all.set_deviations(&tables, epsilon, Double(count), lanes.count)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func setMap<Scalar: NormalizationScalar>(
        _ coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>
    ) -> Bool {
        var tables = unsafe tables(of: coefficients, lanes.lowerBound)
        let passes = ChosenKernels.passes(of: Scalar.format)
        return unsafe passes.set_map(&tables, ckernels_range(for: Scalar.self), lanes.count) != 0
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func setGradient<Scalar: NormalizationScalar>(
        _ coefficients: InputGradientCoefficients<Scalar>, _ lanes: Range<Int>, sumsOf count: Int
    ) -> Bool {
        var tables = unsafe tables(of: coefficients, lanes.lowerBound)
        let passes = ChosenKernels.passes(of: Scalar.format)
        return unsafe passes.set_gradient(
            &tables, Double(count), ckernels_range(for: Scalar.self), lanes.count) != 0
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func setWeighted<Scalar: NormalizationScalar>(
        _ coefficients: InputGradientCoefficients<Scalar>, _ lanes: Range<Int>
    ) -> Bool {
        var tables = unsafe tables(of: coefficients, lanes.lowerBound)
        let passes = ChosenKernels.passes(of: Scalar.format)
        return unsafe passes.set_weighted(
            &tables, ckernels_range(for: Scalar.self), lanes.count) != 0
    }

    /// What an output normalizes with, from a lane on.
    @inline(__always)
    private static func tables<Scalar>(
        of k: NormalizeCoefficients<Scalar>, _ lane: Int
    ) -> ckernels_coefficients {
        var tables = unsafe ckernels_coefficients()
        unsafe tables.mean = k.mean.pointer(at: lane)
        unsafe tables.variance = k.variance.pointer(at: lane)
        unsafe tables.inverse_deviation = k.inverseDeviation.pointer(at: lane)
        unsafe tables.gamma = k.gamma.pointer(at: lane)
        unsafe tables.beta = k.beta.pointer(at: lane)
        unsafe tables.margin = k.scaleShiftMargin.pointer(at: lane)
        unsafe tables.center = UnsafeMutableRawPointer(k.center.pointer(at: lane))
        unsafe tables.scale = UnsafeMutableRawPointer(k.scale.pointer(at: lane))
        unsafe tables.shift = UnsafeMutableRawPointer(k.shift.pointer(at: lane))
        return unsafe tables
    }

    /// The same, and what an input gradient has beside it.
    @inline(__always)
    private static func tables<Scalar>(
        of k: InputGradientCoefficients<Scalar>, _ lane: Int
    ) -> ckernels_coefficients {
        func table(_ table: Table<Scalar>) -> UnsafeMutableRawPointer {
            unsafe UnsafeMutableRawPointer(table.pointer(at: lane))
        }
        var tables = unsafe tables(of: k.normalize, lane)
        unsafe tables.mean_gradient = k.meanGradient.pointer(at: lane)
        unsafe tables.mean_gradient_times_normalized =
            k.meanGradientTimesNormalized.pointer(at: lane)
        unsafe tables.gradient_center = table(k.gradientCenter)
        unsafe tables.deviation_scale = table(k.deviationScale)
        unsafe tables.correction = table(k.correction)
        unsafe tables.weight = table(k.weight)
        unsafe tables.rounded_inverse_deviation = table(k.roundedInverseDeviation)
        return unsafe tables
    }
}

extension ckernels_range {
    /// What the coefficients of an element type may be.
    fileprivate init<Scalar: NormalizationScalar>(for _: Scalar.Type) {
        let range = CoefficientRange.of(Scalar.self)
        self.init(least: range.least, most: range.most)
    }
}

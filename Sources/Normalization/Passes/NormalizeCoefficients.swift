#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// y = γ · (x − mean) · inverseDeviation + β, and the same as y = (x − center) · scale + shift.
///
/// The first form is in `Double`, for the reference engine; the second in the element type, for the
/// fast ones. The center is subtracted first, never folded in, and what rounding took from the mean
/// goes into the shift, so that nothing is lost where the mean is large against the deviation.
///
/// A view of two words, since it goes along with each block.
@safe
struct NormalizeCoefficients<Scalar: NormalizationScalar> {
    private let tables: UnsafeMutablePointer<Double>
    private let length: Int

    static var bytesPerLane: Int {
        DoubleTable.count * MemoryLayout<Double>.stride
            + ScalarTable.count * MemoryLayout<Scalar>.stride + MemoryLayout<Bool>.stride
    }

    init(tables: UnsafeMutablePointer<Double>, length: Int) {
        unsafe self.tables = tables
        self.length = length
    }

    @inline(__always)
    func table(_ table: DoubleTable) -> Table<Double> {
        unsafe Table(tables + table.rawValue * length, count: length)
    }

    @inline(__always)
    func table(_ table: ScalarTable) -> Table<Scalar> {
        unsafe Table(scalars + table.rawValue * length, count: length)
    }

    private var scalars: UnsafeMutablePointer<Scalar> {
        unsafe UnsafeMutableRawPointer(tables + DoubleTable.count * length).assumingMemoryBound(
            to: Scalar.self)
    }

    /// μ
    var mean: Table<Double> { table(.mean) }
    /// σ²
    var variance: Table<Double> { table(.variance) }
    /// s = 1/√(σ² + ε)
    var inverseDeviation: Table<Double> { table(.inverseDeviation) }
    var gamma: Table<Double> { table(.gamma) }
    var beta: Table<Double> { table(.beta) }
    /// See ``allowsScaleShiftForm(_:)``.
    private var scaleShiftMargin: Table<Double> { table(.scaleShiftMargin) }

    /// μ, rounded
    var center: Table<Scalar> { table(.center) }
    /// γ · s
    var scale: Table<Scalar> { table(.scale) }
    /// β − (μ − center) · γ · s
    var shift: Table<Scalar> { table(.shift) }
    /// Whether the second form would overflow or lose digits in this lane, has a coefficient that is not
    /// finite, or, its scale being zero, loses a NaN: BLAS's axpy by zero does not look at x.
    var isOutOfRange: Table<Bool> {
        unsafe Table(
            UnsafeMutableRawPointer(scalars + ScalarTable.count * length).assumingMemoryBound(
                to: Bool.self), count: length)
    }

    /// Whether `x · scale + (shift − center · scale)` is as accurate: |μ| is of the order of σ, and σ
    /// is not zero, since a constant lane must cancel to the bit.
    @inline(__always)
    func allowsScaleShiftForm(_ lane: Int) -> Bool { scaleShiftMargin[lane] >= 0 }

    /// Whether one of the lanes is out of range.
    func hasOutOfRange(_ lanes: Range<Int>) -> Bool {
        unsafe memchr(isOutOfRange.pointer(at: lanes.lowerBound), 1, lanes.count) != nil
    }
}

// Each loop does one thing, so that the compiler makes vectors of it: for a small tensor of many
// channels these loops are half of the work.
extension NormalizeCoefficients {
    /// Sets the statistics of some lanes from moments, those of lane l at l − offset; γ and β are set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setStatistics(
        _ moments: UnsafePointer<Moments>, offset: Int = 0, _ lanes: Range<Int>, epsilon: Double,
        _ roots: any InverseRoots.Type
    ) {
        let (mean, variance, beta) = (mean, variance, beta)
        let (gamma, inverseDeviation) = (gamma, inverseDeviation)
        for lane in lanes { mean[lane] = unsafe moments[lane - offset].mean }
        // Each lane has as many values.
        let count = unsafe Double(moments[lanes.lowerBound - offset].count)
        for lane in lanes { variance[lane] = unsafe moments[lane - offset].m2 }
        for lane in lanes { variance[lane] /= count }
        setInverseDeviations(lanes, epsilon: epsilon, roots)
        // The table of a backward pass is free here.
        let correction = table(.meanGradient)
        for lane in lanes { correction[lane] = unsafe moments[lane - offset].meanCorrection }
        for lane in lanes {
            let part = correction[lane] * gamma[lane] * inverseDeviation[lane]
            // Nothing is lost where a product of zero is not a number.
            beta[lane] -= part - part == 0 ? part : 0
        }
        setScaled(lanes)
    }

    /// Sets the statistics of some lanes from arrays, those of lane l at l − offset; γ and β are set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setStatistics(
        mean: [Double], variance: [Double], offset: Int = 0, _ lanes: Range<Int>, epsilon: Double,
        _ roots: any InverseRoots.Type
    ) {
        self.mean.copy(lanes, of: mean, offset: offset)
        self.variance.copy(lanes, of: variance, offset: offset)
        setInverseDeviations(lanes, epsilon: epsilon, roots)
        setScaled(lanes)
    }

    /// Sets the second form of some lanes; their statistics, γ and β are set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setMap(_ lanes: Range<Int>) { setScaled(lanes) }

    /// Turns the map around, to x = (y − β) / (γ · s) + μ: the same with β for a mean, μ for a shift and
    /// reciprocal scales; where γ has none, it is 0 (the pseudo-inverse), and x = μ. γ and β are set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setInverse(mean: [Double], variance: [Double], epsilon: Double) {
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
        setScaled(mean.indices)
    }

    @inline(__always)
    private func setInverseDeviations(
        _ lanes: Range<Int>, epsilon: Double, _ roots: any InverseRoots.Type
    ) {
        let first = lanes.lowerBound
        unsafe roots.inverseRoots(
            of: variance.pointer(at: first), plus: epsilon,
            into: inverseDeviation.pointer(at: first), count: lanes.count)
        setMargins(lanes)
    }

    /// Sets what ``allowsScaleShiftForm(_:)`` goes by; the statistics are set.
    @inline(__always)
    func setMargins(_ lanes: Range<Int>) {
        let (mean, variance) = (mean, variance)
        let (inverseDeviation, scaleShiftMargin) = (inverseDeviation, scaleShiftMargin)
        for lane in lanes {
            let margin = 2 - mean[lane].magnitude * inverseDeviation[lane]
            scaleShiftMargin[lane] = variance[lane] > 0 ? margin : -1
        }
    }

    /// Gives lanes the statistics that they share, rounded too.
    @inline(__always)
    func fill(
        _ lanes: Range<Int>, mean: Double, variance: Double, inverseDeviation s: Double
    ) {
        self.mean.fill(lanes, with: mean)
        center.fill(lanes, with: Scalar(mean))
        inverseDeviation.fill(lanes, with: s)
        scaleShiftMargin.fill(lanes, with: variance > 0 ? 2 - mean.magnitude * s : -1)
    }

    /// Sets the second form from the first.
    @inline(__always)
    private func setScaled(_ lanes: Range<Int>) {
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
        isOutOfRange.fill(lanes, with: false)
        if outside < 0 { markOutOfRange(lanes) }
    }

    /// Marks those of some lanes that are out of range; their statistics and γ are set.
    func markOutOfRange(_ lanes: Range<Int>) {
        for lane in lanes { isOutOfRange[lane] = wasOutOfRange(lane) }
    }

    /// Whether a lane is out of range of this map, whatever an input gradient has marked since.
    func wasOutOfRange(_ lane: Int) -> Bool {
        let range = CoefficientRange.of(Scalar.self)
        let scale = gamma[lane] * inverseDeviation[lane]
        return scale == 0 || range.isOutside(scale) || range.isOutside(inverseDeviation[lane])
            || range.isOutside(mean[lane])
    }
}

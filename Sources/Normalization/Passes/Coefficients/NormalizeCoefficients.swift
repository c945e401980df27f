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
    var scaleShiftMargin: Table<Double> { table(.scaleShiftMargin) }

    /// What rounding took from μ, until the map is set: the table of a backward pass is free then.
    var meanCorrection: Table<Double> { table(.meanGradient) }

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

extension NormalizeCoefficients {
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

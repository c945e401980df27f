internal import CKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The O(C) numbers of a call, in borrowed memory: what the statistics, γ and β amount to per channel.
@unsafe
struct Coefficients<Scalar: NormalizationScalar>: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer
    let backward: BackwardMap<Scalar>

    init(channels: Int) {
        // Each table begins with a cache line.
        let length = channels.roundedUp(
            toMultipleOf: CacheSizes.line / MemoryLayout<Float>.stride)
        unsafe memory = ScratchMemory.borrow(
            bytes: length * ForwardMap<Scalar>.bytesPerChannel)
        unsafe backward = BackwardMap(
            forward: ForwardMap(
                tables: memory.baseAddress!.assumingMemoryBound(to: Double.self), length: length))
    }

    deinit { unsafe ScratchMemory.giveBack(memory) }

    var forward: ForwardMap<Scalar> { unsafe backward.forward }
}

/// y = γ · (x − mean) · inverseDeviation + β, and the same as y = (x − center) · scale + shift.
///
/// The first form is in `Double`, for the reference engine; the second in the element type, for the
/// fast ones. The center is subtracted first, never folded in, and what rounding took from the mean
/// goes into the shift, so that nothing is lost where the mean is large against the deviation.
@unsafe
struct ForwardMap<Scalar: NormalizationScalar> {
    /// Eight tables in `Double`, then six in the element type, then the flags. A map is passed on with
    /// each block, so it is small.
    fileprivate let tables: UnsafeMutablePointer<Double>
    fileprivate let length: Int

    fileprivate static var bytesPerChannel: Int {
        8 * MemoryLayout<Double>.stride + 6 * MemoryLayout<Scalar>.stride + 1
    }
    @inline(__always)
    fileprivate func double(_ index: Int) -> UnsafeMutablePointer<Double> {
        unsafe tables + index * length
    }
    @inline(__always)
    fileprivate func scalar(_ index: Int) -> UnsafeMutablePointer<Scalar> {
        unsafe UnsafeMutableRawPointer(double(8)).assumingMemoryBound(to: Scalar.self)
            + index * length
    }

    /// μ
    var mean: UnsafeMutablePointer<Double> { unsafe double(0) }
    /// σ²
    var variance: UnsafeMutablePointer<Double> { unsafe double(1) }
    /// s = 1/√(σ² + ε)
    var inverseDeviation: UnsafeMutablePointer<Double> { unsafe double(2) }
    var gamma: UnsafeMutablePointer<Double> { unsafe double(3) }
    var beta: UnsafeMutablePointer<Double> { unsafe double(4) }
    /// See ``canFold(_:)``.
    private var foldMargin: UnsafeMutablePointer<Double> { unsafe double(5) }

    /// μ, rounded
    var center: UnsafeMutablePointer<Scalar> { unsafe scalar(0) }
    /// γ · s
    var scale: UnsafeMutablePointer<Scalar> { unsafe scalar(1) }
    /// β − (μ − center) · γ · s
    var shift: UnsafeMutablePointer<Scalar> { unsafe scalar(2) }
    /// Whether the second form would overflow or lose digits in this channel, or, its scale being
    /// zero, a NaN: BLAS's axpy by zero does not look at x.
    var isOutOfRange: UnsafeMutablePointer<Bool> {
        unsafe UnsafeMutableRawPointer(scalar(6)).assumingMemoryBound(to: Bool.self)
    }

    /// Sets γ and β of every channel, before the statistics.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setAffine(
        _ gamma: AffineParameter<Scalar>, _ beta: AffineParameter<Scalar>, channels: Int
    ) {
        unsafe gamma.write(to: self.gamma, channels: channels, absent: 1)
        unsafe beta.write(to: self.beta, channels: channels, absent: 0)
    }

    /// Sets the statistics of some channels: those of a batch.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setStatistics(
        _ moments: UnsafePointer<Moments>, _ channels: Range<Int>, epsilon: Double
    ) {
        for c in channels { unsafe mean[c] = moments[c].mean }
        for c in channels {
            unsafe variance[c] = moments[c].deviations / Double(moments[c].count)
        }
        unsafe setInverseDeviations(channels, epsilon: epsilon)
        // What the mean lost when its parts were added.
        for c in channels {
            unsafe beta[c] -= moments[c].meanResidue * gamma[c] * inverseDeviation[c]
        }
        unsafe setScaled(channels)
    }

    /// Sets the statistics of some channels: running ones, or those of a batch computed before.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setStatistics(
        mean: [Double], variance: [Double], _ channels: Range<Int>, epsilon: Double
    ) {
        let (first, count) = (channels.lowerBound, channels.count)
        unsafe mean.withUnsafeBufferPointer { mean in
            guard let mean = mean.baseAddress else { return }
            unsafe (self.mean + first).update(from: mean + first, count: count)
        }
        unsafe variance.withUnsafeBufferPointer { variance in
            guard let values = variance.baseAddress else { return }
            unsafe (self.variance + first).update(from: values + first, count: count)
        }
        unsafe setInverseDeviations(channels, epsilon: epsilon)
        unsafe setScaled(channels)
    }

    /// Sets the map from y back to x, x = (y − β) / (γ · s) + μ: the same with β for a mean, μ for a
    /// shift and reciprocal scales; where γ has none, it is 0 (the pseudo-inverse), and x = μ.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setInverse(
        _ gamma: AffineParameter<Scalar>, _ beta: AffineParameter<Scalar>, mean: [Double],
        variance: [Double], epsilon: Double
    ) {
        unsafe setAffine(gamma, beta, channels: mean.count)
        for c in mean.indices {
            let (gamma, beta) = unsafe (self.gamma[c], self.beta[c])
            let reciprocal = 1 / gamma
            unsafe self.gamma[c] = reciprocal.isInfinite ? 0 : reciprocal
            unsafe self.beta[c] = mean[c]
            unsafe self.mean[c] = beta
            unsafe inverseDeviation[c] = (variance[c] + epsilon).squareRoot()
            // y spreads around β by about γ.
            unsafe foldMargin[c] = 2 * abs(gamma) - abs(beta)
        }
        unsafe setScaled(0..<mean.count)
    }

    /// Whether `x · scale + (shift − center · scale)` is as accurate: |μ| is of the order of σ, and σ
    /// is not zero, since a constant channel must cancel to the bit.
    @inline(__always)
    func canFold(_ c: Int) -> Bool { unsafe foldMargin[c] >= 0 }

    /// Whether one of the channels is out of range.
    func hasOutOfRange(_ channels: Range<Int>) -> Bool {
        unsafe memchr(isOutOfRange + channels.lowerBound, 1, channels.count) != nil
    }

    // Each loop does one thing, so that the compiler makes vectors of it: for a small tensor of many
    // channels these loops are half of the work.

    @inline(__always)
    private func setInverseDeviations(_ channels: Range<Int>, epsilon: Double) {
        let first = channels.lowerBound
        unsafe FusedEngine.kernels.inverse_roots(
            variance + first, epsilon, inverseDeviation + first, channels.count)
        for c in channels {
            let margin = unsafe 2 - mean[c].magnitude * inverseDeviation[c]
            unsafe foldMargin[c] = variance[c] > 0 ? margin : -1
        }
    }

    /// Sets the second form from the first.
    @inline(__always)
    private func setScaled(_ channels: Range<Int>) {
        for c in channels { unsafe center[c] = Scalar(mean[c]) }
        for c in channels { unsafe scale[c] = Scalar(gamma[c] * inverseDeviation[c]) }
        for c in channels {
            let scale = unsafe gamma[c] * inverseDeviation[c]
            unsafe shift[c] = Scalar(beta[c] - (mean[c] - Double(center[c])) * scale)
        }
        let range = Magnitudes.ofCoefficients(of: Scalar.self)
        var outside: Int32 = 0
        for c in channels {
            let scale = unsafe gamma[c] * inverseDeviation[c]
            outside |= range.outside(scale) | range.outside(unsafe inverseDeviation[c])
            outside |= range.outsideOrZero(unsafe mean[c])
        }
        unsafe (isOutOfRange + channels.lowerBound).update(
            repeating: false, count: channels.count)
        guard outside < 0 else { return }
        for c in channels {
            let scale = unsafe gamma[c] * inverseDeviation[c]
            unsafe isOutOfRange[c] =
                scale == 0 || range.isFiniteOutside(scale)
                || range.isFiniteOutside(inverseDeviation[c]) || range.isFiniteOutside(mean[c])
        }
    }
}

extension AffineParameter {
    @inline(__always)
    fileprivate func write(
        to table: UnsafeMutablePointer<Double>, channels: Int, absent: Double
    ) {
        switch self {
        case .absent: unsafe table.initialize(repeating: absent, count: channels)
        case .shared(let value): unsafe table.initialize(repeating: Double(value), count: channels)
        case .perChannel(let values):
            for c in 0..<channels { unsafe table[c] = Double(values[c]) }
        }
    }
}

/// ∂x = γ · s · (g − A/m − x̂ · B/m), and the same as
/// ∂x = scale · ((g − gradientCenter) − (x − center) · slope) + residue.
@unsafe
struct BackwardMap<Scalar: NormalizationScalar> {
    let forward: ForwardMap<Scalar>

    /// A/m
    var meanGradient: UnsafeMutablePointer<Double> { unsafe forward.double(6) }
    /// B/m
    var meanGradientTimesNormalized: UnsafeMutablePointer<Double> { unsafe forward.double(7) }

    /// A/m, rounded
    var gradientCenter: UnsafeMutablePointer<Scalar> { unsafe forward.scalar(3) }
    /// s · B/m
    var slope: UnsafeMutablePointer<Scalar> { unsafe forward.scalar(4) }
    /// What the rounding of both centers left over
    var residue: UnsafeMutablePointer<Scalar> { unsafe forward.scalar(5) }

    /// Sets some channels from their sums over `count` values each; the forward map is set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setSums(_ sums: UnsafePointer<GradientSums>, _ channels: Range<Int>, count: Int) {
        let m = Double(count)
        let (mean, s, gamma) = unsafe (forward.mean, forward.inverseDeviation, forward.gamma)
        for c in channels { unsafe meanGradient[c] = sums[c].gradient / m }
        for c in channels {
            unsafe meanGradientTimesNormalized[c] = sums[c].gradientTimesNormalized / m
        }
        for c in channels { unsafe gradientCenter[c] = Scalar(meanGradient[c]) }
        for c in channels { unsafe slope[c] = Scalar(s[c] * meanGradientTimesNormalized[c]) }
        let range = Magnitudes.ofCoefficients(of: Scalar.self)
        var outside: Int32 = 0
        for c in channels {
            let slope = unsafe s[c] * meanGradientTimesNormalized[c]
            let scale = unsafe gamma[c] * s[c]
            let dropped =
                unsafe (meanGradient[c] - Double(gradientCenter[c]))
                - (mean[c] - Double(forward.center[c])) * slope
            unsafe residue[c] = Scalar(-scale * dropped)
            outside |= range.outsideOrZero(slope) | range.outsideOrZero(scale * slope)
            outside |= range.outsideOrZero(unsafe meanGradient[c])
        }
        guard outside < 0 else { return }
        for c in channels {
            let slope = unsafe s[c] * meanGradientTimesNormalized[c]
            if unsafe range.isFiniteOutside(slope) || range.isFiniteOutside(meanGradient[c])
                || range.isFiniteOutside(gamma[c] * s[c] * slope)
            {
                unsafe forward.isOutOfRange[c] = true
            }
        }
    }
}

/// The magnitudes between which arithmetic with coefficients neither overflows nor turns subnormal where
/// the exact result does neither: from two to the three quarters of the type's largest exponent to
/// its reciprocal. Told by the upper half of a `Double`, which is ordered as its magnitude is, in
/// operations that every vector unit has.
private struct Magnitudes {
    private let smallest: Int32
    private let largest: Int32

    static func ofCoefficients<Scalar: NormalizationScalar>(of: Scalar.Type) -> Magnitudes {
        Scalar.self == Float.self
            ? Magnitudes(smallest: upperHalf(0x1p-95), largest: upperHalf(0x1p96))
            : Magnitudes(smallest: upperHalf(0x1p-767), largest: upperHalf(0x1p768))
    }

    @inline(__always)
    private static func upperHalf(_ value: Double) -> Int32 {
        Int32(truncatingIfNeeded: value.bitPattern >> 32) & .max
    }

    /// Negative where the value is outside, or not finite.
    @inline(__always)
    func outside(_ value: Double) -> Int32 {
        let magnitude = Self.upperHalf(value)
        return (magnitude &- smallest) | (largest &- 1 &- magnitude)
    }

    /// The same, but for a zero.
    @inline(__always)
    func outsideOrZero(_ value: Double) -> Int32 {
        let magnitude = Self.upperHalf(value)
        // The lower half counts as well: a subnormal number may have nothing in the upper one.
        let lower = Int32(truncatingIfNeeded: value.bitPattern)
        let isNotZero = (0 &- magnitude) | lower | (0 &- lower)
        return ((magnitude &- smallest) & isNotZero) | (largest &- 1 &- magnitude)
    }

    /// Whether the value is outside, finite and not zero.
    @inline(__always)
    func isFiniteOutside(_ value: Double) -> Bool {
        value != 0 && outside(value) < 0 && value.isFinite
    }
}

/// The O(C) numbers of a call, in one allocation each: what the statistics, γ and β amount to per
/// channel.
@unsafe
struct Coefficients<Scalar: NormalizationScalar>: ~Copyable {
    private let doubles: UnsafeMutablePointer<Double>
    private let scalars: UnsafeMutablePointer<Scalar>
    private let flags: UnsafeMutablePointer<Bool>
    private let channels: Int

    init(channels: Int) {
        unsafe self.channels = channels
        unsafe doubles = .allocate(capacity: 6 * channels)
        unsafe scalars = .allocate(capacity: 6 * channels)
        unsafe flags = .allocate(capacity: 2 * channels)
    }

    deinit {
        unsafe doubles.deallocate()
        unsafe scalars.deallocate()
        unsafe flags.deallocate()
    }

    var forward: ForwardMap<Scalar> {
        unsafe ForwardMap(
            mean: doubles, inverseDeviation: doubles + channels, gamma: doubles + 2 * channels,
            beta: doubles + 3 * channels, center: scalars, scale: scalars + channels,
            shift: scalars + 2 * channels, canFold: flags,
            isOutOfRange: flags + channels)
    }

    var backward: BackwardMap<Scalar> {
        unsafe BackwardMap(
            forward: forward, meanGradient: doubles + 4 * channels,
            meanGradientTimesNormalized: doubles + 5 * channels,
            gradientCenter: scalars + 3 * channels, slope: scalars + 4 * channels,
            residue: scalars + 5 * channels)
    }
}

/// y = γ · (x − mean) · inverseDeviation + β, and the same as y = (x − center) · scale + shift.
///
/// The first form is in `Double`, for the reference engine; the second in the element type, for the
/// fast ones. The center is subtracted first, never folded in, and what rounding took from the mean
/// goes into the shift, so that nothing is lost where the mean is large against the deviation.
@unsafe
struct ForwardMap<Scalar: NormalizationScalar> {
    /// μ
    let mean: UnsafeMutablePointer<Double>
    /// s = 1/√(σ² + ε)
    let inverseDeviation: UnsafeMutablePointer<Double>
    let gamma: UnsafeMutablePointer<Double>
    let beta: UnsafeMutablePointer<Double>

    /// μ, rounded
    let center: UnsafeMutablePointer<Scalar>
    /// γ · s
    let scale: UnsafeMutablePointer<Scalar>
    /// β − (μ − center) · γ · s
    let shift: UnsafeMutablePointer<Scalar>
    /// Whether `x · scale + (shift − center · scale)` is as accurate: |μ| is of the order of σ, and σ
    /// is not zero, since a constant channel must cancel to the bit.
    let canFold: UnsafeMutablePointer<Bool>
    /// Whether the second form would overflow or lose digits in this channel, or, its scale being
    /// zero, a NaN: BLAS's axpy by zero does not look at x.
    let isOutOfRange: UnsafeMutablePointer<Bool>

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
        for c in channels {
            let channel = unsafe moments[c]
            let variance = channel.deviations / Double(channel.count)
            unsafe set(c, mean: channel.mean, variance: variance, epsilon: epsilon)
            // What the mean lost when its parts were added, in both forms.
            let residue = unsafe channel.meanResidue * gamma[c] * inverseDeviation[c]
            unsafe beta[c] -= residue
            unsafe shift[c] = Scalar(Double(shift[c]) - residue)
        }
    }

    /// Sets the statistics of every channel: running ones, or those of a batch computed before.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setStatistics(mean: [Double], variance: [Double], epsilon: Double) {
        for c in mean.indices {
            unsafe set(c, mean: mean[c], variance: variance[c], epsilon: epsilon)
        }
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
            // y spreads around β by about γ.
            unsafe set(
                c, mean: beta, inverseDeviation: (variance[c] + epsilon).squareRoot(),
                canFold: abs(beta) <= 2 * abs(gamma))
        }
    }

    @inline(__always)
    private func set(_ c: Int, mean: Double, variance: Double, epsilon: Double) {
        let inverseDeviation = 1 / (variance + epsilon).squareRoot()
        unsafe set(
            c, mean: mean, inverseDeviation: inverseDeviation,
            canFold: variance > 0 && abs(mean) * inverseDeviation <= 2)
    }

    @inline(__always)
    private func set(_ c: Int, mean: Double, inverseDeviation: Double, canFold: Bool) {
        unsafe self.mean[c] = mean
        unsafe self.inverseDeviation[c] = inverseDeviation
        let center = Scalar(mean)
        let scale = unsafe gamma[c] * inverseDeviation
        unsafe self.center[c] = center
        unsafe self.scale[c] = Scalar(scale)
        unsafe shift[c] = Scalar(beta[c] - (mean - Double(center)) * scale)
        unsafe self.canFold[c] = canFold
        unsafe isOutOfRange[c] =
            scale == 0 || Scalar.isOutOfRange(inverseDeviation) || Scalar.isOutOfRange(scale)
            || Scalar.isOutOfRange(mean)
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
    let meanGradient: UnsafeMutablePointer<Double>
    /// B/m
    let meanGradientTimesNormalized: UnsafeMutablePointer<Double>

    /// A/m, rounded
    let gradientCenter: UnsafeMutablePointer<Scalar>
    /// s · B/m
    let slope: UnsafeMutablePointer<Scalar>
    /// What the rounding of both centers left over
    let residue: UnsafeMutablePointer<Scalar>

    /// Sets some channels from their sums over `count` values each; the forward map is set.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func setSums(_ sums: UnsafePointer<GradientSums>, _ channels: Range<Int>, count: Int) {
        for c in channels {
            unsafe set(
                c, meanGradient: sums[c].gradient / Double(count),
                meanGradientTimesNormalized: sums[c].gradientTimesNormalized / Double(count))
        }
    }

    @inline(__always)
    private func set(_ c: Int, meanGradient: Double, meanGradientTimesNormalized: Double) {
        unsafe self.meanGradient[c] = meanGradient
        unsafe self.meanGradientTimesNormalized[c] = meanGradientTimesNormalized
        let gradientCenter = Scalar(meanGradient)
        let (mean, s) = unsafe (forward.mean[c], forward.inverseDeviation[c])
        let slope = s * meanGradientTimesNormalized
        unsafe self.gradientCenter[c] = gradientCenter
        unsafe self.slope[c] = Scalar(slope)
        let dropped =
            unsafe (meanGradient - Double(gradientCenter))
            - (mean - Double(forward.center[c])) * slope
        unsafe residue[c] = Scalar(-(forward.gamma[c] * s) * dropped)
        if unsafe Scalar.isOutOfRange(slope) || Scalar.isOutOfRange(meanGradient)
            || Scalar.isOutOfRange(forward.gamma[c] * s * slope)
        {
            unsafe forward.isOutOfRange[c] = true
        }
    }
}

extension NormalizationScalar {
    /// Whether a coefficient is so large or small that arithmetic in this type could overflow or turn
    /// subnormal where the exact result is neither. Zero and what is not finite are not.
    @inline(__always)
    fileprivate static func isOutOfRange(_ value: Double) -> Bool {
        // Two to the three quarters of the largest exponent, and its reciprocal.
        let largest = Self.self == Float.self ? 0x1p96 : 0x1p768
        let smallest = Self.self == Float.self ? 0x1p-95 : 0x1p-767
        let magnitude = value.magnitude
        return (magnitude >= largest && magnitude < .infinity)
            || (magnitude < smallest && magnitude > 0)
    }
}

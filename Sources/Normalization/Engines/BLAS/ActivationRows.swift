/// f and dz = g · f′ over rows of z in L1, in the element type: a loop for each activation, without a
/// branch on a value or on what is to be done, so that the compiler makes vector code of it.
///
/// No output overlaps z or `work`; `dz` may be g.
enum ActivationRows {
    /// y = f(z); `work` has room for n elements.
    @inline(__always)
    static func activate<Scalar: NormalizationScalar>(
        _ z: UnsafePointer<Scalar>, _ n: Int, _ activation: Activation,
        into y: UnsafeMutablePointer<Scalar>, work: UnsafeMutablePointer<Scalar>
    ) {
        switch activation {
        case .identity:
            unsafe y.update(from: z, count: n)
        case .relu:
            for i in 0..<n { unsafe y[i] = z[i] < 0 ? 0 : z[i] }
        case .relu6:
            for i in 0..<n {
                let positive = unsafe z[i] < 0 ? 0 : z[i]
                unsafe y[i] = positive > 6 ? 6 : positive
            }
        case .leakyReLU(let negativeSlope):
            let slope = Scalar(negativeSlope)
            for i in 0..<n { unsafe y[i] = z[i] < 0 ? z[i] * slope : z[i] }
        case .silu:
            unsafe Scalar.exponentials(ofNegated: z, n, into: work)
            let (tail, end) = (Scalar.siluTail, Scalar.siluEnd)
            let rescaling = Scalar.siluRescaling
            for i in 0..<n {
                // Below the tail, work is eᶻ⁺⁶⁴, and the value z · eᶻ.
                let beyond = unsafe z[i] < end ? 0 : z[i] * work[i] * rescaling
                unsafe y[i] = z[i] < tail ? beyond : z[i] / (1 + work[i])
            }
        case .hardSwish:
            for i in 0..<n {
                let raised = unsafe z[i] + 3
                let positive = raised < 0 ? 0 : raised
                let value = unsafe z[i] * ((positive > 6 ? 6 : positive) * (1 / 6))
                unsafe y[i] = z[i] < -3 ? -0.0 : value
            }
        }
    }

    /// dz = g · f′(z); `work` has room for n elements.
    @inline(__always)
    static func activationBackward<Scalar: NormalizationScalar>(
        _ z: UnsafePointer<Scalar>, _ g: UnsafePointer<Scalar>, _ n: Int,
        _ activation: Activation, into dz: UnsafeMutablePointer<Scalar>,
        work: UnsafeMutablePointer<Scalar>
    ) {
        switch activation {
        case .identity:
            if unsafe g != UnsafePointer(dz) { unsafe dz.update(from: g, count: n) }
        case .relu:
            for i in 0..<n { unsafe dz[i] = z[i] > 0 ? g[i] : 0 }
        case .relu6:
            for i in 0..<n {
                let below6 = unsafe z[i] < 6 ? g[i] : 0
                unsafe dz[i] = z[i] > 0 ? below6 : 0
            }
        case .leakyReLU(let negativeSlope):
            let slope = Scalar(negativeSlope)
            for i in 0..<n { unsafe dz[i] = z[i] > 0 ? g[i] : g[i] * slope }
        case .silu:
            unsafe Scalar.exponentials(ofNegated: z, n, into: work)
            let (tail, end) = (Scalar.siluTail, Scalar.siluEnd)
            let rescaling = Scalar.siluRescaling
            for i in 0..<n {
                let sigmoid = unsafe 1 / (1 + work[i])
                let inner = unsafe sigmoid * (1 + z[i] * (1 - sigmoid))
                let beyond = unsafe z[i] < end ? 0 : (1 + z[i]) * work[i] * rescaling
                let below = unsafe z[i] < tail ? beyond : inner
                unsafe dz[i] = g[i] * (z[i] > -tail ? 1 : below)
            }
        case .hardSwish:
            for i in 0..<n {
                let inner = unsafe g[i] * (z[i] * (1 / 3) + 0.5)
                let above = unsafe z[i] > 3 ? g[i] : inner
                unsafe dz[i] = z[i] < -3 ? 0 : above
            }
        }
    }
}

extension NormalizationScalar {
    /// Below this z, e⁻ᶻ leaves the element type, and SiLU is z · eᶻ = z · eᶻ⁺⁶⁴ · e⁻⁶⁴.
    fileprivate static var siluTail: Self { Self.self == Float.self ? -80 : -701 }
    /// Below this one it is zero.
    fileprivate static var siluEnd: Self { Self.self == Float.self ? -147 : -768 }
    /// e⁻⁶⁴
    fileprivate static var siluRescaling: Self { Self(1.603_810_890_548_638e-28) }

    /// e⁻ᶻ of a row, or eᶻ⁺⁶⁴ where z is below ``siluTail``, within two units in the last place; beyond the
    /// range of the element type, about its ends. By Cody and Waite's reduction to |r| ≤ ln 2 / 2 and a Taylor polynomial in r whose
    /// remainder is below half a unit, as in activations.h.
    @inline(__always)
    fileprivate static func exponentials(
        ofNegated z: UnsafePointer<Self>, _ n: Int, into result: UnsafeMutablePointer<Self>
    ) {
        if Self.self == Float.self {
            let (z, result): (UnsafePointer<Float>, UnsafeMutablePointer<Float>) = unsafe (
                cast(z), cast(result)
            )
            let tail = Float.siluTail
            for i in 0..<n {
                unsafe result[i] = ActivationRows.exponential(z[i] < tail ? z[i] + 64 : -z[i])
            }
        } else {
            let (z, result): (UnsafePointer<Double>, UnsafeMutablePointer<Double>) = unsafe (
                cast(z), cast(result)
            )
            let tail = Double.siluTail
            for i in 0..<n {
                unsafe result[i] = ActivationRows.exponential(z[i] < tail ? z[i] + 64 : -z[i])
            }
        }
    }
}

extension ActivationRows {
    /// eᵛ
    @inline(__always)
    static func exponential(_ value: Float) -> Float {
        let below = value > 87 ? 87 : value
        let v = below < -87 ? -87 : below
        // The nearest integer stands in the lowest bits of the sum.
        let shifted = v * 1.442_695_040_888_963_4 + 12_582_912
        let n = shifted - 12_582_912
        let r = (v - n * 0.693_359_375) - n * -2.121_944_400_546_905_83e-4
        var sum: Float = 1
        sum = sum * (r * (1 / 7)) + 1
        sum = sum * (r * (1 / 6)) + 1
        sum = sum * (r * (1 / 5)) + 1
        sum = sum * (r * (1 / 4)) + 1
        sum = sum * (r * (1 / 3)) + 1
        sum = sum * (r * (1 / 2)) + 1
        sum = sum * r + 1
        return sum * Float(bitPattern: shifted.bitPattern << 23 &+ 127 << 23)
    }

    /// eᵛ
    @inline(__always)
    static func exponential(_ value: Double) -> Double {
        let below = value > 708 ? 708 : value
        let v = below < -708 ? -708 : below
        let shifted = v * 1.442_695_040_888_963_4 + 6_755_399_441_055_744
        let n = shifted - 6_755_399_441_055_744
        let r = (v - n * 6.931_471_803_691_238_164_90e-01) - n * 1.908_214_929_270_587_700_02e-10
        var sum = 1.0
        sum = sum * (r * (1 / 13)) + 1
        sum = sum * (r * (1 / 12)) + 1
        sum = sum * (r * (1 / 11)) + 1
        sum = sum * (r * (1 / 10)) + 1
        sum = sum * (r * (1 / 9)) + 1
        sum = sum * (r * (1 / 8)) + 1
        sum = sum * (r * (1 / 7)) + 1
        sum = sum * (r * (1 / 6)) + 1
        sum = sum * (r * (1 / 5)) + 1
        sum = sum * (r * (1 / 4)) + 1
        sum = sum * (r * (1 / 3)) + 1
        sum = sum * (r * (1 / 2)) + 1
        sum = sum * r + 1
        return sum * Double(bitPattern: shifted.bitPattern << 52 &+ 1023 << 52)
    }
}

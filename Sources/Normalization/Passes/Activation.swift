#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What follows batch normalization in the same walk over memory: y = f(z), with z the normalized
/// value, plus a residual where one is given.
///
/// | case | f(z) |
/// | --- | --- |
/// | `identity` | z |
/// | `relu` | max(z, 0) |
/// | `relu6` | min(max(z, 0), 6) |
/// | `leakyReLU` | z where z > 0, else negativeSlope · z |
/// | `silu` | z / (1 + e⁻ᶻ) |
/// | `hardSwish` | z · min(max(z + 3, 0), 6) / 6 |
///
/// A NaN stays one. At the corners the derivative is the one from the left, as PyTorch has it.
public enum Activation: Sendable, Equatable {
    /// Nothing: for a residual alone.
    case identity
    /// max(z, 0)
    case relu
    /// min(max(z, 0), 6)
    case relu6
    /// z where z > 0, else negativeSlope · z
    case leakyReLU(negativeSlope: Double = 0.01)
    /// z / (1 + e⁻ᶻ), also called swish.
    case silu
    /// z · min(max(z + 3, 0), 6) / 6
    case hardSwish
}

extension Activation {
    /// f(z) in `Double`: what the other forms are judged by.
    func callAsFunction(_ z: Double) -> Double {
        switch self {
        case .identity: z
        case .relu: z < 0 ? 0 : z
        case .relu6: z < 0 ? 0 : z > 6 ? 6 : z
        case .leakyReLU(let negativeSlope): z < 0 ? negativeSlope * z : z
        case .silu: siluValue(z)
        case .hardSwish: z < -3 ? 0 : z > 3 ? z : z * (z + 3) / 6
        }
    }

    /// g · f′(z) in `Double`. Where a corner cuts g off the result is zero, whatever g is.
    func backward(_ g: Double, at z: Double) -> Double {
        switch self {
        case .identity: return g
        case .relu, .relu6, .leakyReLU: return derivativeIsOne(at: z) ? g : backwardElsewhere(g)
        case .silu: return g * siluDerivative(z)
        case .hardSwish: return z < -3 ? 0 : z > 3 ? g : g * (z / 3 + 0.5)
        }
    }

    /// Whether f′(z) is 1, of the activations that have a mask: what it keeps.
    @inline(__always)
    func derivativeIsOne<Scalar: NormalizationScalar>(at z: Scalar) -> Bool {
        switch self {
        case .relu6: z > 0 && z < 6
        case .relu, .leakyReLU: z > 0
        default: true
        }
    }

    /// g · f′ where f′ is the other of its two numbers, for the activations that have a mask.
    @inline(__always)
    func backwardElsewhere<Scalar: NormalizationScalar>(_ g: Scalar) -> Scalar {
        if case .leakyReLU(let negativeSlope) = self { g * Scalar(negativeSlope) } else { 0 }
    }
}

/// Below this e⁻ᶻ overflows, and above its negative z · (1 − sigmoid) is 0 · ∞ in the end: the tails of SiLU
/// are formulas of their own.
private let siluTail = -700.0

/// z / (1 + e⁻ᶻ), with its limits at both ends of the line.
private func siluValue(_ z: Double) -> Double {
    // z · eᶻ in two steps, so that nothing underflows where the product does not.
    z < siluTail ? (z < -800 ? 0 : z * exp(z + 64) * exp(-64)) : z / (1 + exp(-z))
}

/// The derivative of SiLU, with its limits at both ends of the line.
private func siluDerivative(_ z: Double) -> Double {
    if z < siluTail { return z < -800 ? 0 : (1 + z) * exp(z + 64) * exp(-64) }
    if z > -siluTail { return 1 }
    let sigmoid = 1 / (1 + exp(-z))
    return sigmoid * (1 + z * (1 - sigmoid))
}

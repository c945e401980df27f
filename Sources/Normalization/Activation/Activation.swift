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
/// | `leakyReLU` | z where z > 0, else slope · z |
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
    /// z where z > 0, else slope · z
    case leakyReLU(slope: Double = 0.01)
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
        case .leakyReLU(let slope): z < 0 ? slope * z : z
        case .silu: z / (1 + exp(-z))
        case .hardSwish: z < -3 ? 0 : z > 3 ? z : z * (z + 3) / 6
        }
    }

    /// f′(z) in `Double`.
    func derivative(_ z: Double) -> Double {
        switch self {
        case .identity: return 1
        case .relu: return z > 0 ? 1 : 0
        case .relu6: return z > 0 && z < 6 ? 1 : 0
        case .leakyReLU(let slope): return z > 0 ? 1 : slope
        case .silu:
            let sigmoid = 1 / (1 + exp(-z))
            return sigmoid * (1 + z * (1 - sigmoid))
        case .hardSwish: return z < -3 ? 0 : z > 3 ? 1 : z / 3 + 0.5
        }
    }
}

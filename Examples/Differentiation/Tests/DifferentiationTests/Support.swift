import Differentiation
import Normalization

/// Random tensors that a seed repeats.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    init(seed: Int) { state = UInt64(seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func numbers<Scalar: NormalizationScalar>(_ count: Int) -> [Scalar] {
        (0..<count).map { _ in Scalar(Double.random(in: -2...2, using: &self)) }
    }

    mutating func tensor<Scalar: NormalizationScalar>(_ shape: [Int]) -> Tensor<Scalar> {
        Tensor(numbers(shape.reduce(1, *)), shape: shape)
    }

    /// γ or β: absent, shared or per channel.
    mutating func parameter<Scalar: NormalizationScalar>(
        _ form: Int, channels: Int
    ) -> AffineParameter<Scalar> {
        switch form {
        case 0: .absent
        case 1: .shared(Scalar(Double.random(in: 0.5...2, using: &self)))
        default: .perChannel(numbers(channels))
        }
    }
}

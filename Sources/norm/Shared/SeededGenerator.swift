import Foundation
import Normalization

/// Random numbers that are the same in every run: SplitMix64 (Steele, Lea and Flood, "Fast
/// Splittable Pseudorandom Number Generators", 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// Numbers of the standard normal distribution, two at a time (Box and Muller, 1958).
    mutating func normal<Scalar: NormalizationScalar>(count: Int) -> [Scalar] {
        var values: [Scalar] = []
        values.reserveCapacity(count)
        while values.count < count {
            // From 2⁻⁵³ to 1, so that the logarithm is finite.
            let radius = (-2 * log(Double((next() >> 11) + 1) * 0x1p-53)).squareRoot()
            let angle = 2 * Double.pi * Double(next() >> 11) * 0x1p-53
            values.append(Scalar(radius * cos(angle)))
            if values.count < count { values.append(Scalar(radius * sin(angle))) }
        }
        return values
    }
}

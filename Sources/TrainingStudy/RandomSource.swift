import Foundation

/// Seeded random numbers (SplitMix64): the same seed gives the same numbers on every machine.
///
/// - References: G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number generators",
///   OOPSLA 2014.
package struct RandomSource: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A source with this seed.
    package init(seed: Int) {
        state = UInt64(bitPattern: Int64(seed)) &* 0xd134_2543_de82_ef95 &+ 0x2545_f491_4f6c_dd1d
    }

    /// The next 64 random bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }

    /// A number from the uniform distribution on 0..<1.
    package mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number from the normal distribution of mean 0 and variance 1 (Box and Muller's method).
    package mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    /// The numbers `0..<count` in random order (Fisher and Yates's method).
    package mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, Int(next() % UInt64(last + 1)))
        }
        return order
    }
}

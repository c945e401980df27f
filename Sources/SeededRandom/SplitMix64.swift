/// Random numbers that are the same for the same seed on every machine.
///
/// The one generator of the package: the command line, the study and the tests all draw from it.
/// It is no product, so packages that stand outside (Benchmarks, Examples) cannot see it and carry
/// the few lines they need.
///
/// - References: G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number generators",
///   OOPSLA 2014.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    @usableFromInline
    var state: UInt64

    /// A generator that starts at `seed` itself.
    @inlinable
    package init(seed: UInt64) { state = seed }

    /// A generator whose start is far from that of the seeds beside it.
    package init(mixing seed: Int) {
        state = UInt64(bitPattern: Int64(seed)) &* 0xd134_2543_de82_ef95 &+ 0x2545_f491_4f6c_dd1d
    }

    /// The next 64 random bits.
    @inlinable
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}

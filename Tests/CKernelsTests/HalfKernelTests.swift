import CKernels
import SeededRandom
import Testing

/// Conversions between 16 bits and float, of every instruction set that this processor has.
@Suite struct HalfKernelTests {
    /// The passes of each instruction set for Float16 (2) or BFloat16 (3).
    private func passes(brain: Bool) -> [(String, ckernels_passes)] {
        (0..<ckernels_count()).map {
            let kernels = ckernels_at($0).pointee
            let table = brain ? kernels.passes.3! : kernels.passes.2!
            return (String(cString: kernels.name), table.pointee)
        }
    }

    /// What 16 bits mean: a NaN is widened to a quiet one where an instruction does so.
    private func widened(_ bits: UInt16, brain: Bool) -> UInt32 {
        if brain { return UInt32(bits) << 16 }
        let size = UInt32(bits & 0x7FFF)
        let sign = UInt32(bits & 0x8000) << 16
        if size > 0x7C00 { return sign | 0x7FC0_0000 | size << 13 }
        return Float(Float16(bitPattern: bits)).bitPattern
    }

    private func rounded(_ value: Float, brain: Bool) -> UInt16 {
        let bits = value.bitPattern
        if value.isNaN {
            if brain { return UInt16(bits >> 16) | 0x40 }
            return UInt16(bits >> 16) & 0x8000 | 0x7E00 | UInt16(bits >> 13 & 0x3FF)
        }
        guard brain else { return Float16(value).bitPattern }
        return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
    }

    @Test(arguments: [false, true])
    func everyPatternIsWidenedAndRoundedBack(brain: Bool) {
        let patterns = Array(UInt16.min...UInt16.max)
        for (name, passes) in passes(brain: brain) {
            var floats = [Float](repeating: 0, count: patterns.count)
            passes.widen(patterns, patterns.count, &floats)
            let expected = patterns.map { widened($0, brain: brain) }
            #expect(floats.map(\.bitPattern) == expected, "\(name)")
            var back = [UInt16](repeating: 0, count: patterns.count)
            passes.narrow(floats, floats.count, &back)
            #expect(back == floats.map { rounded($0, brain: brain) }, "\(name)")
        }
    }

    /// Midpoints between neighbours and what lies beside them, infinities, NaN, subnormal numbers and random
    /// bits.
    @Test(arguments: [false, true])
    func everyHardNumberIsRoundedToNearest(brain: Bool) throws {
        var generator = SplitMix64(seed: 4)
        var bits: [UInt32] = [0x7F80_0000, 0x7F80_0001, 0x7FFF_FFFF, 0x7FC0_1234, 1, 0x80_0000]
        for upper in UInt32(0)..<0x8000 {
            let middle: UInt32 =
                brain
                ? upper << 16 | 0x8000
                : (Float(bitPattern: widened(UInt16(upper), brain: false))
                    + Float(bitPattern: widened(UInt16(upper) &+ 1, brain: false))).bitPattern
                    &- 0x80_0000
            bits += [middle, middle &+ 1, middle &- 1]
        }
        bits += (0..<20_000).map { _ in UInt32(truncatingIfNeeded: generator.next()) }
        let floats = (bits + bits.map { $0 ^ 0x8000_0000 }).map { Float(bitPattern: $0) }
        let expected = floats.map { rounded($0, brain: brain) }
        for (name, passes) in passes(brain: brain) {
            var found = [UInt16](repeating: 0, count: floats.count)
            passes.narrow(floats, floats.count, &found)
            let place = floats.indices.first { found[$0] != expected[$0] }
            try #require(place == nil, "\(name) \(place.map { floats[$0].bitPattern } ?? 0)")
        }
    }

    /// Runs of any length, off the boundary of an element too; nothing behind them is written.
    @Test(arguments: [false, true])
    func runsOfAnyLength(brain: Bool) throws {
        let source = (0..<70).map { UInt16(0x3C00 + 3 * $0) }
        for (name, passes) in passes(brain: brain) {
            for count in 0...65 {
                var floats = [Float](repeating: -7, count: 70)
                passes.widen(source, count, &floats)
                let wide = source.prefix(count).map {
                    Float(bitPattern: widened($0, brain: brain))
                }
                try #require(
                    floats == wide + [Float](repeating: -7, count: 70 - count), "\(name) \(count)")
                var bytes = [UInt8](repeating: 0xEE, count: 151)
                bytes.withUnsafeMutableBytes { passes.narrow(wide, count, $0.baseAddress! + 1) }
                let back = (0..<count).map {
                    UInt16(bytes[1 + 2 * $0]) | UInt16(bytes[2 + 2 * $0]) << 8
                }
                try #require(back == Array(source.prefix(count)), "\(name) \(count)")
                try #require(
                    bytes[0] == 0xEE && bytes[(1 + 2 * count)...].allSatisfy { $0 == 0xEE })
            }
        }
    }
}

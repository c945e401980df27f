import Normalization
import SeededRandom
import Testing

/// Conversions of single numbers.
@Suite struct HalfBitsTests {
    static let patterns = UInt16.min...UInt16.max

    @Test func everyPatternSurvivesWideningAndRounding() {
        for bits in Self.patterns {
            let (half, brain) = (Float16(bitPattern: bits), BFloat16(bitPattern: bits))
            let (widened, wide) = (half.widened, brain.widened)
            // A NaN is widened to a quiet one with its payload, as the processors do.
            let quiet = half.isNaN ? bits | 0x200 : bits
            #expect(half.isNaN ? widened.isNaN : widened == Float(half))
            #expect(Float16(widened).bitPattern == quiet)
            #expect(wide.bitPattern == UInt32(bits) << 16)
            #expect(BFloat16(wide).bitPattern == (brain.isNaN ? bits | 0x40 : bits))
        }
    }

    /// Against Swift's own rounding, and by what is nearest.
    @Test func roundingIsToNearestTiesToEven() {
        for value in HalfNumbers.hardFloats {
            let brain = BFloat16(value)
            guard value.isFinite else {
                #expect(value.isNaN ? brain.isNaN : Float(brain) == value)
                continue
            }
            let below = BFloat16(bitPattern: UInt16(value.bitPattern >> 16))
            let above = BFloat16(bitPattern: below.bitPattern + 1)
            let (low, high) = (Double(below).magnitude, Double(above).magnitude)
            let middle = low + (high.isFinite ? high - low : 0x1p120) / 2
            let size = Double(value).magnitude
            let goesUp = size > middle || (size == middle && below.bitPattern & 1 == 1)
            #expect(brain.bitPattern == (goesUp ? above : below).bitPattern, "\(value)")
        }
    }

    @Test func aNaNStaysOne() {
        for bits: UInt32 in [0x7F80_0001, 0x7FFF_FFFF, 0xFF80_0001, 0xFFFF_FFFF, 0x7FC0_0000] {
            let value = Float(bitPattern: bits)
            #expect(BFloat16(value).bitPattern == UInt16(bits >> 16) | 0x40)
            let expected = UInt16(bits >> 16) & 0x8000 | 0x7E00 | UInt16(bits >> 13 & 0x3FF)
            #expect(Float16(value).bitPattern == expected)
        }
    }

    @Test func doublesAreRoundedOnce() {
        // Nearest as a Float is a tie, which would go to even; the number lies above it.
        #expect(BFloat16(1 + 0x1p-8 + 0x1p-40).bitPattern == BFloat16(1 + 0x1p-7).bitPattern)
        #expect(BFloat16(1 + 0x1p-8).bitPattern == BFloat16(1).bitPattern)
        #expect(BFloat16(-1 - 0x1p-8 - 0x1p-40).bitPattern == BFloat16(-1 - 0x1p-7).bitPattern)
        #expect(BFloat16(1 + 0x1p-7 + 0x1p-8 - 0x1p-40).bitPattern == 0x3F81)
        #expect(BFloat16(1e300).widened == .infinity && BFloat16(Double.nan).isNaN)
        #expect(BFloat16(1e-300).bitPattern == 0 && BFloat16(-1e-300).bitPattern == 0x8000)
    }

    @Test func comparisonAndDescriptionAreThoseOfFloat() {
        let (one, nan): (BFloat16, BFloat16) = (1, BFloat16(Float.nan))
        #expect(one < 1.5 && one != nan && nan != nan)
        #expect(BFloat16(bitPattern: 0) == BFloat16(bitPattern: 0x8000))
        #expect(Set([BFloat16(bitPattern: 0), BFloat16(bitPattern: 0x8000)]).count == 1)
        #expect("\(one)" == "1.0" && Double(one) == 1 && MemoryLayout<BFloat16>.stride == 2)
        #expect(BFloat16.format.size == 2 && Float16.format.size == 2)
    }
}

/// Numbers that are hard to round.
enum HalfNumbers {
    /// Midpoints between neighbours of both types, their neighbours, and random bits.
    static let hardFloats: [Float] = {
        var generator = SplitMix64(seed: 17)
        var values: [Float] = [0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, .nan]
        for bits in stride(from: UInt32(0), to: 0x8000, by: 7) {
            let (brain, half) = (bits << 16 | 0x8000, Float16(bitPattern: UInt16(bits)))
            let next = Float16(bitPattern: UInt16(bits + 1))
            for offset: UInt32 in [0, 1, .max] { values.append(Float(bitPattern: brain &+ offset)) }
            guard half.isFinite, next.isFinite else { continue }
            let middle = (Float(half) + Float(next)) / 2
            values += [middle, middle.nextUp, middle.nextDown]
        }
        values += [65_504, 65_519.996, 65_520, 65_536, 0x1p-24, 0x1p-25, 0x1.8p-25, 0x1p-26]
        values += (0..<5000).map { _ in
            Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
        }
        return values + values.map { -$0 }
    }()
}

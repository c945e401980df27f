/// A number of 16 bits that tensors may be made of: `Float16` or ``BFloat16``. Layers of `Float` take spans
/// of them.
///
/// A type of one's own that lies in memory as one of the two does may conform too.
public protocol HalfPrecision: NormalizationElement where Arithmetic == Float {
    /// The 16 bits.
    var bitPattern: UInt16 { get }
    /// The number of these bits.
    init(bitPattern: UInt16)
    /// The nearest number, ties to even; infinite beyond the largest one; a NaN where `value` is one.
    init(_ value: Float)
}

extension HalfPrecision {
    /// The same number as a `Float`, which holds all of them.
    public var widened: Float { HalfBits.widened(bitPattern, Self.format) }
}

#if !(os(macOS) && arch(x86_64))
    extension Float16: HalfPrecision {
        /// `Float`.
        public typealias Arithmetic = Float
        /// ``ElementFormat/float16``.
        public static var format: ElementFormat { .float16 }
    }
#endif

/// Between 16 bits and `Float`, in integers: the bits that the processors' instructions give.
enum HalfBits {
    @inline(__always)
    static func widened(_ bits: UInt16, _ format: ElementFormat) -> Float {
        format == .bfloat16 ? Float(bitPattern: UInt32(bits) << 16) : float(ofFloat16: bits)
    }

    /// To nearest, ties to even. A NaN stays one, with the upper bits of its payload: rounding could carry
    /// it into an infinity or zero.
    @inline(__always)
    static func bfloat16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let upper = bits >> 16
        if bits & 0x7FFF_FFFF > 0x7F80_0000 { return UInt16(truncatingIfNeeded: upper | 0x40) }
        return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (upper & 1)) >> 16)
    }

    /// A NaN becomes a quiet one with the same payload.
    @inline(__always)
    private static func float(ofFloat16 bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let size = UInt32(bits & 0x7FFF)
        if size >= 0x7C00 {
            let quiet: UInt32 = size > 0x7C00 ? 0x40_0000 : 0
            return Float(bitPattern: sign | 0x7F80_0000 | size << 13 | quiet)
        }
        if size >= 0x400 { return Float(bitPattern: sign | (size << 13 &+ 112 << 23)) }
        // In units of the smallest subnormal number.
        return Float(bitPattern: sign | (Float(size) * 0x1p-24).bitPattern)
    }
}

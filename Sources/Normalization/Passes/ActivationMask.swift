import Synchronization

extension Activation {
    /// Whether f′ is one of two numbers, 1 and another, so that a mask of bits can say which: `relu`,
    /// `relu6` and `leakyReLU`.
    public var hasMask: Bool {
        switch self {
        case .relu, .relu6, .leakyReLU: true
        case .identity, .silu, .hardSwish: false
        }
    }
}

extension Geometry {
    /// The bytes of an activation's mask for this tensor: one bit an element, the last byte filled up
    /// with zeros.
    ///
    /// Bit i % 8 of byte i / 8 stands for element i of the tensor, in row-major order, and is 1 where
    /// f′ is 1: for `relu` and `leakyReLU` where z > 0, for `relu6` where 0 < z < 6. It is what numpy
    /// calls `packbits(z > 0, bitorder="little")`.
    public var maskByteCount: Int { count / 8 + (count % 8 == 0 ? 0 : 1) }
}

/// The bits of a run of elements on their way into a mask that was zero before.
///
/// Bytes at the ends of a run hold bits of the neighbours' too, which other threads may be writing.
@unsafe
struct MaskWriter {
    private let mask: UnsafeMutablePointer<UInt8>
    private let first: Int
    private var position: Int
    private var byte: UInt8 = 0

    /// A writer of bits from `first` on.
    init(_ mask: UnsafeMutablePointer<UInt8>, from first: Int) {
        unsafe self.mask = mask
        unsafe self.first = first
        unsafe position = first
    }

    @inline(__always)
    mutating func append(_ bit: Bool) {
        if bit { unsafe byte |= 1 << UInt8(truncatingIfNeeded: position & 7) }
        unsafe position += 1
        if unsafe position & 7 == 0 { unsafe flush(position / 8 - 1) }
    }

    /// Writes what waits for a whole byte.
    mutating func finish() {
        if unsafe position & 7 != 0 { unsafe flush(position / 8) }
    }

    private mutating func flush(_ index: Int) {
        if unsafe index * 8 >= first && position & 7 == 0 {
            unsafe mask[index] = byte
        } else {
            let shared = unsafe UnsafeMutableRawPointer(mask + index).assumingMemoryBound(
                to: Atomic<UInt8>.self)
            unsafe shared.pointee.bitwiseOr(byte, ordering: .relaxed)
        }
        unsafe byte = 0
    }
}

/// A block of a tensor, and the same block where its values lie close together in memory of their own, so
/// that what engines tell by strides stays as it was: whether planes touch, whether rows do, and whether
/// rows are 2 KiB or a multiple apart. So they cut and add as they would in the tensor.
struct CompactBlock {
    private let original: Block
    let block: Block
    /// The elements that the memory has.
    let count: Int

    /// Between rows or planes that do not touch, and what their distances are multiples of: whole bytes of
    /// a mask, and cache lines of `Float`.
    private static let gap = 16
    /// 2 KiB of `Float`.
    private static let conflict = 512

    init(_ original: Block) {
        self.original = original
        var block = original
        block.offset = 0
        block.isNonTemporal = false
        if original.laneStride != original.inner {
            block.laneStride = (original.inner + Self.gap).roundedUp(toMultipleOf: Self.gap)
        }
        let row = (original.lanes - 1) * block.laneStride + original.inner
        if original.outerStride != original.lanes * original.inner {
            let least = (row + Self.gap).roundedUp(toMultipleOf: Self.gap)
            if original.outerStride % Self.conflict == 0 {
                block.outerStride = least.roundedUp(toMultipleOf: Self.conflict)
            } else {
                block.outerStride = least % Self.conflict == 0 ? least + Self.gap : least
            }
        }
        self.block = block
        count = ((original.outer - 1) * block.outerStride + row).roundedUp(toMultipleOf: Self.gap)
    }

    /// Calls `body` with each run of memory: where it begins in the tensor and in the memory of its own, and
    /// its length.
    @inline(__always)
    func forEachRun(_ body: (_ from: Int, _ to: Int, _ count: Int) -> Void) {
        let row = original.lanes * original.inner
        if original.isContiguousInSamples {
            if original.outerStride == row { return body(original.offset, 0, original.outer * row) }
            for outer in 0..<original.outer {
                body(original.plane(outer, 0), block.plane(outer, 0), row)
            }
        } else {
            for outer in 0..<original.outer {
                for lane in 0..<original.lanes {
                    body(original.plane(outer, lane), block.plane(outer, lane), original.inner)
                }
            }
        }
    }

    /// The block's values of a tensor as numbers.
    func widen<Scalar>(
        _ tensor: TensorPointer<Scalar>, into memory: UnsafeMutablePointer<Scalar>
    ) {
        forEachRun { from, to, count in
            unsafe ChosenKernels.widen(tensor + from, count, into: memory + to)
        }
    }

    /// Numbers as the block's values of a tensor.
    func narrow<Scalar>(
        _ memory: UnsafePointer<Scalar>, into tensor: MutableTensorPointer<Scalar>
    ) {
        forEachRun { from, to, count in
            unsafe ChosenKernels.narrow(memory + to, count, into: tensor + from)
        }
    }
}

extension CompactBlock {
    /// The bytes of a mask of the memory.
    var maskByteCount: Int { count / 8 + 1 }

    /// The block's bits of a tensor's mask, as those of a mask of its own. Runs begin with a byte.
    func copyMask(_ mask: UnsafePointer<UInt8>, into own: UnsafeMutablePointer<UInt8>) {
        forEachRun { from, to, count in
            let (bytes, shift) = unsafe (mask + from >> 3, UInt16(truncatingIfNeeded: from & 7))
            for first in stride(from: 0, to: count, by: 8) {
                let byte = first >> 3
                var bits = unsafe UInt16(bytes[byte]) >> shift
                // No byte is read that holds none of the bits.
                if Int(shift) + min(8, count - first) > 8 {
                    bits |= unsafe UInt16(bytes[byte + 1]) << (8 - shift)
                }
                unsafe own[to >> 3 + byte] = UInt8(truncatingIfNeeded: bits)
            }
        }
    }

    /// Sets the bits of the tensor's mask, which are zero, that are set in a mask of the block's own.
    func writeMask(_ own: UnsafePointer<UInt8>, into mask: UnsafeMutablePointer<UInt8>) {
        forEachRun { from, to, count in
            var bits = unsafe MaskWriter(mask, from: from)
            for i in to..<to + count {
                unsafe bits.append(own[i >> 3] >> UInt8(truncatingIfNeeded: i & 7) & 1 == 1)
            }
            unsafe bits.finish()
        }
    }
}

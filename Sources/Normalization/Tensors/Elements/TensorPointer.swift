// Where tensors lie: addresses of elements in the format of the call's tensors. `Scalar` is what is
// computed with; elements are of that type, or of 16 bits.

/// Where an element of a tensor lies that is read.
@unsafe
struct TensorPointer<Scalar: NormalizationScalar>: @unsafe Equatable {
    let address: UnsafeRawPointer
    let format: ElementFormat

    init(_ pointer: UnsafePointer<Scalar>) {
        unsafe address = UnsafeRawPointer(pointer)
        unsafe format = Scalar.format
    }

    init(_ address: UnsafeRawPointer, _ format: ElementFormat) {
        unsafe self.address = address
        unsafe self.format = format
    }

    /// The elements, which are those of the arithmetic.
    @inline(__always)
    var scalars: UnsafePointer<Scalar> {
        assert(unsafe !format.isHalf)
        return unsafe address.assumingMemoryBound(to: Scalar.self)
    }

    @inline(__always)
    static func + (pointer: TensorPointer, count: Int) -> TensorPointer {
        unsafe TensorPointer(pointer.address + count * pointer.format.size, pointer.format)
    }

    /// An element as a number of the arithmetic.
    @inline(__always)
    subscript(index: Int) -> Scalar {
        guard unsafe format.isHalf else { return unsafe scalars[index] }
        let bits = unsafe (address + 2 * index).loadUnaligned(as: UInt16.self)
        return unsafe Scalar(Double(HalfBits.widened(bits, format)))
    }

    static func == (a: TensorPointer, b: TensorPointer) -> Bool { unsafe a.address == b.address }
}

/// Where an element of a tensor lies that is written.
@unsafe
struct MutableTensorPointer<Scalar: NormalizationScalar> {
    let address: UnsafeMutableRawPointer
    let format: ElementFormat

    init(_ pointer: UnsafeMutablePointer<Scalar>) {
        unsafe address = UnsafeMutableRawPointer(pointer)
        unsafe format = Scalar.format
    }

    init(_ address: UnsafeMutableRawPointer, _ format: ElementFormat) {
        unsafe self.address = address
        unsafe self.format = format
    }

    /// The same place, to read from.
    @inline(__always)
    var reading: TensorPointer<Scalar> { unsafe TensorPointer(UnsafeRawPointer(address), format) }

    /// The elements, which are those of the arithmetic.
    @inline(__always)
    var scalars: UnsafeMutablePointer<Scalar> {
        assert(unsafe !format.isHalf)
        return unsafe address.assumingMemoryBound(to: Scalar.self)
    }

    @inline(__always)
    static func + (pointer: MutableTensorPointer, count: Int) -> MutableTensorPointer {
        unsafe MutableTensorPointer(pointer.address + count * pointer.format.size, pointer.format)
    }

    /// Makes some elements zero, which is no bit set in every format.
    func clear(_ count: Int) {
        unsafe address.initializeMemory(
            as: UInt8.self, repeating: 0, count: count * format.size)
    }
}

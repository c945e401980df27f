/// How the elements of a `.npy` file lie in it, beside their type and shape.
struct NpyLayout: Equatable, Sendable {
    /// Whether the most significant byte of each element comes first.
    var isBigEndian = false

    /// Whether the first dimension is the fastest.
    var isFortranOrder = false

    /// The byte of the file at which the elements begin.
    var dataOffset = 0

    /// Reads the elements of an array of this layout in C order, as little-endian ones.
    ///
    /// Fortran order takes the memory of the elements twice while it is undone.
    func elements<Element: NpyElement>(
        shape: [Int], count: Int, of source: some ByteSource
    ) throws(FileError) -> [Element] {
        var values: [Element]
        if Element.self == Bool.self {
            // A Swift truth value has two bit patterns, a byte of the file any.
            let bytes = try source.elements(UInt8.self, count: count, at: dataOffset)
            values = bytes.map { $0 != 0 } as? [Element] ?? []
        } else {
            values = try source.elements(Element.self, count: count, at: dataOffset)
        }
        if isBigEndian { reverseBytes(&values) }
        if !isFortranOrder { return values }
        let bytes = count * MemoryLayout<Element>.stride
        guard canAllocate(bytes: bytes) else { throw .outOfMemory(file: source.name, bytes: bytes) }
        return inCOrder(values, shape)
    }
}

/// Reverses the bytes of each element.
private func reverseBytes<Element: BitwiseCopyable>(_ values: inout [Element]) {
    func reverse<Bits: FixedWidthInteger & BitwiseCopyable>(as _: Bits.Type) {
        unsafe values.withUnsafeMutableBytes { bytes in
            unsafe bytes.withMemoryRebound(to: Bits.self) { elements in
                for index in elements.indices {
                    unsafe elements[index] = elements[index].byteSwapped
                }
            }
        }
    }
    switch MemoryLayout<Element>.size {
    case 2: reverse(as: UInt16.self)
    case 4: reverse(as: UInt32.self)
    case 8: reverse(as: UInt64.self)
    default: break
    }
}

/// Elements in Fortran order, the first dimension fastest, in C order, the last one fastest.
///
/// Walks squares of the first dimension and the last, so that neither side of the copy leaves the
/// caches at each element.
private func inCOrder<Element>(_ values: [Element], _ shape: [Int]) -> [Element] {
    guard let first = shape.first, let last = shape.last, shape.count > 1, !values.isEmpty else {
        return values
    }
    let middle = Array(shape.dropFirst().dropLast())
    let planes = middle.reduce(1, *)
    let side = 32
    return unsafe [Element](unsafeUninitializedCapacity: values.count) { target, count in
        unsafe values.withUnsafeBufferPointer { values in
            for plane in 0..<planes {
                // The indices of the middle dimensions, as C order counts them, and as Fortran's.
                var (rest, place) = (plane, 0)
                var step = first * planes
                for dimension in middle.reversed() {
                    step /= dimension
                    place += rest % dimension * step
                    rest /= dimension
                }
                for top in stride(from: 0, to: first, by: side) {
                    for left in stride(from: 0, to: last, by: side) {
                        for i in top..<min(first, top + side) {
                            for j in left..<min(last, left + side) {
                                unsafe target.initializeElement(
                                    at: (i * planes + plane) * last + j,
                                    to: values[i + place + j * first * planes])
                            }
                        }
                    }
                }
            }
        }
        count = values.count
    }
}

/// An array of zeros. Specialized: the standard library's generic fill makes a call for each element.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func zeros<Scalar: NormalizationScalar>(_ count: Int) -> [Scalar] {
    [Scalar](repeating: 0, count: count)
}

/// An array of what `value` gives for each index. Unlike `map`, a loop the compiler can make vectors of.
@inline(__always)
func doubles(_ count: Int, _ value: (Int) -> Double) -> [Double] {
    // An empty array is shared by all the process: its initializer would write to it.
    if count == 0 { return [] }
    return unsafe [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
        for index in 0..<count { unsafe buffer.initializeElement(at: index, to: value(index)) }
        initialized = count
    }
}

/// Each value in the element type.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func rounded<Scalar: NormalizationScalar>(_ values: [Double]) -> [Scalar] {
    if values.isEmpty { return [] }
    return unsafe [Scalar](unsafeUninitializedCapacity: values.count) { buffer, initialized in
        for index in values.indices {
            unsafe buffer.initializeElement(at: index, to: Scalar(values[index]))
        }
        initialized = values.count
    }
}

extension [Double] {
    /// The index of the first NaN or infinity. Told by the exponents' bits, in operations of which the
    /// compiler makes vectors.
    var firstNonFinite: Int? {
        let values = span
        var signs: UInt64 = 0
        for index in values.indices {
            signs |= (values[index].bitPattern & 0x7FF0 << 48) &+ 0x0010 << 48
        }
        guard signs >> 63 != 0 else { return nil }
        return firstIndex { !$0.isFinite }
    }

    /// The first index whose value is not positive when a number is added, a NaN being none.
    func firstNotPositive(plus added: Double) -> Int? {
        let values = span
        var failures: UInt64 = 0
        for index in values.indices { failures |= values[index] + added > 0 ? 0 : 1 }
        return failures == 0 ? nil : firstIndex { !($0 + added > 0) }
    }
}

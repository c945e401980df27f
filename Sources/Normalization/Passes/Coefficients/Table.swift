/// One number a lane, in memory that someone else owns and keeps for as long as the table is used.
@safe
struct Table<Element: BitwiseCopyable> {
    private let base: UnsafeMutablePointer<Element>
    private let count: Int

    @inline(__always)
    init(_ base: UnsafeMutablePointer<Element>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    @inline(__always)
    subscript(lane: Int) -> Element {
        get {
            assert(lane >= 0 && lane < count)
            return unsafe base[lane]
        }
        nonmutating set {
            assert(lane >= 0 && lane < count)
            unsafe base[lane] = newValue
        }
    }

    /// The number of a lane and those behind it, for the kernels and for BLAS.
    @inline(__always)
    func pointer(at lane: Int) -> UnsafeMutablePointer<Element> {
        assert(lane >= 0 && lane <= count)
        return unsafe base + lane
    }

    /// Gives some lanes one number.
    func fill(_ lanes: Range<Int>, with value: Element) {
        unsafe pointer(at: lanes.lowerBound).update(repeating: value, count: lanes.count)
    }

    /// Gives some lanes the numbers of an array: lane l that of index l − offset.
    func copy(_ lanes: Range<Int>, of values: [Element], offset: Int = 0) {
        let first = lanes.lowerBound - offset
        precondition(first >= 0 && first + lanes.count <= values.count)
        unsafe values.withUnsafeBufferPointer { values in
            guard let values = values.baseAddress else { return }
            unsafe pointer(at: lanes.lowerBound).update(from: values + first, count: lanes.count)
        }
    }
}

/// A vector of any length as consecutive blocks that 32-bit counts can express.
struct Blocks: Sequence, IteratorProtocol {
    private let total: Int
    private let longest: Int
    private var start = 0

    /// Cuts `total` elements into blocks of at most `longest`.
    init(of total: Int, atMost longest: Int, _ routine: StaticString) {
        guard total >= 0 else { fatalError("\(routine): n must be at least 0, not \(total)") }
        self.total = total
        self.longest = longest
    }

    mutating func next() -> Block? {
        guard start < total else { return nil }
        defer { start += longest }
        return Block(start: start, count: Swift.min(longest, total - start), total: total)
    }
}

/// One block of a vector.
struct Block {
    /// The index of its first element in the vector.
    let start: Int
    /// Its length, at most Int32.max.
    let count: Int
    /// The length of the vector.
    let total: Int

    /// The length as OpenBLAS takes it.
    var n: Int32 { Int32(count) }

    /// Where the block begins, in elements from the vector's pointer. BLAS reads a vector with a
    /// negative increment from its far end, so there the block's place is counted from that end.
    func offset(_ increment: Int32) -> Int {
        increment >= 0
            ? start * Int(increment) : (total - start - count) * -Int(increment)
    }
}

import Synchronization

/// Memory that calls borrow and give back, so that a call on a small tensor neither asks the system
/// for memory nor touches new pages. A few megabytes are kept.
///
/// Nobody waits here: where another thread is just looking, the system is asked after all.
enum ScratchMemory {
    private static let alignment = 64
    /// The least that a block has, and what all that are kept have at most.
    private static let (smallest, kept) = (16 << 10, 4 << 20)

    private struct Block {
        var address: UInt
        var bytes: Int
    }
    /// Set by who looks at the list. No lock: a child of a fork while it is set asks the system from then on.
    private static let isTaken = Atomic(false)
    private nonisolated(unsafe) static var free: [Block] = []

    private static func withFree<Result>(_ body: (inout [Block]) -> Result) -> Result? {
        guard
            isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
        else { return nil }
        defer { isTaken.store(false, ordering: .releasing) }
        return unsafe body(&free)
    }

    /// Memory of at least `bytes`, and how much it is.
    static func borrow(bytes: Int) -> UnsafeMutableRawBufferPointer {
        let found = withFree { free -> Block? in
            var best: Int?
            for (index, block) in free.enumerated() where block.bytes >= bytes {
                if best == nil || block.bytes < free[best!].bytes { best = index }
            }
            return best.map { free.remove(at: $0) }
        }
        if case .some(.some(let block)) = found {
            return unsafe UnsafeMutableRawBufferPointer(
                start: UnsafeMutableRawPointer(bitPattern: block.address), count: block.bytes)
        }
        return .allocate(
            byteCount: max(smallest, bytes.roundedUp(toMultipleOf: smallest)),
            alignment: alignment)
    }

    static func giveBack(_ memory: UnsafeMutableRawBufferPointer) {
        let block = Block(
            address: UInt(bitPattern: memory.baseAddress), bytes: memory.count)
        let isKept = withFree { free in
            let total = free.reduce(0) { $0 + $1.bytes }
            guard total + block.bytes <= kept else { return false }
            free.append(block)
            return true
        }
        if isKept != true { unsafe memory.deallocate() }
    }
}

import Synchronization

/// Spreading blocks over the cores. Which block is whose never changes a result: every block writes
/// its own memory, and what is merged is merged in the order of the blocks.
enum Workers {
    /// Calls `body` on at most `limit` threads at once, each time with a function that hands out
    /// the indices of `0..<count`, each of them once, and with scratch memory of its own of
    /// `scratchCount` elements.
    ///
    /// The calling thread is one of the workers.
    static func run<Scalar: NormalizationScalar>(
        _ count: Int, limit: Int, scratchCount: Int,
        _ body: (_ next: () -> Int?, UnsafeMutablePointer<Scalar>) -> Void
    ) {
        let workers = max(1, min(limit, count))
        let taken = Atomic(0)
        WorkerPool.shared.run(helpers: workers - 1) {
            let memory = unsafe ScratchMemory.borrow(
                bytes: scratchCount * MemoryLayout<Scalar>.stride)
            defer { unsafe ScratchMemory.giveBack(memory) }
            unsafe body(
                {
                    let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
                    return index < count ? index : nil
                }, memory.baseAddress!.assumingMemoryBound(to: Scalar.self))
        }
    }
}

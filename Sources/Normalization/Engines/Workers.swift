import Dispatch
import Synchronization

/// Spreading blocks over the cores. Which block is whose never changes a result: every block writes
/// its own numbers, and what is merged is merged in the order of the blocks.
enum Workers {
    /// Calls `body` once for each index in `0..<count`, on at most `limit` threads, each with scratch
    /// memory of its own.
    static func run<Scalar: NormalizationScalar>(
        _ count: Int, limit: Int, scratchCount: Int,
        _ body: (Int, UnsafeMutablePointer<Scalar>) -> Void
    ) {
        let workers = min(count, limit)
        guard workers > 1 else {
            guard count > 0 else { return }
            unsafe withScratch(scratchCount) { scratch in
                for index in 0..<count { unsafe body(index, scratch) }
            }
            return
        }
        let next = Atomic(0)
        unsafe withoutActuallyEscaping(body) { body in
            // Bodies write disjoint memory: the blocks' own, which the compiler cannot see.
            nonisolated(unsafe) let body = unsafe body
            DispatchQueue.concurrentPerform(iterations: workers) { _ in
                unsafe withScratch(scratchCount) { scratch in
                    while true {
                        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                        guard index < count else { return }
                        unsafe body(index, scratch)
                    }
                }
            }
        }
    }

    private static func withScratch<Scalar>(
        _ count: Int, _ body: (UnsafeMutablePointer<Scalar>) -> Void
    ) {
        // Aligned to a cache line, which vector loads and stores like best.
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: max(1, count) * MemoryLayout<Scalar>.stride, alignment: 64)
        defer { unsafe raw.deallocate() }
        unsafe body(raw.bindMemory(to: Scalar.self, capacity: max(1, count)))
    }
}

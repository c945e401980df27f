import Dispatch
import Synchronization

/// Spreading blocks over the cores. Which block is whose never changes a result: every block writes
/// its own memory, and what is merged is merged in the order of the blocks.
enum Workers {
    /// Set by calls that waited long for a helper.
    private static let backoff = Backoff()

    /// How many threads a call uses that reads so many bytes.
    ///
    /// - Up to 256 KiB: one.
    /// - With a limit of the caller's: as many as that.
    /// - Else: one for each 512 KiB begun, at most one a processor, and one alone for a while after
    ///   a helper came late, unless there is work for milliseconds.
    static func count(forBytes bytes: Int, limit: Int?) -> Int {
        guard bytes > CacheSizes.serial else { return 1 }
        if let limit { return limit }
        let useful = bytes.dividedRoundingUp(by: CacheSizes.perThread)
        guard useful > 1 else { return 1 }
        let isShort = bytes <= CacheSizes.evenOnABusyMachine
        if isShort && backoff.isPausing(at: DispatchTime.now().uptimeNanoseconds) { return 1 }
        return min(useful, Processors.count)
    }

    /// Calls `body` on at most `limit` threads at once, each time with a function that hands out
    /// the indices of `0..<count`, each of them once, and with scratch memory of its own of
    /// `scratchCount` elements.
    ///
    /// The calling thread is one of the workers.
    static func run<Element: BitwiseCopyable>(
        _ count: Int, limit: Int, scratchCount: Int,
        _ body: (_ next: () -> Int?, UnsafeMutablePointer<Element>) -> Void
    ) {
        let workers = max(1, min(limit, count))
        let taken = Atomic(0)
        let times = WorkerPool.shared.run(helpers: workers - 1) {
            let memory = unsafe ScratchMemory.borrow(
                bytes: scratchCount * MemoryLayout<Element>.stride)
            defer { unsafe ScratchMemory.giveBack(memory) }
            unsafe body(
                {
                    let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
                    return index < count ? index : nil
                }, memory.baseAddress!.assumingMemoryBound(to: Element.self))
            NonTemporal.finish()
        }
        if let times {
            backoff.record(working: times.working, waiting: times.waiting, at: times.end)
        }
    }
}

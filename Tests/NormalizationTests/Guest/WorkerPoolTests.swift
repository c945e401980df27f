import CHostProcess
import Dispatch
import Foundation
import Synchronization
import Testing

@testable import Normalization

@Suite("Worker pool")
struct WorkerPoolTests {
    /// Runs on every thread of a pool at once: each waits for the others before it calls `body`.
    private func together(_ pool: WorkerPool, helpers: Int, _ body: () -> Void) -> Int {
        let arrived = Atomic(0)
        let end = DispatchTime.now() + .seconds(60)
        _ = pool.run(helpers: helpers) {
            arrived.add(1, ordering: .relaxed)
            while arrived.load(ordering: .relaxed) <= helpers && DispatchTime.now() < end {
                usleep(100)
            }
            body()
        }
        return arrived.load(ordering: .relaxed)
    }

    @Test("helpers compute with each caller's arithmetic in turn")
    func helpersTakeTheCallersArithmetic() {
        let pool = WorkerPool(helpers: 3)
        for arithmetic in [host_usual, host_flushing, host_upward, host_usual, host_downward] {
            let seen = Gathered<Int32>()
            host_set_arithmetic(arithmetic)
            let count = together(pool, helpers: 3) {
                seen.add(host_arithmetic_now())
            }
            host_set_arithmetic(host_usual)
            #expect(count == 4)
            #expect(seen.values == [Int32](repeating: Int32(arithmetic.rawValue), count: 4))
        }
    }

    @Test("helpers run where their caller may, and off its processor if there is another")
    func helpersKeepOffTheCaller() {
        let pool = WorkerPool(helpers: 2)
        let all = host_affinity()
        defer { _ = host_set_affinity(all) }
        for processor in 0..<64 where all >> processor & 1 == 1 {
            let own = UInt64(1) << processor
            _ = host_set_affinity(own)
            _ = host_set_affinity(all)
            let seen = Gathered<UInt64>()
            let count = together(pool, helpers: 2) {
                seen.add(host_affinity())
            }
            #expect(count == 3)
            #expect(seen.values.contains(all))
            let others = seen.values.filter { $0 != all }
            // The caller may have left the processor before it asked for help.
            #expect(all.nonzeroBitCount == 1 || others.count == 2)
            #expect(others.allSatisfy { ($0 & all).nonzeroBitCount == all.nonzeroBitCount - 1 })
        }
    }

    @Test("everything that began has ended when a call returns, for many callers at once")
    func nothingRunsOn() {
        let pool = WorkerPool(helpers: 3)
        let begun = Atomic(0)
        let late = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 6) { _ in
            for _ in 0..<300 {
                let running = Atomic(0)
                pool.run(helpers: 2) {
                    running.add(1, ordering: .relaxed)
                    begun.add(1, ordering: .relaxed)
                    running.subtract(1, ordering: .relaxed)
                }
                if running.load(ordering: .relaxed) != 0 { late.add(1, ordering: .relaxed) }
            }
        }
        let counts = (begun: begun.load(ordering: .relaxed), late: late.load(ordering: .relaxed))
        #expect(counts.begun >= 6 * 300)
        #expect(counts.late == 0)
    }

    @Test("a process has one pool, whoever asks first")
    func onePool() {
        let first = WorkerPool.shared
        let isSame = Atomic(true)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            if WorkerPool.shared !== first { isSame.store(false, ordering: .relaxed) }
        }
        let result = isSame.load(ordering: .relaxed)
        #expect(result)
    }
}

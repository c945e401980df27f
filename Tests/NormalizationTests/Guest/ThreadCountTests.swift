import CHostProcess
import Testing

@testable import Normalization

@Suite("Number of threads")
struct ThreadCountTests {
    @Test("a small call has one thread, whatever the limit")
    func smallCallsHaveOneThread() {
        for bytes in [0, 1, 4096, 256 << 10] {
            for limit in [nil, 1, 2, 64] {
                #expect(Workers.count(forBytes: bytes, limit: limit) == 1)
            }
        }
    }

    @Test("a limit of the caller's is taken at its word")
    func limitIsTaken() {
        for limit in [1, 2, 3, 64] {
            #expect(Workers.count(forBytes: 256 << 10 + 1, limit: limit) == limit)
            #expect(Workers.count(forBytes: 1 << 30, limit: limit) == limit)
        }
    }

    @Test("without a limit there is a thread for each 512 KiB, and at most one a processor")
    func threadsGrowWithTheWork() {
        #expect(Workers.count(forBytes: 512 << 10, limit: nil) == 1)
        for bytes in [513 << 10, 1 << 20, 3 << 20, 16 << 20] {
            let count = Workers.count(forBytes: bytes, limit: nil)
            #expect((1...max(1, min(Processors.count, (bytes + 524_287) >> 19))).contains(count))
        }
        #expect(Workers.count(forBytes: 1 << 40, limit: nil) == Processors.count)
    }

    @Test("processors are counted afresh for the calling thread")
    func processorsAreTheThreads() {
        let all = host_affinity()
        guard all != 0 else { return }
        defer { _ = host_set_affinity(all) }
        #expect(Processors.count <= all.nonzeroBitCount)
        _ = host_set_affinity(all & (~all + 1))
        #expect(Processors.count == 1)
    }

    // MARK: Backoff

    private static let millisecond: UInt64 = 1_000_000

    @Test("waiting for a block no longer than one's own, or for a moment, is no reason to pause")
    func shortWaitsAreUsual() {
        let backoff = Backoff()
        backoff.record(working: 100, waiting: 500_000, at: 1_000_000_000)
        backoff.record(working: 4_000_000, waiting: 8_000_000, at: 1_000_000_000)
        let isPausing = backoff.isPausing(at: 1_000_000_001)
        #expect(!isPausing)
    }

    @Test("each late helper doubles the pause up to a second; a quiet time begins anew")
    func pausesDouble() {
        let backoff = Backoff()
        var now: UInt64 = 5_000_000_000
        var pauses: [UInt64] = []
        func pause() -> UInt64 {
            backoff.record(working: 20_000, waiting: 8 * Self.millisecond, at: now)
            let start = now
            while backoff.isPausing(at: now) { now += Self.millisecond }
            return (now - start) / Self.millisecond
        }
        for _ in 0..<9 { pauses.append(pause()) }
        #expect(pauses == [16, 32, 64, 128, 256, 512, 1000, 1000, 1000])
        now += 8001 * Self.millisecond
        #expect(pause() == 16)
    }

    @Test("what happens in a pause does not make it longer")
    func pauseEnds() {
        let backoff = Backoff()
        for moment in 0..<16 {
            backoff.record(
                working: 0, waiting: 4 * Self.millisecond,
                at: 1_000_000_000 + UInt64(moment) * Self.millisecond)
        }
        let isPausing = (
            atItsEnd: backoff.isPausing(at: 1_015_999_999),
            after: backoff.isPausing(at: 1_016_000_000)
        )
        #expect(isPausing == (true, false))
    }
}

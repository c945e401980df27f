import CHostProcess
import Foundation
import Normalization
import Testing

/// Signals are the host's.
@Suite("Signals", .enabled(if: host_affinity() != 0))
struct SignalTests {
    /// The signals that a helper blocks, once it runs: a thread begins with all of them blocked.
    private static func mask(of helper: String) -> UInt64 {
        var mask: UInt64 = .max
        for _ in 0..<6000 {
            mask = HostThreads.mask("SigBlk", of: helper) ?? 0
            if mask >> (SIGSEGV - 1) & 1 == 0 { break }
            usleep(10_000)
        }
        return mask
    }

    @Test("helpers block every signal but those of a fault, which the host hears of as before")
    func helpersBlockSignals() async {
        await #expect(processExitsWith: .success) {
            let call = GuestCall<Double>()
            let (own, thread) = (HostThreads.all, "\(getpid())")
            let before = HostThreads.mask("SigBlk", of: thread)
            let helpers = try HostThreads.started { _ = try call.answer(threads: 4) }
            #expect(own.contains(thread) && before != nil)
            #expect(HostThreads.mask("SigBlk", of: thread) == before)
            #expect(helpers.count >= 3)
            let faults = [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS]
            let takenByNobodyElse = [SIGKILL, SIGSTOP]
            // 32 and 33 are the C library's own.
            for helper in helpers {
                let mask = SignalTests.mask(of: helper)
                for signal in 1...64 where ![32, 33].contains(signal) {
                    let isBlocked = !(faults + takenByNobodyElse).contains(Int32(signal))
                    #expect((mask >> (signal - 1) & 1 == 1) == isBlocked, "signal \(signal)")
                }
            }
        }
    }
}

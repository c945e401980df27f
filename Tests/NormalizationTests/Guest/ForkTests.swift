import CHostProcess
import Foundation
import Normalization
import Testing

/// Hosts that fork: helpers belong to the process that started them.
///
/// Children are made in processes of their own, in which no other test runs.
@Suite("Forks", .enabled(if: host_affinity() != 0))
struct ForkTests {
    private static let call = GuestCall<Float>()
    private nonisolated(unsafe) static var expected = Data()

    /// What can be wrong with a call.
    private enum Wrong: Int32 {
        case threw = 1
        case bits, affinity, noHelpers, noThread
    }

    /// Calls on each processor in turn, free to leave it; 0 where all is right.
    private static let callOnEachProcessor: @convention(c) (Int32) -> Int32 = { threads in
        let all = host_affinity()
        for processor in 0..<64 where all >> processor & 1 == 1 {
            _ = host_set_affinity(1 << processor)
            _ = host_set_affinity(all)
            guard let answer = try? call.answer(threads: Int(threads)) else {
                return Wrong.threw.rawValue
            }
            if answer != expected { return Wrong.bits.rawValue }
            if host_affinity() != all { return Wrong.affinity.rawValue }
        }
        return 0
    }

    /// The same in a child: on its own thread, on one that it makes, and with helpers of its own.
    private static let beChild: @convention(c) (Int32) -> Int32 = { threads in
        let result = callOnEachProcessor(threads)
        if result != 0 { return result }
        let onThread = host_run_on_new_thread(callOnEachProcessor, threads)
        if onThread != 0 { return onThread < 0 ? Wrong.noThread.rawValue : 64 + onThread }
        return HostThreads.all.count > 1 ? 0 : Wrong.noHelpers.rawValue
    }

    @Test("a child computes the same bits, with its own helpers, and stays where it was")
    func childHasItsOwnHelpers() async {
        await #expect(processExitsWith: .success) {
            ForkTests.expected = try ForkTests.call.answer(threads: 1)
            for threads: Int32 in [2, 8] {
                #expect(ForkTests.callOnEachProcessor(threads) == 0)
                for child in 0..<4 {
                    let result = host_fork(ForkTests.beChild, threads, 120)
                    #expect(result == 0, "child \(child) with \(threads) threads")
                }
            }
        }
    }

    @Test("a child of a child does, too")
    func grandchildHasItsOwnHelpers() async {
        await #expect(processExitsWith: .success) {
            ForkTests.expected = try ForkTests.call.answer(threads: 4)
            let result = host_fork(
                { threads in
                    let own = ForkTests.beChild(threads)
                    return own == 0 ? Int32(host_fork(ForkTests.beChild, threads, 60)) : own
                }, 4, 120)
            #expect(result == 0)
        }
    }

    @Test("a fork while another thread is in a call leaves the child nothing to wait for")
    func childDoesNotWaitForTheParentsJobs() async {
        await #expect(processExitsWith: .success) {
            ForkTests.expected = try ForkTests.call.answer(threads: 1)
            Thread.detachNewThread {
                while true { _ = try? ForkTests.call.answer(threads: 4) }
            }
            for child in 0..<12 {
                usleep(UInt32(child) * 300)
                let result = host_fork(ForkTests.beChild, 4, 120)
                #expect(result == 0, "child \(child)")
            }
        }
    }
}

import CHostProcess
import Foundation
import Normalization
import Testing

/// Hosts that confine threads to processors: each call goes by its own caller.
@Suite("Affinity", .enabled(if: host_affinity().nonzeroBitCount > 1))
struct AffinityTests {
    private static let call = GuestCall<Double>()

    /// A thread that calls, confined to the last processor.
    private static let callOnLast: @convention(c) (Int32) -> Int32 = { threads in
        callOn(UInt64(1) << (63 - host_affinity().leadingZeroBitCount), threads)
    }
    /// A thread that calls, confined to the first processor.
    private static let callOnFirst: @convention(c) (Int32) -> Int32 = { threads in
        callOn(host_affinity() & (~host_affinity() + 1), threads)
    }

    private static func callOn(_ processor: UInt64, _ threads: Int32) -> Int32 {
        guard host_set_affinity(processor) == 0 else { return 1 }
        guard (try? call.answer(threads: threads == 0 ? nil : Int(threads))) != nil else {
            return 2
        }
        return host_affinity() == processor ? 0 : 3
    }

    @Test("a call changes the affinity of no thread of the host")
    func hostsAffinityStays() async {
        await #expect(processExitsWith: .success) {
            let all = host_affinity()
            let before = HostThreads.all.map { ($0, HostThreads.mask("Cpus_allowed", of: $0)) }
            for _ in 0..<8 { _ = try AffinityTests.call.answer(threads: 3) }
            #expect(host_affinity() == all)
            for (thread, mask) in before where HostThreads.all.contains(thread) {
                #expect(HostThreads.mask("Cpus_allowed", of: thread) == mask)
            }
        }
    }

    @Test("helpers run where the caller of today may, not where one of yesterday might")
    func confinedCallerConfinesNoLaterCall() async {
        await #expect(processExitsWith: .success) {
            let all = host_affinity()
            func masks(_ helpers: Set<String>) -> Set<UInt64> {
                Set(helpers.map { HostThreads.mask("Cpus_allowed", of: $0) ?? 0 })
            }
            let helpers = HostThreads.started {
                #expect(host_run_on_new_thread(AffinityTests.callOnLast, 3) == 0)
            }
            #expect(helpers.count >= 2)
            #expect(masks(helpers) == [1 << (63 - all.leadingZeroBitCount)])
            #expect(host_run_on_new_thread(AffinityTests.callOnFirst, 3) == 0)
            #expect(masks(helpers) == [all & (~all + 1)])
            // From everywhere: all processors but the caller's, wherever that is.
            _ = try AffinityTests.call.answer(threads: 3)
            for mask in masks(helpers) {
                #expect((mask & all).nonzeroBitCount == all.nonzeroBitCount - 1)
            }
        }
    }

    @Test("the number of threads is the caller's of today, whoever called first")
    func firstCallerDoesNotDecideForEver() async {
        await #expect(processExitsWith: .success) {
            let confined = HostThreads.started {
                #expect(host_run_on_new_thread(AffinityTests.callOnLast, 0) == 0)
            }
            #expect(confined.isEmpty)
            let x = [Float](repeating: 1, count: 8 << 20)
            let free = try HostThreads.started {
                _ = try BatchStatistics(
                    of: x.span, geometry: Geometry([64, 8, x.count / 512]))
            }
            #expect(!free.isEmpty)
        }
    }
}

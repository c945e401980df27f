internal import CProcessors
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The work that the helpers of one call share.
final class Job: @unchecked Sendable {
    /// Set until the call returns, and called only by helpers that it waits for.
    private var body: (() -> Void)?
    let caller = CallerSettings.current
    let unfinished = Atomic(0)

    init(_ body: @escaping () -> Void) { self.body = body }

    // Not inlined, so that no reference to the body outlives the call.
    @inline(never)
    func run() { caller.withFloatingPoint { body?() } }

    func wait() {
        var turns = 0
        while unfinished.load(ordering: .acquiring) > 0 {
            turns += 1
            switch turns {
            case ..<64: cprocessors_pause()
            case ..<16384: sched_yield()
            // A helper below the caller's priority never runs while its caller only yields.
            default: usleep(50)
            }
        }
        body = nil
    }
}

/// One thread, which is started by its first job and never ends.
final class Helper: @unchecked Sendable {
    /// How long a helper stays awake without work, in nanoseconds.
    private static let patience: UInt64 = 2_000_000
    /// The same where its last job was taken back: others want its processor.
    private static let patienceAfterComingLate: UInt64 = 200_000
    /// Polls between two calls of `sched_yield`.
    private static let polls = 64

    /// A ticket for each job, so that one caller never takes another's for its own, and a phase.
    private let state = Atomic(Phase.unstarted.rawValue)
    private let bell = DispatchSemaphore(value: 0)
    /// These belong to who claims the place, and the job to the helper while it runs.
    private var job: Job?
    private var thread: HelperThread?

    private enum Phase: Int {
        case unstarted, asleep, waiting, claimed, posted, running

        static let bits = 3
        init(of state: Int) { self = Phase(rawValue: state & (1 << Phase.bits - 1)) ?? .claimed }
        func of(_ ticket: Int) -> Int { ticket << Phase.bits | rawValue }
    }

    static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    /// Hands a job over, unless the helper has one; returns the job's ticket.
    func post(_ job: Job) -> Int? {
        let old = state.load(ordering: .relaxed)
        let phase = Phase(of: old)
        guard phase == .unstarted || phase == .asleep || phase == .waiting else { return nil }
        let ticket = old >> Phase.bits &+ 1
        guard exchange(old, for: Phase.claimed.of(ticket)) else { return nil }
        if phase == .unstarted {
            thread = HelperThread { self.serve() }
            guard thread != nil else {
                state.store(Phase.unstarted.of(ticket), ordering: .releasing)
                return nil
            }
        }
        thread?.place(for: job.caller)
        self.job = job
        job.unfinished.add(1, ordering: .relaxed)
        state.store(Phase.posted.of(ticket), ordering: .releasing)
        if phase == .asleep { bell.signal() }
        return ticket
    }

    /// Takes a job back that the helper has not begun.
    func takeBack(_ job: Job, _ ticket: Int) {
        if exchange(Phase.posted.of(ticket), for: Phase.waiting.of(ticket)) {
            job.unfinished.subtract(1, ordering: .relaxed)
        }
    }

    /// What the thread does: looks for a job, runs it, sleeps when there was none for long.
    private func serve() {
        var sleepsAt = Self.now + Self.patience
        var lastTicket = 0
        while true {
            for _ in 0..<Self.polls {
                let now = state.load(ordering: .acquiring)
                guard Phase(of: now) == .posted else {
                    cprocessors_pause()
                    continue
                }
                let ticket = now >> Phase.bits
                guard exchange(now, for: Phase.running.of(ticket)), let job else { continue }
                self.job = nil
                lastTicket = ticket
                job.run()
                // Free before the caller hears of it, so that its next call finds this helper.
                state.store(Phase.waiting.of(ticket), ordering: .releasing)
                job.unfinished.subtract(1, ordering: .releasing)
                sleepsAt = Self.now + Self.patience
            }
            sched_yield()
            let now = state.load(ordering: .relaxed)
            guard Phase(of: now) == .waiting else { continue }
            if now >> Phase.bits != lastTicket {
                lastTicket = now >> Phase.bits
                sleepsAt = min(sleepsAt, Self.now + Self.patienceAfterComingLate)
            }
            guard Self.now > sleepsAt else { continue }
            if exchange(now, for: Phase.asleep.of(now >> Phase.bits)) {
                bell.wait()
                sleepsAt = Self.now + Self.patience
            }
        }
    }

    private func exchange(_ old: Int, for new: Int) -> Bool {
        state.compareExchange(expected: old, desired: new, ordering: .acquiringAndReleasing)
            .exchanged
    }
}

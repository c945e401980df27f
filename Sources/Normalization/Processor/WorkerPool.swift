import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Threads that help a caller and then look out for a moment for the next one.
///
/// Waking a thread takes as long as a whole call on a small tensor, so a helper that is done stays
/// awake a while before it sleeps, giving way to whoever else wants the processor. A caller never
/// waits for a helper that has not begun: it takes the job back. So nothing here blocks for long,
/// whatever the host program does with its processors, and after a fork the child works alone.
final class WorkerPool: Sendable {
    /// More helpers than processors only for callers that ask for more threads than there are.
    static let shared = WorkerPool(helpers: max(Processors.count, 8) - 1)

    private let helpers: [Helper]

    init(helpers count: Int) {
        helpers = (0..<count).map { _ in Helper() }
    }

    /// Calls `body` on this thread and at the same time on at most `count` others; returns when all
    /// that began have ended.
    func run(helpers count: Int, _ body: () -> Void) {
        guard count > 0 else { return body() }
        withoutActuallyEscaping(body) { body in
            let job = Job(body)
            let processor = Processors.current
            var posted: [(helper: Helper, ticket: Int)] = []
            for helper in helpers where posted.count < count {
                if let ticket = helper.post(job, awayFrom: processor) {
                    posted.append((helper, ticket))
                }
            }
            body()
            for (helper, ticket) in posted { helper.takeBack(job, ticket) }
            job.wait()
        }
    }
}

/// What the helpers of one call do.
private final class Job: @unchecked Sendable {
    /// Set until the call returns, and called only by helpers that it waits for.
    private var body: (() -> Void)?
    let unfinished = Atomic(0)

    init(_ body: @escaping () -> Void) { self.body = body }

    // Not inlined, so that no reference to the body outlives the call.
    @inline(never)
    func run() { body?() }

    func wait() {
        while unfinished.load(ordering: .acquiring) > 0 { sched_yield() }
        body = nil
    }
}

/// One thread, which is started by its first job and never ends.
private final class Helper: @unchecked Sendable {
    /// How long a helper stays awake without work, in nanoseconds.
    private static let patience: UInt64 = 2_000_000
    /// Looks at the state between two offers of the processor to others.
    private static let looks = 64

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

    /// Hands a job over, unless the helper has one; returns the job's ticket.
    ///
    /// - Parameter processor: where the caller runs, and the helper therefore shall not.
    func post(_ job: Job, awayFrom processor: Int?) -> Int? {
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
        thread?.keepAway(from: processor)
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

    private func serve() {
        var sleepsAt = DispatchTime.now().uptimeNanoseconds + Helper.patience
        while true {
            for _ in 0..<Helper.looks {
                let now = state.load(ordering: .acquiring)
                guard Phase(of: now) == .posted else { continue }
                let ticket = now >> Phase.bits
                guard exchange(now, for: Phase.running.of(ticket)), let job else { continue }
                self.job = nil
                job.run()
                // Free before the caller hears of it, whose next call shall find this helper.
                state.store(Phase.waiting.of(ticket), ordering: .releasing)
                job.unfinished.subtract(1, ordering: .releasing)
                sleepsAt = DispatchTime.now().uptimeNanoseconds + Helper.patience
            }
            sched_yield()
            guard DispatchTime.now().uptimeNanoseconds > sleepsAt else { continue }
            let now = state.load(ordering: .relaxed)
            if Phase(of: now) == .waiting,
                exchange(now, for: Phase.asleep.of(now >> Phase.bits))
            {
                bell.wait()
                sleepsAt = DispatchTime.now().uptimeNanoseconds + Helper.patience
            }
        }
    }

    private func exchange(_ old: Int, for new: Int) -> Bool {
        state.compareExchange(expected: old, desired: new, ordering: .acquiringAndReleasing)
            .exchanged
    }
}

internal import CProcessors
import Synchronization

/// Threads that help a caller and then look out for a moment for the next one.
///
/// Waking a thread takes as long as a whole call on a small tensor, so a helper that is done stays
/// awake a while before it sleeps, giving way to whoever else wants the processor. A caller never
/// waits for a helper that has not begun: it takes the job back.
///
/// Threads do not survive a fork, so a pool belongs to one process, and a child makes its own.
final class WorkerPool: Sendable {
    private static let latest = unsafe Atomic<Unmanaged<WorkerPool>?>(nil)

    /// This process's pool.
    ///
    /// More helpers than processors only for callers that ask for more threads than there are. No
    /// lock and no wait: a fork may come at any moment of another thread.
    static var shared: WorkerPool {
        let process = cprocessors_process()
        var found = unsafe latest.load(ordering: .acquiring)
        while true {
            if let pool = unsafe found?.takeUnretainedValue(), pool.process == process {
                return pool
            }
            let pool = WorkerPool(helpers: max(Processors.online, 8) - 1)
            // Kept for ever, as are the helpers; the parent's too, whose jobs may be anywhere.
            let kept = unsafe Unmanaged.passRetained(pool)
            let (exchanged, original) = unsafe latest.compareExchange(
                expected: found, desired: kept, ordering: .acquiringAndReleasing)
            if exchanged { return pool }
            unsafe kept.release()
            unsafe found = original
        }
    }

    private let process = cprocessors_process()
    private let helpers: [Helper]

    init(helpers count: Int) {
        helpers = (0..<count).map { _ in Helper() }
    }

    /// How long a caller worked, and then waited for its helpers, in nanoseconds.
    struct Times {
        var working: UInt64
        var waiting: UInt64
        /// The time when all was done.
        var end: UInt64
    }

    /// Calls `body` on this thread and at the same time on at most `count` others; returns when all
    /// that began have ended. `nil` where there was nobody to wait for.
    @discardableResult
    func run(helpers count: Int, _ body: () -> Void) -> Times? {
        guard count > 0 else {
            body()
            return nil
        }
        return withoutActuallyEscaping(body) { body in
            let job = Job(body)
            var posted: [(helper: Helper, ticket: Int)] = []
            for helper in helpers where posted.count < count {
                if let ticket = helper.post(job) { posted.append((helper, ticket)) }
            }
            let start = Helper.now
            body()
            let idle = Helper.now
            for (helper, ticket) in posted { helper.takeBack(job, ticket) }
            job.wait()
            let end = Helper.now
            return Times(working: idle - start, waiting: end - idle, end: end)
        }
    }
}

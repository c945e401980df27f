#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A lock with a condition that threads wait for: the C library's, which the thread sanitizer sees, and which waits for
/// a limited time.
@safe
final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isMade = false

    /// `nil` where the system has none to give.
    init?() {
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe changed.initialize(to: pthread_cond_t())
        guard unsafe pthread_mutex_init(mutex, nil) == 0 else { return nil }
        guard unsafe Self.makeCondition(changed) else {
            unsafe pthread_mutex_destroy(mutex)
            return nil
        }
        isMade = true
    }

    deinit {
        if isMade {
            unsafe pthread_cond_destroy(changed)
            unsafe pthread_mutex_destroy(mutex)
        }
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    func lock() { unsafe pthread_mutex_lock(mutex) }
    func unlock() { unsafe pthread_mutex_unlock(mutex) }
    func wakeAll() { unsafe pthread_cond_broadcast(changed) }

    /// Gives the lock away until another thread wakes this one, or for no reason.
    ///
    /// - Returns: false once the deadline is over.
    func wait(until deadline: Deadline?) -> Bool {
        guard let deadline else {
            unsafe pthread_cond_wait(changed, mutex)
            return true
        }
        var time = deadline.time
        return unsafe pthread_cond_timedwait(changed, mutex, &time) != ETIMEDOUT
    }

    /// A time of the clock that the condition goes by.
    struct Deadline {
        fileprivate let time: timespec

        init(in duration: Duration) {
            var now = timespec()
            unsafe clock_gettime(Monitor.clock, &now)
            let (seconds, attoseconds) = duration.components
            let nanoseconds = now.tv_nsec + Int(attoseconds / 1_000_000_000)
            // Not past the end of time, which the longest duration is.
            let whole = min(max(0, Int(seconds)), 1 << 40)
            time = timespec(
                tv_sec: now.tv_sec + whole + max(0, nanoseconds) / 1_000_000_000,
                tv_nsec: max(0, nanoseconds) % 1_000_000_000)
        }
    }

    // Nobody sets the monotonic clock. Darwin has no condition that goes by it.
    #if canImport(Darwin)
        private static var clock: clockid_t { CLOCK_REALTIME }

        private static func makeCondition(
            _ condition: UnsafeMutablePointer<pthread_cond_t>
        ) -> Bool {
            unsafe pthread_cond_init(condition, nil) == 0
        }
    #else
        private static var clock: clockid_t { CLOCK_MONOTONIC }

        private static func makeCondition(
            _ condition: UnsafeMutablePointer<pthread_cond_t>
        ) -> Bool {
            var attributes = pthread_condattr_t()
            guard unsafe pthread_condattr_init(&attributes) == 0 else { return false }
            defer { unsafe pthread_condattr_destroy(&attributes) }
            return unsafe pthread_condattr_setclock(&attributes, clock) == 0
                && pthread_cond_init(condition, &attributes) == 0
        }
    #endif
}

import Foundation
import NormalizationFiles

/// Ctrl-C and the requests to end: they take the command's temporary files along, and never fall
/// between the files of one result.
enum Interruption {
    private static let gate = NSLock()
    /// The thread that waits for signals; set before there is a handler that reads it.
    nonisolated(unsafe) private static var watcher: pthread_t?

    /// Waits for these signals on a thread of its own; to be called before there is another of Swift's.
    ///
    /// OpenBLAS has started threads by then, which block no signal: one that comes to them is sent on to the thread
    /// that waits. A signal that the caller of the command has chosen to ignore stays ignored.
    static func watch() {
        var watched = sigset_t()
        unsafe sigemptyset(&watched)
        for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&watched, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &watched, nil)
        for number in [SIGINT, SIGTERM, SIGHUP] where isIgnored(number) {
            unsafe sigdelset(&watched, number)
        }
        let signals = watched
        Thread.detachNewThread {
            var signals = signals
            var number: Int32 = 0
            unsafe watcher = pthread_self()
            for number in [SIGINT, SIGTERM, SIGHUP] where unsafe sigismember(&signals, number) == 1
            {
                signal(number, sendOn)
            }
            while unsafe sigwait(&signals, &number) != 0 {}
            gate.lock()
            Temporaries.removeAll { end(by: number) }
        }
    }

    /// Lets signals wait until ``release()``.
    static func hold() { gate.lock() }

    /// Lets signals that wait, and those to come, end the process.
    static func release() { gate.unlock() }

    private static let sendOn: @convention(c) (Int32) -> Void = { number in
        if let watcher = unsafe watcher { _ = pthread_kill(watcher, number) }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        // Asking means setting; the signal is blocked meanwhile.
        let action = signal(number, SIG_DFL)
        guard unsafe unsafeBitCast(action, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        else { return false }
        signal(number, SIG_IGN)
        return true
    }

    /// Ends the process by the signal itself, so that its parent sees why.
    private static func end(by number: Int32) -> Never {
        signal(number, SIG_DFL)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, number)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(number)
        _exit(128 + number)
    }
}

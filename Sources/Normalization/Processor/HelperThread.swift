internal import CProcessors

/// A detached thread that runs until the process ends, with its signals blocked.
///
/// It belongs to the process that started it, and must not be used in a child of a fork.
struct HelperThread {
    private var thread: cprocessors_thread = 0
    /// The caller whose settings the thread is placed by.
    private var caller: CallerSettings?

    /// Starts the thread; `nil` where the system has none to give.
    init?(_ body: @escaping @Sendable () -> Void) {
        let box = unsafe Unmanaged.passRetained(Box(body))
        let failed = unsafe cprocessors_start_thread(
            &thread,
            { box in
                if let box = unsafe box {
                    unsafe Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body()
                }
                return nil
            }, box.toOpaque())
        guard failed == 0 else {
            unsafe box.release()
            return nil
        }
    }

    /// Lets the thread run where a caller may, but not on the caller's processor.
    ///
    /// Left to itself a scheduler may wake it there: on a virtual machine an idle processor that the
    /// host has put to sleep counts as taken, and both would share one while another is idle. The
    /// thread cannot do this itself: it would have to run there first.
    mutating func place(for newCaller: CallerSettings) {
        if let caller, caller.placesHelpers(like: newCaller) { return }
        newCaller.place(thread)
        caller = newCaller
    }
}

private final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

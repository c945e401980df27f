internal import CProcessors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A detached thread that runs until the process ends.
struct HelperThread {
    private let thread: pthread_t
    /// The processor it may not run on.
    private var avoided: Int?

    /// Starts the thread; `nil` where the system has none to give.
    init?(_ body: @escaping @Sendable () -> Void) {
        let box = unsafe Unmanaged.passRetained(Box(body))
        #if canImport(Darwin)
            var created: pthread_t?
        #else
            var created = pthread_t()
        #endif
        let failed = unsafe pthread_create(&created, nil, startHelper, box.toOpaque())
        guard failed == 0 else {
            unsafe box.release()
            return nil
        }
        #if canImport(Darwin)
            guard let created else { return nil }
        #endif
        pthread_detach(created)
        thread = created
    }

    /// Lets the thread run anywhere the process may but on this processor, where its caller is.
    ///
    /// Left to itself a scheduler may wake it there: on a virtual machine an idle processor that the
    /// host has put to sleep counts as taken, and both would share one while another is idle.
    mutating func keepAway(from processor: Int?) {
        guard let processor, processor != avoided else { return }
        cprocessors_keep_away(thread, Int32(processor))
        avoided = processor
    }
}

private final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

#if canImport(Darwin)
    private func startHelper(_ box: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        unsafe Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body()
        return nil
    }
#else
    private func startHelper(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let box = unsafe box else { return nil }
        unsafe Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body()
        return nil
    }
#endif

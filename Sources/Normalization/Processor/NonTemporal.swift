internal import CKernels

/// Memory past and ahead of the caches, for engines whose calls know neither.
enum NonTemporal {
    /// Copies past the caches. ``finish()`` once behind the last of some copies.
    @inline(__always)
    static func copy<Element>(
        _ source: UnsafePointer<Element>, _ count: Int, to target: UnsafeMutablePointer<Element>
    ) {
        unsafe ckernels_copy_non_temporal(target, source, count * MemoryLayout<Element>.stride)
    }

    /// Lets others see what was copied.
    static func finish() { ckernels_copy_end() }

    /// Asks for memory that will be read soon.
    @inline(__always)
    static func prefetch<Element>(_ source: UnsafePointer<Element>, _ count: Int) {
        unsafe ckernels_prefetch(source, count * MemoryLayout<Element>.stride)
    }
}

internal import CKernels

/// Memory past and ahead of the caches, for engines whose calls know neither.
enum NonTemporal {
    /// Copies past the caches.
    @inline(__always)
    static func copy<Element>(
        _ source: UnsafePointer<Element>, _ count: Int, to target: UnsafeMutablePointer<Element>
    ) {
        unsafe ckernels_copy_non_temporal(target, source, count * MemoryLayout<Element>.stride)
    }

    /// Lets other threads see what this one wrote past the caches. ``Workers`` do once, behind the last block of each.
    static func finish() { ckernels_fence() }

    /// Asks for memory that will be read soon.
    @inline(__always)
    static func prefetch<Element>(_ source: UnsafePointer<Element>, _ count: Int) {
        unsafe ckernels_prefetch(source, count * MemoryLayout<Element>.stride)
    }
}

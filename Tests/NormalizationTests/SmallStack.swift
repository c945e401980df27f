#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a call did to the stack of a thread that has little of it.
struct StackUse {
    /// The bytes between the thread's first frame and the lowest byte that was written.
    var bytes: Int
    /// Whether the page below the guard page is as it was.
    var isNeighbourIntact: Bool
}

/// Runs `body` on a thread of its own with a stack of `bytes` above a guard page, below which lies
/// memory that stands for another thread's stack. All of it is painted before and looked at after.
///
/// - Returns: `nil` where the system has no memory or no thread to give.
func withSmallStack(of bytes: Int, _ body: () -> Void) -> StackUse? {
    let page = 4096
    // A frame that leaps over the guard page lands further down.
    let neighbour = 32 * page
    let total = neighbour + page + bytes
    guard
        let memory = mmap(nil, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0),
        memory != MAP_FAILED
    else { return nil }
    defer { munmap(memory, total) }
    let paint: UInt8 = 0xa5
    let region = UnsafeMutableRawBufferPointer(start: memory, count: total)
    region.initializeMemory(as: UInt8.self, repeating: paint)
    mprotect(memory + neighbour, page, PROT_NONE)

    let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
    defer { attributes.deallocate() }
    pthread_attr_init(attributes)
    defer { pthread_attr_destroy(attributes) }
    guard pthread_attr_setstack(attributes, memory + neighbour + page, bytes) == 0 else {
        return nil
    }
    return withoutActuallyEscaping(body) { body in
        let job = Job(body)
        let context = Unmanaged.passRetained(job)
        var thread = pthread_t()
        guard
            pthread_create(
                &thread, attributes,
                { context in
                    context.map { Unmanaged<Job>.fromOpaque($0).takeUnretainedValue().run() }
                    return nil
                }, context.toOpaque()) == 0
        else {
            context.release()
            return nil
        }
        pthread_join(thread, nil)
        context.release()
        let start = neighbour + page
        let lowest = region[start...].firstIndex { $0 != paint } ?? total
        return StackUse(
            bytes: job.firstFrame - Int(bitPattern: memory) - lowest,
            isNeighbourIntact: region[..<neighbour].allSatisfy { $0 == paint })
    }
}

/// What the thread runs, and where its stack then stood.
private final class Job: @unchecked Sendable {
    private let body: () -> Void
    private(set) var firstFrame = 0

    init(_ body: @escaping () -> Void) { self.body = body }

    func run() {
        var here: UInt8 = 0
        withUnsafeMutablePointer(to: &here) { firstFrame = Int(bitPattern: $0) }
        body()
    }
}

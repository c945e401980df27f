internal import CProcessors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The processors this process may run on.
enum Processors {
    /// How many there are.
    static let count: Int = {
        let allowed = Int(cprocessors_allowed())
        return allowed > 0 ? allowed : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }()

    /// The size of a core's second-level cache in bytes; 1 MiB where the system does not tell.
    static let secondLevelCache: Int = {
        #if os(Linux) && canImport(Glibc)
            let size = Int(sysconf(Int32(_SC_LEVEL2_CACHE_SIZE)))
            if size > 0 { return size }
        #endif
        return 1 << 20
    }()

    /// The one the calling thread is on, where the system tells.
    static var current: Int? {
        let processor = cprocessors_current()
        return processor < 0 ? nil : Int(processor)
    }
}

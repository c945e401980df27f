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
    /// How many the calling thread may use now: those it is allowed on.
    ///
    /// Asked afresh each time, since a host may confine some of its threads, and one of them may be
    /// the first to call.
    static var count: Int {
        var set = cprocessors_set()
        let allowed = Int(unsafe cprocessors_allowed(&set))
        return allowed > 0 ? allowed : online
    }

    /// How many the system has.
    static let online = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// The size of a core's second-level cache in bytes; 1 MiB where the system does not tell.
    static let secondLevelCache: Int = {
        #if os(Linux) && canImport(Glibc)
            let size = Int(sysconf(Int32(_SC_LEVEL2_CACHE_SIZE)))
            if size > 0 { return size }
        #endif
        return 1 << 20
    }()
}

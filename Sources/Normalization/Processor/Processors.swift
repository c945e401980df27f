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
    /// How many the calling thread may use now: those it is allowed on, and no more than the quota
    /// of the control group.
    ///
    /// Asked afresh each time, since a host may confine some of its threads, and one of them may be
    /// the first to call.
    static var count: Int {
        var set = cprocessors_set()
        let allowed = Int(unsafe cprocessors_allowed(&set))
        return min(allowed > 0 ? allowed : online, quota ?? .max)
    }

    /// How many the system has.
    static let online = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// How many the control group pays for, at least one; `nil` where it sets no limit. Read once.
    ///
    /// Rounded down: with a part of a processor more, every thread would be stopped for a part of
    /// each period.
    private static let quota: Int? = {
        #if os(Linux)
            return ProcessorQuota.processors(of: SystemFile.text).map { max(1, Int($0)) }
        #else
            return nil
        #endif
    }()

    /// The size of a core's second-level cache in bytes; 1 MiB where the system does not tell.
    static let secondLevelCache: Int = {
        #if os(Linux) && canImport(Glibc)
            let size = Int(sysconf(Int32(_SC_LEVEL2_CACHE_SIZE)))
            if size > 0 { return size }
        #endif
        return 1 << 20
    }()
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Whether an allocation of `bytes` can be had.
///
/// A Swift array that gets no memory ends the process, and a sparse file may claim any size. So
/// large amounts are held against the machine's memory, and asked of the system, beforehand.
func canAllocate(bytes: Int) -> Bool {
    if bytes < 1 << 20 { return true }
    let (physical, overflow) = sysconf(Int32(_SC_PHYS_PAGES))
        .multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    if !overflow, physical > 0, bytes > physical { return false }
    let trial = unsafe mmap(
        nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    if unsafe trial == MAP_FAILED { return false }
    _ = unsafe munmap(trial, bytes)
    return true
}

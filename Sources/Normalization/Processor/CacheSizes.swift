internal import CProcessors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The sizes that the cuts are made for, in bytes; docs/performance.md says how they were found.
///
/// Those that are read off the processor decide how fast a result comes, never what it is.
enum CacheSizes {
    static let line = 64
    /// A block of channels between its statistics and its output: two of them, one being read while
    /// the other is written, in half of a core's second-level cache.
    static let block = min(512 << 10, max(leastBlock, Processors.secondLevelCache / 4))
    /// The same where a quarter of it is no more.
    static let leastBlock = 256 << 10
    /// A channel up to this size is a block, though a part of it leaves the second-level cache.
    static let resident = 4 << 20
    /// The same where there are channels enough for many threads: a last-level cache holds it, or memory
    /// is read twice as it would be otherwise.
    static let residentOfMany = 32 << 20
    /// Where planes are short, the least that a block takes of a row.
    static let row = 1 << 10
    /// Tensors that may be read twice in the order of memory. Several threads read larger ones as fast as memory
    /// gives them, so once is better.
    static let inOrder = large..<32 << 20
    /// A block's part of a sample from this length on is read from memory nearly as fast as all of the sample.
    static let longRow = 2 << 10
    /// The same where two tensors are read at once.
    static let longRowOfTwo = 32 << 10
    /// The piece of a row whose coefficients the kernels expand at a time.
    static let columns = 4 << 10
    /// The least stripe: smaller ones cost more to merge than they save.
    static let stripe = 64 << 10
    /// A contiguous run for one pass.
    static let run = 128 << 10
    /// The bytes above which an output is written past the caches. No bit of a result depends on it.
    static func nonTemporal(_ walk: Walk, threads: Int) -> Int {
        if let size = chosenNonTemporal ?? distantNonTemporal { return size }
        return switch walk {
        case .map: threads == 1 ? 7 << 20 : 9 << 20
        case .afterSums(let tensors): tensors == 1 ? 6 << 20 : 5 << 20
        }
    }

    /// How an output comes about.
    enum Walk: Sendable {
        /// Each value is read once.
        case map
        /// One or two tensors were read before, for their sums.
        case afterSums(tensors: Int)
    }

    /// Tensors above this size do not stay in a cache. The same on every machine, since the BLAS engine does
    /// other arithmetic there.
    static let large = 10 << 20
    /// Less data than this is not worth a second thread.
    static let serial = 256 << 10
    /// The data that is worth a thread, where the caller does not say how many.
    static let perThread = 512 << 10
    /// More data than this takes a thread milliseconds: helpers are worth it though they may come late.
    static let evenOnABusyMachine = 16 << 20

    /// Where a store to the last-level cache costs more than one past it, as on Intel's servers, whose cores
    /// share one large cache far away.
    private static let distantNonTemporal: Int? =
        cprocessors_is_intel_server() != 0 ? Processors.secondLevelCache / 2 : nil

    /// What the host's environment says of all of them. Read once.
    private static let chosenNonTemporal = unsafe getenv("NORMALIZATION_NON_TEMPORAL").flatMap {
        size(of: unsafe String(cString: $0))
    }

    /// A number of bytes, or `never`; `nil` for what is neither.
    static func size(of text: String) -> Int? {
        text == "never" ? .max : Int(text).flatMap { $0 < 0 ? nil : $0 }
    }
}

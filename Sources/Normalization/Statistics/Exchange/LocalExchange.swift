import Synchronization

/// Ranks that are threads of one process: for tests, and for data parallelism without MPI.
///
/// ```swift
/// let ranks = try LocalExchange.ranks(2, timeout: .seconds(30))
/// // Each rank on a thread of its own, which waits in each collective for the others.
/// ```
///
/// A rank waits without working, and blocks its thread: have a thread for each, not a task of a pool that has
/// fewer. A rank that is released has left, and whoever waits for it gets an error.
public final class LocalExchange: StatisticsExchange {
    /// The number of this rank, from 0.
    public let rank: Int
    /// The number of ranks.
    public var size: Int { meeting.size }
    /// How many collectives this rank has begun.
    public var collectiveCount: Int { begun.load(ordering: .relaxed) }

    private let meeting: Meeting
    private let begun = Atomic<Int>(0)

    private init(rank: Int, _ meeting: Meeting) {
        self.rank = rank
        self.meeting = meeting
    }

    deinit { meeting.leave(rank) }

    /// The ranks of a new exchange, in their order.
    ///
    /// - Parameters:
    ///   - count: how many, at least 1.
    ///   - timeout: how long a rank waits for the others in a collective; `nil` is for ever. After a rank has given
    ///     up waiting, the exchange cannot be used.
    /// - Throws: ``ExchangeFailure/invalidRank(_:size:)`` for no ranks, ``ExchangeFailure/unavailable(_:)`` where the
    ///   system has no lock to give.
    public static func ranks(
        _ count: Int, timeout: Duration? = nil
    ) throws(ExchangeFailure) -> [LocalExchange] {
        guard count >= 1 else { throw .invalidRank(0, size: count) }
        let meeting = try Meeting(size: count, timeout: timeout)
        return (0..<count).map { LocalExchange(rank: $0, meeting) }
    }

    /// Collective: every rank gives as many bytes, and gets those of all ranks, in the order of their numbers.
    ///
    /// - Throws: ``ExchangeFailure``.
    public func allGather(
        _ send: RawSpan, into receive: inout MutableRawSpan
    ) throws(ExchangeFailure) {
        begun.add(1, ordering: .relaxed)
        try meeting.gather(rank, send, into: &receive)
    }
}

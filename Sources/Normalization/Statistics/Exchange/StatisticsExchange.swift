/// A group of ranks that compute one batch together: processes of one machine or many, or threads of one process.
///
/// Each rank has an object of its own. ``LocalExchange`` is for threads; the product `NormalizationMPI` has one for
/// processes, over MPI. Another needs no more than to carry bytes.
public protocol StatisticsExchange: AnyObject, Sendable {
    /// The number of this rank, from 0.
    var rank: Int { get }
    /// The number of ranks.
    var size: Int { get }
    /// How many collectives this rank has begun: ranks that are out of step notice by it.
    var collectiveCount: Int { get }

    /// Collective: every rank gives as many bytes, and gets those of all ranks, in the order of their numbers.
    ///
    /// - Parameters:
    ///   - send: this rank's bytes.
    ///   - receive: `size` times as many.
    /// - Throws: ``ExchangeFailure``.
    func allGather(
        _ send: RawSpan, into receive: inout MutableRawSpan
    ) throws(ExchangeFailure)
}

extension StatisticsExchange {
    /// Collective: the numbers of all ranks, in rank order; each rank gives as many.
    ///
    /// - Throws: ``ExchangeFailure``.
    /// - Complexity: O(size · count) memory.
    public func allGather<Number: BitwiseCopyable>(
        _ numbers: [Number]
    ) throws(ExchangeFailure) -> [Number] {
        guard rank >= 0 && rank < size else { throw .invalidRank(rank, size: size) }
        guard let first = numbers.first else { return [] }
        var all = Array(repeating: first, count: numbers.count * size)
        var span = all.mutableSpan
        var bytes = unsafe span.mutableBytes
        try unsafe allGather(numbers.span.bytes, into: &bytes)
        return all
    }
}

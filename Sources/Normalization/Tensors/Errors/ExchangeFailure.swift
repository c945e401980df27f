/// What can go wrong between the ranks of a synchronized call. More cases may come before 1.0.
///
/// The first three every rank throws alike; nothing has changed anywhere, and the next call works. The others are
/// a rank's own: others may wait for it, up to their timeout, and ``timedOut(after:)`` and ``left(rank:)`` end an
/// exchange for good.
public enum ExchangeFailure: Error, Equatable, Sendable {
    /// What ranks must agree on.
    public enum Term: String, Equatable, Sendable {
        /// The protocol; other versions of this library, or another order of bytes, speak another.
        case version
        /// The call: forward, backward, with a mask, and so on.
        case operation
        /// How many collectives there were before.
        case collective = "number of collectives so far"
        /// The number of channels.
        case channels
        /// ε, the kinds of γ and β, the element type, the options of the call, and in backward the statistics.
        case settings = "settings (ε, kinds of γ and β, element type, options, statistics)"
        /// The number of values, which is not negative.
        case count = "number of values"
    }

    /// The arguments of a rank, the lowest such one, do not fit; `reason` is the error it would have thrown alone.
    case refused(rank: Int, reason: String)
    /// A rank, the lowest such one, made another call than rank 0.
    case mismatch(rank: Int, Term, expected: Int, actual: Int)
    /// A rank, the lowest such one, brought another number of bytes to a collective than rank 0, or no place for
    /// all of them.
    case unequalLengths(rank: Int, expected: Int, actual: Int)
    /// The exchange has no ranks, or its rank is none of them.
    case invalidRank(Int, size: Int)
    /// A rank began a collective on one thread while it was in one on another.
    case busy(rank: Int)
    /// Not every rank came within the time that was given.
    case timedOut(after: Duration)
    /// A rank gave up its place in the exchange, so the others would wait for it for ever.
    case left(rank: Int)
    /// The exchange failed before, and its ranks may be out of step.
    case unusable
    /// What carries the bytes cannot be used; the text says why.
    case unavailable(String)
    /// What carries the bytes failed, with its code and what it says of it.
    case transport(code: Int, text: String)
}

extension ExchangeFailure: CustomStringConvertible {
    /// One sentence: which rank, what was expected, what came.
    public var description: String {
        switch self {
        case .refused(let rank, let reason): "rank \(rank): \(reason)"
        case .mismatch(let rank, .settings, _, _):
            "rank \(rank): expected the \(Term.settings.rawValue) of rank 0, got others"
        case .mismatch(let rank, let term, let expected, let actual):
            "rank \(rank): \(term.rawValue): expected \(expected) as on rank 0, got \(actual)"
        case .unequalLengths(let rank, let expected, let actual):
            "rank \(rank): expected \(expected) bytes as of rank 0, got \(actual)"
        case .invalidRank(let rank, let size):
            "exchange: expected a rank from 0 below its size, got rank \(rank) of \(size)"
        case .busy(let rank): "rank \(rank): expected one collective at a time, got two"
        case .timedOut(let duration): "exchange: expected every rank within \(duration)"
        case .left(let rank): "rank \(rank) has left the exchange"
        case .unusable: "exchange: expected one that has not failed before"
        case .unavailable(let text): "exchange: \(text)"
        case .transport(let code, let text): "exchange: error \(code): \(text)"
        }
    }
}

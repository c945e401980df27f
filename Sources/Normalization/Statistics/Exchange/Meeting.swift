/// Where the threads of a ``LocalExchange`` meet: one round a collective. A round ends when every rank has brought its
/// bytes, and the next one begins when every rank has taken those of all.
///
/// Everything but the monitor is only touched while it is held.
final class Meeting: @unchecked Sendable {
    let size: Int
    private let monitor: Monitor
    private let timeout: Duration?
    /// What each rank has brought to this round, how much it can take, and whether it is in a call.
    private var brought: [[UInt8]]
    private var room: [Int]
    private var isInside: [Bool]
    /// How many ranks have come to this round.
    private var come = 0
    private var round = 0
    /// How many ranks have yet to take what the last round brought.
    private var untaken = 0
    /// What every rank of the last round throws.
    private var outcome: ExchangeFailure?
    /// The first rank that gave up its place.
    private var missing: Int?
    /// Why nobody can use this any more.
    private var failure: ExchangeFailure?

    init(size: Int, timeout: Duration?) throws(ExchangeFailure) {
        guard let monitor = Monitor() else { throw .unavailable("the system has no lock to give") }
        self.monitor = monitor
        self.size = size
        self.timeout = timeout
        brought = Array(repeating: [], count: size)
        room = Array(repeating: 0, count: size)
        isInside = Array(repeating: false, count: size)
    }

    /// A rank will not come again.
    func leave(_ rank: Int) {
        monitor.lock()
        missing = missing ?? rank
        monitor.wakeAll()
        monitor.unlock()
    }

    /// One rank's part of a collective.
    func gather(
        _ rank: Int, _ send: RawSpan, into receive: inout MutableRawSpan
    ) throws(ExchangeFailure) {
        monitor.lock()
        defer { monitor.unlock() }
        guard failure == nil else { throw .unusable }
        if let missing { throw .left(rank: missing) }
        guard !isInside[rank] else { throw .busy(rank: rank) }
        isInside[rank] = true
        defer { isInside[rank] = false }
        let deadline = timeout.map { Monitor.Deadline(in: $0) }
        try wait(deadline) { untaken == 0 }
        brought[rank].removeAll(keepingCapacity: true)
        unsafe send.withUnsafeBytes { unsafe brought[rank].append(contentsOf: $0) }
        room[rank] = receive.byteCount
        come += 1
        let own = round
        if come == size { endRound() }
        try wait(deadline) { round != own }
        untaken -= 1
        if untaken == 0 { monitor.wakeAll() }
        if let outcome { throw outcome }
        unsafe receive.withUnsafeMutableBytes { receive in
            var place = 0
            for bytes in brought {
                unsafe bytes.withUnsafeBytes { bytes in
                    unsafe UnsafeMutableRawBufferPointer(rebasing: receive[place...])
                        .copyMemory(from: bytes)
                }
                place += bytes.count
            }
        }
    }

    /// Waits, without the monitor, until something is so.
    private func wait(
        _ deadline: Monitor.Deadline?, until isSo: () -> Bool
    ) throws(ExchangeFailure) {
        while !isSo() {
            if let failure { throw failure }
            if let missing { throw .left(rank: missing) }
            guard !monitor.wait(until: deadline), !isSo() else { continue }
            // Who waits now throws the same, and who comes later throws that it cannot be used.
            failure = timeout.map { .timedOut(after: $0) }
            monitor.wakeAll()
        }
    }

    /// Every rank has come: they may take what was brought.
    private func endRound() {
        outcome = firstMisfit()
        come = 0
        untaken = size
        round += 1
        monitor.wakeAll()
    }

    /// The error of the first rank that brought another number of bytes than rank 0, or has no place for all of them.
    private func firstMisfit() -> ExchangeFailure? {
        let expected = brought[0].count
        for rank in 0..<size {
            if brought[rank].count != expected {
                return .unequalLengths(
                    rank: rank, expected: expected, actual: brought[rank].count)
            }
            if room[rank] != size * expected {
                return .unequalLengths(
                    rank: rank, expected: size * expected, actual: room[rank])
            }
        }
        return nil
    }
}

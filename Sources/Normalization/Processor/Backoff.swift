import Synchronization

/// Exponential backoff: calls that had to wait for a helper which lost its processor make later calls
/// work alone for a while, longer each time.
///
/// Where other programs want the processors, a helper may lose its own in the middle of a block, and
/// its caller waits for milliseconds. Times are nanoseconds of a clock that only goes forward.
struct Backoff: ~Copyable, Sendable {
    /// The first pause, and the longest.
    static let (shortest, longest): (UInt64, UInt64) = (16_000_000, 1_000_000_000)
    /// Waiting less than this is no sign of a busy machine.
    static let patience: UInt64 = 500_000

    /// When the last pause ends, and how long it was.
    private let end = Atomic<UInt64>(0)
    private let pause = Atomic<UInt64>(0)

    /// Whether calls shall work alone.
    func isPausing(at now: UInt64) -> Bool { now < end.load(ordering: .relaxed) }

    /// Takes note of a call that worked for a time, and then waited for its helpers.
    ///
    /// A caller that has no block left waits for one block of a helper, which takes no longer than the
    /// caller's own did. Twice that is late.
    func record(working: UInt64, waiting: UInt64, at now: UInt64) {
        guard waiting > max(Self.patience, 2 * working), !isPausing(at: now) else { return }
        let last = pause.load(ordering: .relaxed)
        // A machine that was quiet for eight times the last pause starts anew.
        let isNew = now > end.load(ordering: .relaxed) &+ 8 * last
        let next = isNew ? Self.shortest : min(2 * last, Self.longest)
        pause.store(next, ordering: .relaxed)
        end.store(now &+ next, ordering: .relaxed)
    }
}

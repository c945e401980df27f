/// The pitch of a sound over time.
///
///     let tracker = PitchTracker(network: try CrepeNetwork())
///     for estimate in try await tracker.track(Sound(contentsOf: "song.wav")) { … }
public struct PitchTracker: Sendable {
    /// The network that listens.
    public let network: CrepeNetwork
    /// The threads that share the work, at least 1.
    public let threads: Int
    /// Whether the network's estimates are refined: ``PitchEstimate/refined(in:)``.
    public let refines: Bool

    /// A tracker on `threads` threads. OpenBLAS should be left one thread of its own, since every
    /// one of these calls it. Without refinement the pitches are CREPE's own.
    public init(network: CrepeNetwork, threads: Int = 1, refines: Bool = true) {
        self.network = network
        self.threads = max(1, threads)
        self.refines = refines
    }

    /// One estimate every 10 ms, in order.
    ///
    /// - Throws: ``PitchError``.
    public func track(_ sound: Sound) async throws -> [PitchEstimate] {
        let frames = FrameSequence(of: sound)
        return try await inGroups(of: frames.count) { range, workspace throws(PitchError) in
            let samples = frames.normalized(range)
            let probabilities = try network.probabilities(of: samples, in: &workspace)
            return range.enumerated().map { place, index in
                let first = place * PitchEstimate.bins
                let estimate = PitchEstimate(
                    time: frames.time(of: index),
                    probabilities: probabilities[first..<first + PitchEstimate.bins])
                let start = place * FrameSequence.length
                return refines
                    ? estimate.refined(in: samples[start..<start + FrameSequence.length])
                    : estimate
            }
        }.results
    }

    /// Runs `body` on groups of consecutive frames, spread over the threads, each thread with a
    /// workspace of its own, and joins the results in order; the times are those of all threads.
    public func inGroups<Result: Sendable>(
        of count: Int,
        _ body: @escaping @Sendable (Range<Int>, inout Workspace) throws(PitchError) -> [Result]
    ) async throws -> (results: [Result], times: StageTimes) {
        let size = CrepeNetwork.groupSize
        let groups = (count + size - 1) / size
        let workers = min(threads, groups)
        return try await withThrowingTaskGroup(
            of: (parts: [(Int, [Result])], times: StageTimes).self
        ) { tasks in
            for worker in 0..<workers {
                tasks.addTask {
                    var (parts, workspace): ([(Int, [Result])], Workspace) = ([], Workspace())
                    for group in stride(from: worker, to: groups, by: workers) {
                        try Task.checkCancellation()
                        let range = group * size..<min(count, (group + 1) * size)
                        parts.append((group, try body(range, &workspace)))
                    }
                    return (parts, workspace.times)
                }
            }
            var (ordered, times) = ([[Result]](repeating: [], count: groups), StageTimes())
            for try await done in tasks {
                for (group, results) in done.parts { ordered[group] = results }
                times.add(done.times)
            }
            return (ordered.flatMap { $0 }, times)
        }
    }
}

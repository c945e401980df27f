import Normalization
import NormalizationFiles

extension Compare {
    /// What `--sweep` and its options ask for.
    ///
    /// - Throws: ``Failure`` where options contradict each other, or a size or type is none.
    func sweepSession() throws -> SweepSession {
        let others = [
            ("a file", file != nil), ("--shapes", !shapes.isEmpty), ("--batch", batch != nil),
            ("--channel-axis", channelAxis != nil), ("--layers", layers != ["standard"]),
            ("--engines", engines != ["all"]), ("--plot", plot != nil),
        ]
        if let (name, _) = others.first(where: \.1) {
            throw Failure.call("--sweep: not with \(name)")
        }
        let counts = threads.isEmpty ? [1] : try threadCounts()
        guard counts.count == 1 else {
            throw Failure.call("--threads: expected one number with --sweep, got \(counts.count)")
        }
        let sizes = try sweepSizes()
        let types = try list(types.isEmpty ? ["f4"] : types, from: SweepType.allCases, "--types")
        try checkOutput()
        return SweepSession(
            sizes: sizes, types: types, threads: counts[0], isForPeople: json != "-")
    }

    private func sweepSizes() throws(Failure) -> [SweepSize] {
        guard !sizes.isEmpty else { return [SweepSize(bytes: 1 << 20)] }
        var found: [SweepSize] = []
        for word in sizes.flatMap({ $0.split(separator: ",") }).map(String.init) {
            guard let size = SweepSize(word) else {
                throw .call("--sizes: expected such as 64KB or 25MB, 1024MB at most, got '\(word)'")
            }
            if !found.contains(size) { found.append(size) }
        }
        guard !found.isEmpty else { throw .call("--sizes: expected at least one, got none") }
        return found
    }
}

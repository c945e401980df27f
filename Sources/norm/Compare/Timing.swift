/// How long a call takes, in seconds.
struct Timing: Sendable {
    let median: Double
    let minimum: Double
    /// The number of samples that were taken.
    let samples: Int
}

/// The middle of `values`, which must not be empty.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

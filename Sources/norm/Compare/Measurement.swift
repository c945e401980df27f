import SeededRandom

/// Times calls against each other.
///
/// The calls take turns, in an order that is drawn anew for each round, so a machine that slows down
/// or another program slows all of them alike. A sample of a short call is the mean of as many calls
/// as fill a millisecond; a long call gets fewer samples.
struct Measurement {
    /// The samples every call gets at least and at most.
    var samples = 5...50
    /// Beyond the least samples a call gets no more once it took this long.
    var budget = Duration.milliseconds(400)
    /// A sample takes about this long at least.
    var sampleTime = Duration.milliseconds(1)

    /// Times `call(0)`, `call(1)` … `call(count - 1)`, each warmed up first.
    func times(count: Int, _ call: (Int) throws -> Void) rethrows -> [Timing] {
        let clock = ContinuousClock()
        var generator = SplitMix64(seed: 1)
        let repetitions = try (0..<count).map { index in
            var last = Duration.zero
            var warmUp = Duration.zero
            repeat {
                last = try clock.measure { try call(index) }
                warmUp += last
            } while warmUp < sampleTime
            return max(1, Int(sampleTime / max(last, .nanoseconds(1))))
        }
        var seconds = [[Double]](repeating: [], count: count)
        var spent = [Duration](repeating: .zero, count: count)
        func isUnfinished(_ index: Int) -> Bool {
            let taken = seconds[index].count
            return taken < samples.lowerBound
                || (taken < samples.upperBound && spent[index] < budget)
        }
        var unfinished = Array(0..<count)
        while !unfinished.isEmpty {
            for index in unfinished.shuffled(using: &generator) {
                let time = try clock.measure {
                    for _ in 0..<repetitions[index] { try call(index) }
                }
                seconds[index].append(time / .seconds(1) / Double(repetitions[index]))
                spent[index] += time
            }
            unfinished.removeAll { !isUnfinished($0) }
        }
        return seconds.map { samples in
            Timing(median: median(samples), minimum: samples.min() ?? 0, samples: samples.count)
        }
    }
}

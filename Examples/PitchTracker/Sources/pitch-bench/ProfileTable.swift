internal import Foundation
internal import PitchTracker

/// Where the time goes, as text: a line for each kind of step, a column for each network.
struct ProfileTable {
    let text: String

    /// The table of the runs of the network as it is and of the folded one, on `frames` frames.
    init(plain: [Run], folded: [Run], frames: Int) {
        let steps: [(String, (StageTimes) -> Duration)] = [
            ("convolution", { $0.convolution }), ("bias and ReLU", { $0.activation }),
            ("batch normalization", { $0.normalization }), ("max pooling", { $0.pooling }),
            ("dense layer and sigmoid", { $0.dense }), ("all steps", { $0.total }),
        ]
        func line(_ name: String, _ numbers: [String]) -> String {
            name.padding(toLength: 24, withPad: " ", startingAt: 0)
                + numbers.map { String(repeating: " ", count: max(0, 11 - $0.count)) + $0 }.joined()
        }
        var lines = [line("", ["as it is", "share", "folded", "share"])]
        for (name, time) in steps {
            let cells = [plain, folded].flatMap { runs in
                let microseconds = median(
                    runs.map { time($0.times) / .microseconds(1) / Double(frames) })
                let share = median(runs.map { time($0.times) / $0.times.total })
                return [
                    String(format: "%.1f", microseconds), String(format: "%.2f %%", 100 * share),
                ]
            }
            lines.append(line(name, cells))
        }
        let walls = [plain, folded].map { runs in
            median(runs.map { 1000 * $0.milliseconds / Double(frames) })
        }
        lines.append(
            line("by the clock", walls.flatMap { [String(format: "%.1f", $0), ""] }))
        let saved = median(zip(plain, folded).map { 1 - $1.milliseconds / $0.milliseconds })
        lines.append(
            String(format: "folding saves %.2f %% of the time (median of pairs)", 100 * saved))
        text = lines.joined(separator: "\n")
    }
}

/// The middle value, or the mean of the two in the middle.
private func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2)
        ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

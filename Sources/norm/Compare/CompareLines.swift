import Foundation
import Normalization

/// What `norm compare` says in one line an operation: the time of each engine, and how many times as fast as the
/// scalar reference that is.
struct CompareLines {
    /// The contenders that have a column: the reference on the fewest threads, the others on the fewest and on
    /// the most. The automatic choice is one of the others, and has none where they are there.
    let columns: [Contender]

    private static let width = 17

    init(_ contenders: [Contender]) {
        let threads = contenders.map(\.threads)
        let (fewest, most) = (threads.min() ?? 1, threads.max() ?? 1)
        let engines = contenders.reduce(into: [Engine]()) {
            if !$0.contains($1.engine) { $0.append($1.engine) }
        }
        let shown = engines.count > 1 ? engines.filter { $0 != .automatic } : engines
        columns = [.reference, .blas, .fused, .automatic].filter(shown.contains).flatMap { engine in
            (engine == .reference || fewest == most ? [fewest] : [fewest, most]).map {
                Contender(engine: engine, threads: $0)
            }
        }
    }

    /// What the columns are, above all lines.
    var header: String {
        let hasThreads = Set(columns.map(\.threads)) != [1]
        let titles = columns.map { column in
            column.engine.rawValue
                + (hasThreads && column.engine != .reference
                    ? ", \(column.threads) thread" + (column.threads == 1 ? "" : "s") : "")
        }
        return "Median time, and × as fast as the scalar reference on one thread.\n\n"
            + line("", titles)
    }

    /// The cases of one tensor and layer.
    func lines(_ cases: [[EngineResult]], tensor: String) -> String {
        guard let first = cases.first?.first else { return "" }
        return "\(tensor), \(first.layer.rawValue) layer\n"
            + cases.map { results in
                line(
                    "  " + (results.first?.operation.rawValue ?? ""),
                    columns.map { cell(results, $0) })
            }.joined()
    }

    private func cell(_ results: [EngineResult], _ column: Contender) -> String {
        let result = results.first {
            $0.engine == column.engine && $0.threads == column.threads
        }
        guard let result else { return "" }
        let time = Self.text(result.timing.median)
        guard column.engine != .reference || column.threads != 1 else { return time }
        return time + " " + padded(String(format: "%.1f×", result.speedup), 6)
    }

    private func line(_ title: String, _ cells: [String]) -> String {
        var line = title + String(repeating: " ", count: max(0, 11 - title.count))
        for cell in cells { line += padded(cell, Self.width) }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }

    private func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// A time with three digits, in microseconds below a millisecond.
    static func text(_ seconds: Double) -> String {
        let (value, unit) = seconds < 0.9995e-3 ? (seconds * 1e6, "µs") : (seconds * 1e3, "ms")
        return String(format: value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value)
            + " " + unit
    }
}

import BLAS
import Foundation
import Normalization

/// What `norm compare` says to people.
struct ComparisonReport {
    let measurement: Measurement

    /// The machine and how it is measured.
    var header: String {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let version = OpenBLAS.configuration.split(separator: " ").prefix(2).joined(separator: " ")
        return """
            norm \(Norm.version) on \(count(cores, "core")), \(version) with its \
            \(OpenBLAS.coreName) kernels.
            Medians of \(measurement.samples.lowerBound) to \(measurement.samples.upperBound) \
            samples, the engines taking turns; GB/s of the bytes that must move;
            differences and speed-up against the reference engine on one thread.
            """
    }

    /// The results of one tensor and layer.
    func table(_ results: [ComparisonResult], tensor: String) -> String {
        guard let first = results.first else { return "" }
        let fastest = results.map(\.timing.median).min() ?? 0
        let (unit, scale, digits) = fastest < 1e-4 ? ("µs", 1e6, 1) : ("ms", 1e3, 2)
        var table = Table([
            ("operation", .left), ("engine", .left), ("threads", .right),
            ("median", .right), ("fastest", .right), ("GB/s", .right),
            ("difference", .right), ("speed-up", .right),
        ])
        var operation: Operation?
        for result in results {
            table.add([
                result.operation == operation ? "" : result.operation.rawValue,
                result.engine.rawValue,
                "\(result.threads)",
                "\(fixed(result.timing.median * scale, digits)) \(unit)",
                "\(fixed(result.timing.minimum * scale, digits)) \(unit)",
                fixed(result.gigabytesPerSecond, 2),
                result.maxAbsDifference == 0
                    ? "0" : String(format: "%.1e", result.maxAbsDifference),
                "\(fixed(result.speedup, 1))×",
            ])
            operation = result.operation
        }
        let title = "\(tensor), \(first.layer.rawValue) layer"
        return ([title] + table.lines).joined(separator: "\n")
    }

    /// One sentence on what was found.
    func conclusion(_ results: [ComparisonResult]) -> String {
        struct Case: Hashable {
            let shape: [Int]
            let operation: Operation
            let layer: LayerKind
        }
        let cases = Dictionary(grouping: results) {
            Case(shape: $0.shape, operation: $0.operation, layer: $0.layer)
        }
        let winners = cases.values.compactMap { results in
            results.min { $0.timing.median < $1.timing.median }
        }
        let wins = Dictionary(grouping: winners, by: \.engine)
        let ranking = wins.sorted {
            ($1.value.count, $0.key.rawValue) < ($0.value.count, $1.key.rawValue)
        }
        guard let (best, won) = ranking.first else { return "Nothing was compared." }
        let speedups = won.map(\.speedup).sorted()
        let range = "\(fixed(speedups[0], 1)) to \(fixed(speedups[speedups.count - 1], 1))"
        let difference = results.map(\.maxAbsDifference).max() ?? 0
        return """
            Fastest in \(won.count) of \(count(winners.count, "case")): \(best.rawValue), \
            \(range) times as fast as the reference on one thread \
            (median \(fixed(median(speedups), 1))); no output differs from the reference's by more \
            than \(String(format: "%.1e", difference)).
            """
    }

    private func fixed(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }

    private func count(_ count: Int, _ noun: String) -> String {
        count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
    }
}

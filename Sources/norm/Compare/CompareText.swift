import Foundation
import Normalization
import TrainingStudy

/// What `norm compare` says to people.
struct CompareText {
    let measurement: Measurement

    /// The machine.
    var machine: String {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return MachineText.kernels(on: " on \(count(cores, "core"))")
    }

    /// The machine and how it is measured.
    var header: String {
        """
        \(machine)
        \(MachineText.nonTemporal)
        Medians of \(measurement.samples.lowerBound) to \(measurement.samples.upperBound) \
        samples, the engines taking turns; GB/s of the bytes that must move;
        differences and speed-up against the reference engine on one thread.
        """
    }

    /// The cases of one tensor and layer.
    func table(_ cases: [[EngineResult]], tensor: String) -> String {
        let results = cases.flatMap(\.self)
        guard let first = results.first else { return "" }
        let fastest = results.map(\.timing.median).min() ?? 0
        let (unit, scale, digits) = fastest < 1e-4 ? ("µs", 1e6, 1) : ("ms", 1e3, 2)
        var table = Table([
            ("operation", .left), ("engine", .left), ("threads", .right),
            ("median", .right), ("fastest", .right), ("GB/s", .right),
            ("difference", .right), ("speed-up", .right),
        ])
        var operation: Engine.Operation?
        for result in results {
            table.add([
                result.operation == operation ? "" : result.operation.rawValue,
                result.engine == result.chosen
                    ? result.engine.rawValue
                    : "\(result.engine.rawValue) (\(result.chosen.rawValue))",
                "\(result.threads)",
                "\(fixed(result.timing.median * scale, digits)) \(unit)",
                "\(fixed(result.timing.minimum * scale, digits)) \(unit)",
                fixed(result.gigabytesPerSecond, 1),
                scientific(result.maxAbsDifference),
                "\(fixed(result.speedup, 1))×",
            ])
            operation = result.operation
        }
        let title = "\(tensor), \(first.layer.rawValue) layer"
        return ([title] + table.lines).joined(separator: "\n")
    }

    /// One sentence on what was found in all cases, each of which has the results of every engine.
    func conclusion(_ cases: [[EngineResult]]) -> String {
        // The automatic choice runs one of the others: two draws would favour it.
        let winners = cases.compactMap { results in
            let own = results.filter { $0.engine == $0.chosen }
            return (own.isEmpty ? results : own).min { $0.timing.median < $1.timing.median }
        }
        let wins = Engine.allCases.map { engine in winners.filter { $0.chosen == engine } }
        guard
            let won = wins.max(by: { $0.count < $1.count }), let best = won.first?.chosen,
            let difference = cases.joined().map(\.maxAbsDifference).max()
        else { return "Nothing was compared." }
        let speedups = won.map(\.speedup).sorted()
        let speed =
            best == .reference
            ? "the reference itself"
            : "\(best.rawValue), \(fixed(speedups[0], 1)) to "
                + "\(fixed(speedups[speedups.count - 1], 1)) times as fast as the reference on one "
                + "thread\n(median \(fixed(median(speedups), 1)))"
        return "Fastest in \(won.count) of \(count(cases.count, "case")): \(speed).\n"
            + "The largest difference from the reference in any output is \(scientific(difference))."
    }

    private func scientific(_ value: Double) -> String {
        value == 0 ? "0" : String(format: "%.1e", value)
    }

    private func fixed(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }

    private func count(_ count: Int, _ noun: String) -> String {
        count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
    }
}

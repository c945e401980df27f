import Benchmark
import Normalization

/// Every operation with every fast engine at three shapes: long planes beyond the caches, short
/// planes, and features. The reference engine is not made to be fast.
nonisolated(unsafe) let benchmarks = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .peakMemoryResident],
        timeUnits: .microseconds,
        warmupIterations: 3,
        maxDuration: .seconds(2),
        maxIterations: 2000,
        // A machine that is not idle moves medians by a few percent.
        thresholds: [.wallClock: .init(relative: [.p50: 10])])

    let operations: [(String, (Workload) throws -> Void)] = [
        ("training", { try $0.training() }),
        ("inference", { try $0.inference() }),
        ("backward", { try $0.backward() }),
    ]
    let shapes = [[32, 64, 56, 56], [32, 1024, 7, 7], [256, 1024]]
    for shape in shapes {
        for engine in Engine.allCases where engine != .reference {
            for (operation, run) in operations {
                let dimensions = shape.map(String.init).joined(separator: "x")
                Benchmark(
                    "\(operation) \(dimensions) \(engine.rawValue)",
                    closure: { _, workload in try run(workload) },
                    setup: { try Workload(shape: shape, engine: engine) })
            }
        }
    }
}

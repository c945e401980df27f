import Normalization

/// The element types that a sweep can run on.
enum SweepType: String, CaseIterable {
    case float = "f4"
    case double = "f8"
    case half = "f2"
    case brain = "bf16"
}

/// One operation on one shape of the sweep, by every engine.
struct SweepCell {
    let plane: Int
    let channels: Int
    let operation: Engine.Operation
    /// The engine that runs by default.
    let chosen: Engine
    let results: [EngineResult]

    /// The default's time an element, in ns.
    var nanosecondsPerElement: Double { time(of: chosen) * 1e9 / Double(count) }
    /// The fastest engine.
    var best: Engine { results.min { $0.timing.median < $1.timing.median }?.engine ?? chosen }
    /// How many times as fast as the fastest engine the default is, 1 at most.
    var ratioToBest: Double { time(of: best) / time(of: chosen) }
    /// How many times as fast as the scalar reference our BLAS calls are.
    var blasToReference: Double { time(of: .reference) / time(of: .blas) }

    var shape: [Int] { results[0].shape }
    private var count: Int { shape.reduce(1, *) }

    private func time(of engine: Engine) -> Double {
        results.first { $0.engine == engine }?.timing.median ?? .infinity
    }
}

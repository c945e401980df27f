import Normalization

extension Engine.Operation {
    /// How many tensors must cross the memory bus: x and y, or x, ∂y and ∂x.
    var tensorsMoved: Int { self == .backward ? 3 : 2 }
}

/// One engine on one tensor: a row of the table, an object of the JSON.
struct EngineResult {
    let shape: [Int]
    let operation: Engine.Operation
    let engine: Engine
    /// The engine that ran: another where `engine` is the automatic choice.
    let chosen: Engine
    let layer: ComparedLayer
    /// The most threads the engine could use.
    let threads: Int
    let timing: Timing
    /// The bytes that must move; more may.
    let bytes: Int
    /// Against the reference engine, over the elements of y or ∂x.
    let maxAbsDifference: Double
    /// The median of the reference engine on one thread, in seconds.
    let referenceMedian: Double

    var gigabytesPerSecond: Double { Double(bytes) / timing.median / 1e9 }
    var speedup: Double { referenceMedian / timing.median }

    var json: String {
        let fields = [
            ("shape", "[\(shape.map(String.init).joined(separator: ", "))]"),
            ("operation", "\"\(operation.rawValue)\""),
            ("engine", "\"\(engine.rawValue)\""),
            ("layer", "\"\(layer.rawValue)\""),
            ("threads", "\(threads)"),
            ("median_ms", number(timing.median * 1e3)),
            ("min_ms", number(timing.minimum * 1e3)),
            ("gigabytes_per_second", number(gigabytesPerSecond)),
            ("max_abs_difference", number(maxAbsDifference)),
            ("speedup", number(speedup)),
        ]
        return "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }

    /// JSON has no infinities and no NaN.
    private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }
}

extension [EngineResult] {
    /// A JSON array, one object a line.
    var json: String {
        isEmpty ? "[]\n" : "[\n" + map { "  " + $0.json }.joined(separator: ",\n") + "\n]\n"
    }
}

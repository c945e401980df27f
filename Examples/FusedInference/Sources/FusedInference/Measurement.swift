import Normalization

/// One way from x to an activated output.
struct Way {
    var name: String
    /// The tensors that it reads and writes.
    var tensors: Int
    var run:
        (_ x: Span<Float>, _ residual: Span<Float>, _ y: inout MutableSpan<Float>) throws -> Void
}

/// What the ways work on: touched before the first run, and never zeros.
struct Tensors {
    var x: [Float]
    var residual: [Float]
    var y: [Float]
    let geometry: Geometry

    init(_ shape: [Int]) throws {
        geometry = try Geometry(shape)
        var generator = SystemRandomNumberGenerator()
        func numbers(_ count: Int) -> [Float] {
            (0..<count).map { _ in Float.random(in: -2...2, using: &generator) }
        }
        x = numbers(geometry.count)
        residual = numbers(geometry.count)
        y = numbers(geometry.count)
    }
}

/// The median time of each way in microseconds. The ways take turns, so that whatever else the
/// machine does meets all of them.
func medians(of ways: [Way], on tensors: inout Tensors) throws -> [Double] {
    let clock = ContinuousClock()
    // Small tensors several times a turn: the clock is good for a microsecond.
    let calls = max(1, 4_000_000 / max(1, tensors.geometry.count) / 8)
    let turns = 31
    var times = [[Double]](repeating: [], count: ways.count)
    let (x, residual) = (tensors.x, tensors.residual)
    var y = tensors.y.mutableSpan
    for turn in -2..<turns {
        for (index, way) in ways.enumerated() {
            try way.run(x.span, residual.span, &y)
            let start = clock.now
            for _ in 0..<calls { try way.run(x.span, residual.span, &y) }
            let time = start.duration(to: clock.now) / .microseconds(calls)
            // The first turns warm up.
            if turn >= 0 { times[index].append(time) }
        }
    }
    return times.map { $0.sorted()[$0.count / 2] }
}

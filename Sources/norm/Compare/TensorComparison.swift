import Normalization

/// The engines on one tensor, each against the reference.
struct TensorComparison<Element: ComparedElement> {
    private let tensor: ComparedTensor<Element>
    private var output: [Element]
    private var expected: [Element]

    /// - Throws: `NormalizationError` where there is nothing to compare: no value, or a NaN or an infinity
    ///   in x.
    init(_ x: [Element], geometry: Geometry) throws(NormalizationError) {
        guard geometry.count > 0 else {
            throw .tooFewValuesPerChannel(shape: geometry.shape)
        }
        let statistics = try BatchStatistics(
            of: x.span, geometry: geometry, engine: .reference)
        let isFinite = zip(statistics.mean, statistics.variance()).map {
            $0.isFinite && $1.isFinite
        }
        if let channel = isFinite.firstIndex(of: false) {
            throw .nonFiniteStatistics(channel: channel)
        }
        tensor = ComparedTensor(x, geometry: geometry, statistics: statistics)
        output = Array(repeating: Element(0.0), count: x.count)
        expected = output
    }

    /// A layer, ready for its calls.
    ///
    /// - Throws: `NormalizationError` where the tensor is none for this layer.
    func calls(of layer: ComparedLayer) throws(NormalizationError) -> any ComparedCalls<Element> {
        try layer.calls(tensor)
    }

    /// Runs `operation` on every contender: first for what it computes, then for how long it takes.
    ///
    /// - Returns: one result for each contender, in their order.
    mutating func results(
        of operation: Engine.Operation, layer: ComparedLayer,
        _ calls: any ComparedCalls<Element>, contenders: [Contender], measurement: Measurement
    ) throws -> [EngineResult] {
        // The reference takes part even where nobody asked to see it.
        let all = [.reference] + contenders.filter { $0 != .reference }
        let each = all.map { contender in
            var own = calls
            own.contender = contender
            return own
        }
        try run(operation, each[0], into: &expected)
        let differences = try each.map { calls in
            try run(operation, calls, into: &output)
            return largestDifference(output, expected)
        }
        var scratch: [Element] = []
        swap(&scratch, &output)
        defer { swap(&scratch, &output) }
        let timings = try measurement.times(count: all.count) { index in
            try run(operation, each[index], into: &scratch)
        }
        let results = all.indices.map { index in
            EngineResult(
                shape: tensor.geometry.shape, operation: operation, engine: all[index].engine,
                chosen: all[index].engine.chosen(for: operation, of: tensor.geometry),
                layer: layer, threads: all[index].threads, timing: timings[index],
                bytes: operation.tensorsMoved * tensor.x.count * MemoryLayout<Element>.stride,
                maxAbsDifference: differences[index], referenceMedian: timings[0].median)
        }
        return contenders.compactMap { contender in
            all.firstIndex(of: contender).map { results[$0] }
        }
    }

    private func run(
        _ operation: Engine.Operation, _ calls: any ComparedCalls<Element>,
        into output: inout [Element]
    ) throws {
        var target = output.mutableSpan
        try calls.run(operation, into: &target)
    }
}

/// max |a − b| over the elements, NaN where one difference is.
private func largestDifference<Element: ComparedElement>(
    _ a: [Element], _ b: [Element]
) -> Double {
    var largest = 0.0
    for index in a.indices where a[index] != b[index] {
        let difference = abs(a[index].number - b[index].number)
        if difference.isNaN { return .nan }
        largest = max(largest, difference)
    }
    return largest
}

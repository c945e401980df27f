import Normalization
import SeededRandom
import TrainingStudy

/// The engines on one tensor, each against the reference.
struct TensorComparison<Element: ComparedElement> {
    let geometry: Geometry
    private let x: [Element]
    /// A seeded normal ∂y: one of equal numbers would make ∂x zero.
    private let gradient: [Element]
    private let statistics: BatchStatistics
    private var output: [Element]
    private var expected: [Element]

    /// - Throws: `NormalizationError` where there is nothing to compare: at most one value per
    ///   channel, or a NaN or an infinity in x.
    init(_ x: [Element], geometry: Geometry) throws(NormalizationError) {
        guard geometry.valuesPerChannel > 1 else {
            throw .tooFewValuesPerChannel(shape: geometry.shape)
        }
        statistics = try BatchStatistics(of: x.span, geometry: geometry, engine: .reference)
        let isFinite = zip(statistics.mean, statistics.variance()).map {
            $0.isFinite && $1.isFinite
        }
        if let channel = isFinite.firstIndex(of: false) {
            throw .nonFiniteStatistics(channel: channel)
        }
        self.geometry = geometry
        self.x = x
        var generator = SplitMix64(seed: 3)
        let numbers: [Double] = generator.normal(count: x.count)
        gradient = numbers.map { Element($0) }
        output = Array(repeating: Element(0.0), count: x.count)
        expected = output
    }

    /// Runs `operation` on every contender: first for what it computes, then for how long it takes.
    ///
    /// - Returns: one result for each contender, in their order.
    mutating func results(
        of operation: Engine.Operation, layer kind: NormalizationKind, contenders: [Contender],
        measurement: Measurement
    ) throws -> [EngineResult] {
        let layer: BatchNorm<Element.Arithmetic> = try kind.trained(
            running: RunningStatistics(mean: statistics.mean, variance: statistics.variance()))
        // The reference takes part even where nobody asked to see it.
        let all = [.reference] + contenders.filter { $0 != .reference }
        let layers = all.map { contender in
            var layer = layer
            layer.engine = contender.engine
            layer.threadLimit = contender.threads
            return layer
        }
        try run(operation, layers[0], into: &expected)
        let differences = try layers.map { layer in
            try run(operation, layer, into: &output)
            return largestDifference(output, expected)
        }
        var scratch: [Element] = []
        swap(&scratch, &output)
        defer { swap(&scratch, &output) }
        let timings = try measurement.times(count: all.count) { index in
            try run(operation, layers[index], into: &scratch)
        }
        let results = all.indices.map { index in
            EngineResult(
                shape: geometry.shape, operation: operation, engine: all[index].engine,
                chosen: all[index].engine.chosen(for: operation, of: geometry),
                layer: kind, threads: all[index].threads, timing: timings[index],
                bytes: operation.tensorsMoved * x.count * MemoryLayout<Element>.stride,
                maxAbsDifference: differences[index], referenceMedian: timings[0].median)
        }
        return contenders.compactMap { contender in
            all.firstIndex(of: contender).map { results[$0] }
        }
    }

    private func run(
        _ operation: Engine.Operation, _ layer: BatchNorm<Element.Arithmetic>,
        into output: inout [Element]
    ) throws {
        var target = output.mutableSpan
        switch operation {
        case .training:
            _ = try layer.forward(x.span, into: &target, geometry: geometry)
        case .inference:
            try layer.inference(x.span, into: &target, geometry: geometry)
        case .backward:
            _ = try layer.backward(
                gradient.span, input: x.span, normalizedBy: .batch(statistics), into: &target,
                geometry: geometry)
        }
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

import Normalization
import SeededRandom
import TrainingStudy

/// The engines on one tensor, each against the reference.
struct TensorComparison<Scalar: NormalizationScalar> {
    let geometry: Geometry
    private let x: [Scalar]
    /// A seeded normal ∂y: one of equal numbers would make ∂x zero.
    private let gradient: [Scalar]
    private let statistics: BatchStatistics
    private var output: [Scalar]
    private var expected: [Scalar]

    /// - Throws: `NormalizationError` where there is nothing to compare: at most one value per
    ///   channel, or a NaN or an infinity in x.
    init(_ x: [Scalar], geometry: Geometry) throws(NormalizationError) {
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
        gradient = generator.normal(count: x.count)
        output = Array(repeating: 0, count: x.count)
        expected = output
    }

    /// Runs `operation` on every contender: first for what it computes, then for how long it takes.
    ///
    /// - Returns: one result for each contender, in their order.
    mutating func results(
        of operation: Engine.Operation, layer kind: NormalizationKind, contenders: [Contender],
        measurement: Measurement
    ) throws -> [EngineResult] {
        let layer: BatchNorm<Scalar> = try kind.trained(
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
        var scratch: [Scalar] = []
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
                bytes: operation.tensorsMoved * x.count * MemoryLayout<Scalar>.stride,
                maxAbsDifference: differences[index], referenceMedian: timings[0].median)
        }
        return contenders.compactMap { contender in
            all.firstIndex(of: contender).map { results[$0] }
        }
    }

    private func run(
        _ operation: Engine.Operation, _ layer: BatchNorm<Scalar>, into output: inout [Scalar]
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
private func largestDifference<Scalar: NormalizationScalar>(_ a: [Scalar], _ b: [Scalar]) -> Double
{
    var largest = 0.0
    for index in a.indices where a[index] != b[index] {
        let difference = abs(Double(a[index]) - Double(b[index]))
        if difference.isNaN { return .nan }
        largest = max(largest, difference)
    }
    return largest
}

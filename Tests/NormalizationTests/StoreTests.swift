import SeededRandom
import Testing

@testable import Normalization

/// Stores past the caches or through them: a choice of the machine's, and of the moment.
@Suite struct StoreTests {
    /// Samples, channels, positions: single values, planes below a vector, around one, across pieces of rows, and
    /// longer than a row of the BLAS engine.
    static let shapes = [
        [70, 33, 1], [90, 5, 3], [40, 3, 13], [12, 64, 16], [33, 37, 17], [5, 11, 100],
        [3, 3, 509], [2, 3, 2100],
    ]

    @Test(
        "no bit depends on whether stores go past the caches, or on what was read before",
        arguments: Subject.all, shapes)
    func noBitDependsOnTheStores(_ subject: Subject, shape: [Int]) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            for isLarge in [false, true] {
                func outputs(_ isNonTemporal: Bool, _ isReadFirst: Bool) throws -> [[Scalar]] {
                    try Self.outputs(of: shape, by: subject.engine) {
                        $0.isNonTemporal = isNonTemporal
                        $0.isReadFirst = isReadFirst
                        $0.isLarge = isLarge
                    }
                }
                let expected = try outputs(false, false)
                for (isNonTemporal, isReadFirst) in [(false, true), (true, false), (true, true)] {
                    let found = try outputs(isNonTemporal, isReadFirst)
                    #expect(
                        found == expected,
                        "large: \(isLarge), past: \(isNonTemporal), first: \(isReadFirst)")
                }
            }
        }
        try check(subject.element.scalar)
    }

    @Test(
        "stores go past the caches above the size that is told",
        arguments: Engine.Operation.allCases, [1, 2])
    func theSizeIsTheOneInUse(_ operation: Engine.Operation, threads: Int) throws {
        let told = Engine.nonTemporalSize(for: operation, threads: threads)
        guard told < 64 << 20 else { return }  // set from outside
        for (samples, isPast) in [(told / 1024, false), (told / 1024 + 1, true)] {
            let partition = Partition(channelsOf: try Geometry([samples, 16, 16]))
            let runner = PassRunner<Float>(
                operation, partition, engine: .fused, threadLimit: threads)
            guard runner.threads == threads else { continue }
            let contiguous = BlockGrid.contiguous(
                partition, elementSize: 4, nonTemporalSize: runner.nonTemporalSize)
            #expect(contiguous[0].isNonTemporal == isPast)
            let cut = BlockGrid.forReduction(
                partition, elementSize: 4, tensors: operation == .backward ? 2 : 1,
                nonTemporalSize: runner.nonTemporalSize)
            if case .resident(let grid) = cut { #expect(grid[0].isNonTemporal == isPast) }
        }
    }

    /// y and ∂x of a tensor that is one block.
    private static func outputs<Scalar: NormalizationScalar>(
        of shape: [Int], by engine: Engine, _ set: (inout Block) -> Void
    ) throws -> [[Scalar]] {
        let partition = Partition(channelsOf: try Geometry(shape))
        let channels = partition.lanes
        var generator = SplitMix64(mixing: shape.reduce(0, +))
        let x: [Scalar] = generator.normal(count: partition.count)
        let g: [Scalar] = generator.normal(count: partition.count)
        let passes = engine.passes(for: .training, of: partition)
        var block = Block(
            partition, outer: 0..<partition.outer, lanes: 0..<channels, inner: 0..<partition.inner)
        set(&block)
        return withCoefficients(lanes: channels, of: Scalar.self) { coefficients in
            let map = coefficients.normalize
            for lane in 0..<channels {
                map.gamma[lane] = 1 + generator.normal()
                map.beta[lane] = generator.normal()
                // Every other mean is large against the deviation, where BLAS takes the longer form.
                map.mean[lane] = lane.isMultiple(of: 2) ? generator.normal() : 100
                map.variance[lane] = 0.5 + generator.normal().magnitude
                coefficients.meanGradient[lane] = generator.normal()
                coefficients.meanGradientTimesNormalized[lane] = generator.normal()
            }
            passes.setDeviations(map, 0..<channels, epsilon: 1e-5)
            map.setMap(0..<channels, passes)
            _ = passes.setGradient(coefficients, 0..<channels, sumsOf: 1)
            return [
                output(.normalized(map, .nothing), x, block, passes),
                g.withTensorPointer { output(.inputGradient($0, coefficients), x, block, passes) },
            ]
        }
    }

    private static func output<Scalar: NormalizationScalar>(
        _ kind: OutputTask<Scalar>.Kind, _ x: [Scalar], _ block: Block,
        _ passes: any PassEngine.Type
    ) -> [Scalar] {
        var scratch = [Scalar](repeating: .nan, count: max(1, passes.scratchCount))
        var result = [Scalar](repeating: .nan, count: x.count)
        result.withUnsafeMutableBufferPointer { result in
            guard let result = result.baseAddress else { return }
            x.withTensorPointer { x in
                passes.write(
                    OutputTask(kind, of: x, block, into: MutableTensorPointer(result)),
                    scratch: &scratch)
            }
        }
        return result
    }
}

import Testing

@testable import Normalization

/// The passes of every engine over exact data (`ExactData`) cut into blocks of many sizes, with zero
/// tolerance: the cut must change no number. The layer's own cut depends on the shape alone, so other
/// sizes are reached only here.
@Suite struct BlockSizeTests {
    static let layouts = [
        Layout([8, 5]), Layout([256, 37]), Layout([2, 3, 64]), Layout([3, 70, 7, 7]),
        Layout([16, 6, 8, 8]), Layout([1, 2, 4096]), Layout([5, 3, 1009]), Layout([1024, 1]),
        Layout([4, 8, 8, 19], axis: -1), Layout([2, 300, 2]),
    ]

    /// Steps along outer, channels and positions. Those along pairs of values about the mean are even,
    /// since half a pair does not have that mean.
    static let steps: [(outer: Int, channels: Int, inner: Int)] = [
        (2, 1, 2), (2, 3, 6), (4, 2, 16), (6, 5, 34), (10, 64, 130), (32, 7, 1000),
        (2, 3, 1 << 20), (6, 64, 1 << 20), (1 << 20, 1, 1 << 20), (1 << 20, 1 << 20, 1 << 20),
    ]

    @Test("The environment names the size that is written past the caches in bytes, or never")
    func sizesOfTheEnvironment() {
        #expect(CacheSizes.size(of: "0") == 0 && CacheSizes.size(of: "3145728") == 3 << 20)
        #expect(CacheSizes.size(of: "never") == .max)
        for text in ["", "-1", "3M", "1e6", " 5", "99999999999999999999"] {
            #expect(CacheSizes.size(of: text) == nil, "\(text)")
        }
    }

    /// Blocks of one or two channels of such tensors took 1.1 to 1.8 times as long.
    @Test("a large tensor whose blocks would be few short rows is read in the order of memory")
    func shortRowsAreReadInOrder() throws {
        func isStriped(_ shape: [Int], tensors: Int) throws -> Bool {
            let partition = try Partition(channelsOf: Geometry(shape, channelAxis: 1))
            let cut = BlockGrid.forReduction(
                partition, elementSize: 4, tensors: tensors, nonTemporalSize: 0)
            guard case .striped(let grid) = cut else { return false }
            #expect(grid.laneStep == shape[1], "whole samples")
            return true
        }
        for (shape, one, two) in [
            ([1024, 64, 100], true, true), ([131, 256, 14, 14], true, true),
            ([32, 256, 28, 28], false, true), ([32, 64, 56, 56], false, true),
            ([32, 64, 112, 112], false, false), ([32, 256, 56, 56], false, false),
            ([64, 64, 100], false, false),
            ([4, 64, 200, 200], false, false),
        ] {
            #expect(try isStriped(shape, tensors: 1) == one, "\(shape)")
            #expect(try isStriped(shape, tensors: 2) == two, "\(shape)")
        }
    }

    @Test("no size of blocks changes a number of exact data", arguments: Subject.all, layouts)
    func blockSizeChangesNoNumber(_ subject: Subject, layout: Layout) throws {
        let exact = try ExactData(layout, subject.element, exponent: 2)
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            for (outer, channels, inner) in Self.steps {
                let grid = BlockGrid(
                    Partition(channelsOf: exact.data.geometry), outer: outer, lanes: channels,
                    inner: inner)
                try BlockedPasses<Scalar>(exact, grid, subject.engine).expectExact(
                    "\(subject) \(layout), blocks of \(outer) × \(channels) × \(inner)")
            }
        }
        try check(subject.element.scalar)
    }
}

/// Four passes of one engine over the blocks of a grid.
private struct BlockedPasses<Scalar: NormalizationScalar> {
    let exact: ExactData
    let grid: BlockGrid
    let passes: any PassEngine.Type
    let x: [Scalar]
    let gradient: [Scalar]

    init(_ exact: ExactData, _ grid: BlockGrid, _ engine: Engine) {
        self.exact = exact
        self.grid = grid
        passes = engine.passes(for: .training, of: grid.partition)
        x = converted(exact.data.x, to: Scalar.self)
        gradient = converted(exact.data.gradient, to: Scalar.self)
    }

    func expectExact(_ comment: Comment) throws {
        let channels = grid.partition.lanes
        var moments = [Moments](repeating: Moments(), count: channels)
        forEachBlock(initial: Moments()) { block, partial, scratch in
            x.withTensorPointer { passes.moments($0, block, into: partial, scratch: scratch) }
        } merge: {
            moments[$0].merge($1)
        }
        #expect(moments.map(\.mean) == exact.statistics.mean, comment)
        #expect(moments.map(\.m2) == exact.statistics.sumOfSquaredDeviations, comment)
        #expect(moments.allSatisfy { $0.count == grid.partition.valuesPerLane }, comment)

        // With the variance 9 of `ExactData`'s running statistics, s is exact.
        withCoefficients(lanes: channels, of: Scalar.self) { coefficients in
            expectExact(by: coefficients, comment)
        }
    }

    private func expectExact(
        by coefficients: InputGradientCoefficients<Scalar>, _ comment: Comment
    ) {
        let channels = grid.partition.lanes
        let normalize = coefficients.normalize
        CallAffine<Scalar>.ofLayer(
            gamma: exact.data.gamma.converted(), beta: exact.data.beta.converted()
        ).write(to: normalize, 0..<channels, of: grid.partition)
        normalize.setStatistics(
            mean: exact.data.running.mean, variance: exact.data.running.variance,
            0..<channels, epsilon: exact.data.problem.epsilon, passes)
        let y = output { _ in .normalized(normalize, .nothing) }
        #expect(firstDifference(converted(y, to: Double.self), exact.inference) == nil, comment)

        var sums = [LaneGradientSums](repeating: LaneGradientSums(), count: channels)
        forEachBlock(initial: LaneGradientSums()) { block, partial, scratch in
            x.withTensorPointer { x in
                gradient.withTensorPointer { gradient in
                    passes.gradientSums(
                        x, gradient, block, by: normalize, into: partial, scratch: scratch)
                }
            }
        } merge: {
            sums[$0].merge($1)
        }
        #expect(sums.map(\.gradient) == exact.beta, comment)
        #expect(sums.map(\.gradientTimesNormalized) == exact.gamma, comment)

        guard let expected = exact.inputGradient else { return }
        coefficients.setSums(
            sums, 0..<channels, count: grid.partition.valuesPerLane, passes)
        let dx = output { .inputGradient($0, coefficients) }
        #expect(firstDifference(converted(dx, to: Double.self), expected) == nil, comment)
    }

    /// What the engine writes block by block, of a kind that may read the gradient.
    private func output(
        _ kind: (TensorPointer<Scalar>) -> OutputTask<Scalar>.Kind
    ) -> [Scalar] {
        [Scalar](unsafeUninitializedCapacity: x.count) { output, count in
            output.initialize(repeating: .nan)
            count = x.count
            guard let output = output.baseAddress else { return }
            x.withTensorPointer { x in
                gradient.withTensorPointer { g in
                    forEachBlock(initial: 0.0) { block, _, scratch in
                        passes.write(
                            OutputTask(kind(g), of: x, block, into: MutableTensorPointer(output)),
                            scratch: scratch)
                    } merge: { _, _ in
                    }
                }
            }
        }
    }

    /// Runs `body` on every block with a number of each of its channels and scratch memory of the
    /// size that the engine asks for, then `merge` on the channels' numbers.
    private func forEachBlock<Partial>(
        initial: Partial,
        _ body: (Block, UnsafeMutablePointer<Partial>, UnsafeMutablePointer<Scalar>) -> Void,
        merge: (Int, Partial) -> Void
    ) {
        let scratch = UnsafeMutableBufferPointer<Scalar>.allocate(
            capacity: max(1, passes.scratchCount))
        defer { scratch.deallocate() }
        scratch.initialize(repeating: .nan)
        guard let scratch = scratch.baseAddress else { return }
        for index in 0..<grid.count {
            let block = grid[index]
            var partials = [Partial](repeating: initial, count: block.lanes)
            body(block, &partials, scratch)
            for channel in partials.indices {
                merge(block.firstLane + channel, partials[channel])
            }
        }
    }
}

extension Array where Element: NormalizationScalar {
    /// Calls `body` with where the numbers lie.
    func withTensorPointer<Result>(_ body: (TensorPointer<Element>) -> Result) -> Result {
        withUnsafeBufferPointer { body(TensorPointer($0.baseAddress!)) }
    }
}

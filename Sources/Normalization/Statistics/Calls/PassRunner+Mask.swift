// Masks: a block is a list of parts that are valid or not, and each part a block. No pass knows of it but for
// the sums of all valid parts of a block at once.

/// Sums over the valid parts of a block, merged in memory order.
@safe
struct MaskedReduction<Base: LaneReduction>: LaneReduction {
    typealias Scalar = Base.Scalar
    typealias Sums = Base.Sums

    let base: Base
    let mask: PositionMask
    var tensors: Int { base.tensors }

    func sum(
        _ block: Block, on runner: PassRunner<Scalar>, into sums: UnsafeMutablePointer<Sums>,
        writing meanwhile: OutputTask<Scalar>?, scratch: UnsafeMutablePointer<Scalar>
    ) {
        // To the bit what there is without a mask.
        if mask.isFull {
            return unsafe base.sum(
                block, on: runner, into: sums, writing: meanwhile, scratch: scratch)
        }
        if let meanwhile { unsafe runner.write(meanwhile, scratch) }
        let parts = ValidParts(block: block, partition: runner.partition, mask: mask)
        if unsafe base.sum(of: parts, on: runner, into: sums, scratch: scratch) { return }
        let lanes = block.lanes
        unsafe sums.update(repeating: Sums(), count: lanes)
        unsafe withUnsafeTemporaryAllocation(of: Sums.self, capacity: lanes) { memory in
            guard let found = memory.baseAddress else { return }
            unsafe found.initialize(repeating: Sums(), count: lanes)
            parts.forEachPart { part in
                unsafe base.sum(part, on: runner, into: found, writing: nil, scratch: scratch)
                for lane in 0..<lanes { unsafe sums[lane].merge(found[lane]) }
            }
        }
    }
}

extension PassRunner {
    /// Sums of every lane, a rule, and outputs of each block: as `reduce`, for blocks that have several outputs.
    func reduceEach<Reduction: LaneReduction<Scalar>>(
        _ reduction: Reduction, into sums: UnsafeMutablePointer<Reduction.Sums>,
        prepare: (Range<Int>) -> Void = { _ in }, rule: (Range<Int>) -> Void,
        outputs: (Block, _ write: (OutputTask<Scalar>) -> Void) -> Void
    ) {
        // Each part of a block is a call. No other block is written meanwhile, so one may take the room of both.
        let cut = BlockGrid.forReduction(
            partition, elementSize: MemoryLayout<Scalar>.stride, tensors: reduction.tensors,
            nonTemporalSize: nonTemporalSize, blockSize: 2 * CacheSizes.block)
        guard case .resident(let grid) = cut else {
            unsafe reduce(reduction, into: sums, prepare: prepare)
            rule(0..<partition.laneCount)
            return writeAll(nil, outputs)
        }
        unsafe forEachBlock(of: grid) { index, scratch in
            let block = grid[index]
            prepare(block.laneRange)
            unsafe reduction.sum(
                block, on: self, into: sums + block.firstLane, writing: nil, scratch: scratch)
            rule(block.laneRange)
            outputs(block) { unsafe write($0, scratch) }
        }
    }
}

extension Block {
    /// Makes this part of a tensor zero.
    func clear<Scalar>(_ tensor: MutableTensorPointer<Scalar>) {
        for row in 0..<outer {
            if isContiguousInSamples {
                unsafe (tensor + plane(row, 0)).clear(lanes * inner)
            } else {
                for lane in 0..<lanes { unsafe (tensor + plane(row, lane)).clear(inner) }
            }
        }
    }
}

extension BatchStatistics {
    /// The statistics of the valid positions of a batch; ``count`` is how many these are. Nothing of the others is read.
    ///
    /// - Parameters:
    ///   - x: the values, `geometry.count` of them.
    ///   - geometry: how x is read.
    ///   - mask: which positions are valid.
    ///   - engine: the engine that does the work.
    ///   - threadLimit: the most threads; `nil` goes by size and processors.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/invalidThreadLimit(_:)``.
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    public init<Element: NormalizationElement>(
        of x: Span<Element>, geometry: Geometry, mask: PositionMask, engine: Engine = .default,
        threadLimit: Int? = nil
    ) throws(NormalizationError) {
        if let threadLimit, threadLimit < 1 { throw .invalidThreadLimit(threadLimit) }
        self = try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe CallBuffer(.input, x).check(count: geometry.count)
            try mask.check(geometry)
            guard let x = unsafe TensorBuffer<Element.Arithmetic>(x).start, mask.validCount > 0
            else {
                return BatchStatistics(emptyWithChannels: geometry.channels)
            }
            let runner = PassRunner<Element.Arithmetic>(
                .training, Partition(channelsOf: geometry), engine: engine,
                threadLimit: threadLimit)
            return unsafe runner.statistics(
                of: MaskedReduction(base: MomentsReduction(x: x), mask: mask),
                count: mask.validCount)
        }
    }
}

/// A part of a tensor that one pass works on: some outer indices × some lanes × some positions of
/// their planes. Element (o, l, i) lies at `offset + o · outerStride + l · laneStride + i`.
///
/// Where planes are single values (features and channels-last data) a row of lanes is contiguous.
struct Block: Sendable {
    /// Where the block's first element lies in the tensor.
    var offset: Int
    var outer: Int
    var lanes: Int
    var inner: Int
    var outerStride: Int
    var laneStride: Int
    /// The index of the block's first lane in the tables of coefficients.
    var firstLane: Int
    /// Whether an output is too large to stay in the last-level cache anyway, so that stores may go
    /// past it.
    var isNonTemporal = false
    /// Whether an output reads the block from memory, not again after sums.
    var isReadFirst = false
    /// Whether the tensor is one that does not stay in a cache, on any machine.
    var isLarge = false

    /// The block's lanes, as the tables count them.
    var laneRange: Range<Int> { firstLane..<firstLane + lanes }
    /// Whether the block's part of a sample is one run of memory.
    var isContiguousInSamples: Bool { lanes == 1 || laneStride == inner }
    /// The number of values of each lane in this block.
    var valuesPerLane: Int { outer * inner }
    var elementCount: Int { valuesPerLane * lanes }

    /// A part of one table of a partition.
    init(
        _ partition: Partition, table: Int = 0, outer: Range<Int>, lanes: Range<Int>,
        inner: Range<Int>
    ) {
        outerStride = partition.outerStride
        laneStride = partition.inner
        offset =
            partition.start + (table * partition.outer + outer.lowerBound) * outerStride
            + lanes.lowerBound * laneStride + inner.lowerBound
        firstLane = table * partition.lanes + lanes.lowerBound
        self.outer = outer.count
        self.lanes = lanes.count
        self.inner = inner.count
    }

    /// The same block, whose output may go past the cache only where `allowed`.
    func nonTemporal(ifAllowed allowed: Bool) -> Block {
        var block = self
        block.isNonTemporal = isNonTemporal && allowed
        return block
    }

    /// The same block narrowed to some of its lanes, counted within the block.
    func narrowed(toLanes range: Range<Int>) -> Block {
        var block = self
        block.offset += range.lowerBound * laneStride
        block.firstLane += range.lowerBound
        block.lanes = range.count
        return block
    }

    /// The same block narrowed to some of its outer indices, counted within the block.
    func narrowed(toOuter range: Range<Int>) -> Block {
        var block = self
        block.offset += range.lowerBound * outerStride
        block.outer = range.count
        return block
    }

    /// The same block narrowed to some positions of its planes, counted within the block.
    func narrowed(toInner range: Range<Int>) -> Block {
        var block = self
        block.offset += range.lowerBound
        block.inner = range.count
        return block
    }

    /// So many positions behind each plane.
    func behind(_ count: Int) -> Block {
        var block = self
        block.offset += inner
        block.inner = count
        return block
    }

    /// Where plane (outer index, lane) of this block starts in the tensor.
    func plane(_ outer: Int, _ lane: Int) -> Int {
        offset + outer * outerStride + lane * laneStride
    }
}

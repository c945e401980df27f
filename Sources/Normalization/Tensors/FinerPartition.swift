/// A partition whose lanes are parts of another one's: sums are of the coarse lanes, and an output has
/// coefficients for the fine ones.
///
/// | coarse lanes | fine lanes |
/// | --- | --- |
/// | groups of channels of samples, each one run of memory | channels of samples |
/// | channels | channels of samples |
struct FinerPartition: Sendable {
    let partition: Partition
    private let coarse: Partition

    init(_ partition: Partition, of coarse: Partition) {
        self.partition = partition
        self.coarse = coarse
    }

    /// How many fine lanes a coarse lane has beside each other in memory.
    private var adjacent: Int { coarse.inner / partition.inner }

    /// How many fine blocks a block of whole coarse lanes is.
    var parts: Int { partition.laneCount / coarse.laneCount / adjacent }

    /// Whether the parts of a grid's blocks are long enough to be worth a call each.
    func isWorthParts(_ grid: BlockGrid) -> Bool {
        parts == 1 || grid.laneStep * coarse.valuesPerLane / parts >= Self.shortestPart
    }

    /// The fewest elements of a part: less take longer one by one than a second walk over all of them.
    private static let shortestPart = 2048

    /// Part `index` of a block of whole coarse lanes.
    func part(_ index: Int, of block: Block) -> Block {
        let rows = block.outer / parts
        var part = block.narrowed(toOuter: index * rows..<(index + 1) * rows)
        part.firstLane = index * coarse.laneCount * adjacent + block.firstLane * adjacent
        part.lanes = block.lanes * adjacent
        part.inner = partition.inner
        part.laneStride = partition.inner
        return part
    }
}

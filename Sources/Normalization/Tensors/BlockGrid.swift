/// How a tensor is cut into blocks: steps along outer, lanes and positions in a plane, in each table. The
/// cut depends on the partition alone, never on the number of threads, and so do the bits of every result.
struct BlockGrid: Sendable {
    let partition: Partition
    private let step: (outer: Int, lanes: Int, inner: Int)
    private let blocks: (outer: Int, lanes: Int, inner: Int)
    /// Whether an output is too large to be worth a place in the cache.
    private let isNonTemporal: Bool
    private let isReadFirst: Bool
    private let isLarge: Bool

    init(
        _ partition: Partition, outer: Int, lanes: Int, inner: Int, bytes: Int = 0,
        isNonTemporal: Bool = false, isReadFirst: Bool = false
    ) {
        isLarge = bytes > CacheSizes.large
        self.isNonTemporal = isNonTemporal
        self.isReadFirst = isReadFirst
        self.partition = partition
        step = (max(1, outer), max(1, lanes), max(1, inner))
        blocks = (
            partition.outer.dividedRoundingUp(by: step.outer),
            partition.lanes.dividedRoundingUp(by: step.lanes),
            partition.inner.dividedRoundingUp(by: step.inner)
        )
    }

    var count: Int { partition.tables * blocks.outer * blocks.lanes * blocks.inner }
    /// The most lanes a block has.
    var laneStep: Int { step.lanes }
    /// Block `index`, in memory order.
    subscript(index: Int) -> Block {
        let (upper, inner) = index.quotientAndRemainder(dividingBy: blocks.inner)
        let (rows, lanes) = upper.quotientAndRemainder(dividingBy: blocks.lanes)
        let (table, outer) =
            partition.tables == 1 ? (0, rows) : rows.quotientAndRemainder(dividingBy: blocks.outer)
        func range(_ index: Int, _ step: Int, _ limit: Int) -> Range<Int> {
            index * step..<min(limit, (index + 1) * step)
        }
        var block = Block(
            partition, table: table, outer: range(outer, step.outer, partition.outer),
            lanes: range(lanes, step.lanes, partition.lanes),
            inner: range(inner, step.inner, partition.inner))
        block.isNonTemporal = isNonTemporal
        block.isReadFirst = isReadFirst
        block.isLarge = isLarge
        return block
    }
}

extension BlockGrid {
    /// Runs of memory of a length that suits the cache, in memory order: how passes walk that read and
    /// write each value once.
    ///
    /// - Parameters:
    ///   - elementSize: the bytes of an element.
    ///   - nonTemporalSize: the bytes above which an output goes past the caches.
    static func contiguous(
        _ partition: Partition, elementSize: Int, nonTemporalSize: Int
    ) -> BlockGrid {
        let target = CacheSizes.run / elementSize
        let row = partition.lanes * partition.inner
        let bytes = partition.tensorCount * elementSize
        let isNonTemporal = bytes > nonTemporalSize
        // Kernels expand the coefficients of short planes to one a column, which a block of few rows
        // would pay for again and again. Planes of a line do without where memory's order is dearer.
        let columns = CacheSizes.columns / elementSize
        let longest = CacheSizes.line / elementSize - (isNonTemporal ? 1 : 0)
        if (2...longest).contains(partition.inner), row > columns {
            let lanes = (columns / partition.inner).roundedDown(
                toMultipleOf: lineUnit(partition, elementSize: elementSize))
            return BlockGrid(
                partition, outer: target / (lanes * partition.inner), lanes: lanes,
                inner: partition.inner, bytes: bytes, isNonTemporal: isNonTemporal,
                isReadFirst: true)
        }
        let isShort = partition.inner <= target
        return BlockGrid(
            partition, outer: target / max(1, row),
            lanes: isShort ? target / max(1, partition.inner) : 1,
            inner: isShort ? partition.inner : target,
            bytes: bytes, isNonTemporal: isNonTemporal, isReadFirst: true)
    }

    enum Reduction {
        /// Whole groups of lanes, few enough to stay in cache from their sums to their output.
        case resident(BlockGrid)
        /// Parts of lanes, whose sums are merged before a second walk writes the output.
        case striped(BlockGrid)
    }

    /// The cut for passes that need the whole of a lane before they write it.
    ///
    /// - Parameters:
    ///   - elementSize: the bytes of an element.
    ///   - tensors: how many tensors the pass reads.
    ///   - nonTemporalSize: the bytes above which an output goes past the caches.
    ///   - blockSize: the bytes of these that a block shall have at most, unless a lane has more.
    static func forReduction(
        _ partition: Partition, elementSize: Int, tensors: Int, nonTemporalSize: Int,
        blockSize: Int = CacheSizes.block
    ) -> Reduction {
        let laneBytes = partition.valuesPerLane * elementSize * tensors
        let bytes = partition.tensorCount * elementSize
        func resident(_ width: Int) -> Reduction {
            .resident(
                BlockGrid(
                    partition, outer: partition.outer, lanes: width, inner: partition.inner,
                    bytes: bytes, isNonTemporal: bytes > nonTemporalSize))
        }
        if areBlocks(partition, laneBytes: laneBytes) { return resident(partition.lanes) }
        let totalBytes = laneBytes * partition.laneCount
        let isSmall = totalBytes <= CacheSizes.serial
        guard
            let width = residentWidth(
                partition, elementSize: elementSize, laneBytes: laneBytes, blockSize: blockSize,
                isSmall: isSmall),
            !isFasterInOrder(partition, elementSize: elementSize, tensors: tensors)
        else { return .striped(stripes(partition, elementSize: elementSize)) }

        let blocks = partition.lanes.dividedRoundingUp(by: width) * partition.tables
        let fits =
            blocks >= 4 && width * laneBytes <= CacheSizes.resident
            || blocks >= 32 && width * laneBytes <= CacheSizes.residentOfMany
        guard isSmall || fits else {
            return .striped(stripes(partition, elementSize: elementSize))
        }
        return resident(width)
    }

    /// Whether memory is read twice in its order sooner than once in that of blocks: where these have few lanes, and
    /// what each row has of them is found anew. Two tensors that are read at once take longer rows. It goes by a block
    /// of one size on every machine, and by the part of a tensor alone, since last bits depend on it.
    private static func isFasterInOrder(
        _ partition: Partition, elementSize: Int, tensors: Int
    ) -> Bool {
        guard CacheSizes.inOrder.contains(partition.count * elementSize), partition.tables == 1,
            partition.outer >= stripeCount(partition, elementSize: elementSize),
            let width = residentWidth(
                partition, elementSize: elementSize,
                laneBytes: partition.valuesPerLane * elementSize * tensors,
                blockSize: CacheSizes.leastBlock, isSmall: false)
        else { return false }
        let row = width * partition.inner * elementSize
        return width <= mostLanesInOrder
            && row < (tensors == 1 ? CacheSizes.longRow : CacheSizes.longRowOfTwo)
    }

    private static let mostLanesInOrder = 4

    /// Whether each table is a block, one run of memory: where there are some, and a cache holds one.
    private static func areBlocks(_ partition: Partition, laneBytes: Int) -> Bool {
        partition.tables >= 4 && partition.lanes * laneBytes <= CacheSizes.residentOfMany / 2
    }

    /// Planes shorter than what a block should take of a row are cut as single values are: a block or a
    /// stripe of one to three lanes would give each row a few values far apart.
    private static func hasShortPlanes(_ partition: Partition, elementSize: Int) -> Bool {
        partition.inner * elementSize < CacheSizes.row
    }

    /// So many lanes begin and end with a cache line, if the first does: such rows of a block are read
    /// once, and no line of them is shared with another.
    private static func lineUnit(_ partition: Partition, elementSize: Int) -> Int {
        let powerOfTwo = max(1, partition.inner & -partition.inner)
        return max(1, CacheSizes.line / elementSize / powerOfTwo)
    }

    /// How many lanes a resident block has; `nil` where its rows would be too short to be read fast.
    private static func residentWidth(
        _ partition: Partition, elementSize: Int, laneBytes: Int, blockSize: Int, isSmall: Bool
    ) -> Int? {
        var width = max(1, blockSize / max(1, laneBytes))
        if !isSmall {
            // Enough blocks that all cores finish together.
            width = min(width, partition.laneCount.dividedRoundingUp(by: 8))
        }
        let unit = lineUnit(partition, elementSize: elementSize)
        if hasShortPlanes(partition, elementSize: elementSize) {
            // Short planes are read as rows of columns: long enough for the processor to follow.
            let longest = (CacheSizes.row / elementSize).dividedRoundingUp(
                by: max(1, partition.inner))
            let least = min(longest, partition.lanes / 4)
            if partition.inner == 1 || width < least {
                width = max(width, least).roundedUp(toMultipleOf: unit)
            } else if width > unit {
                width -= width % unit
            }
            if !isSmall && width < longest / 2 { return nil }
        } else if width > unit {
            width -= width % unit
        }
        // Groups stay whole.
        if partition.groupSize > 1 {
            width = max(partition.groupSize, width - width % partition.groupSize)
        }
        return min(width, partition.lanes)
    }

    /// Merging the statistics of a lane takes as long as summing so many values, or half of them.
    private static let leastValuesOfAStripe = 512

    /// At most 32 stripes of each lane, whose statistics are merged: memory for them is O(lanes), and
    /// there are enough for every core.
    private static func stripeCount(_ partition: Partition, elementSize: Int) -> Int {
        let worthMerging = partition.valuesPerLane / leastValuesOfAStripe
        let bytes = partition.count * elementSize
        return min(32, max(1, min(worthMerging, bytes / CacheSizes.stripe)))
    }

    /// They begin at even places, so that values in pairs about the mean give every stripe that mean, and merge
    /// without rounding.
    private static func stripes(_ partition: Partition, elementSize: Int) -> BlockGrid {
        let stripes = stripeCount(partition, elementSize: elementSize)
        if partition.outer >= stripes {
            return BlockGrid(
                partition,
                outer: partition.outer.dividedRoundingUp(by: stripes).roundedUp(toMultipleOf: 2),
                lanes: partition.lanes, inner: partition.inner)
        }
        let isShort = hasShortPlanes(partition, elementSize: elementSize)
        let lanes = isShort ? partition.lanes : 1
        return BlockGrid(
            partition, outer: 1, lanes: lanes,
            inner: partition.inner.dividedRoundingUp(
                by: max(1, stripes / max(1, partition.outer))
            ).roundedUp(toMultipleOf: 16))
    }
}

/// A part of a tensor of rows that one pass works on: some rows, and some positions of each.
///
/// Value j of row r at position i lies at `(r · width + j) · inner + i`, its statistics at `r · inner + i`.
struct RowBlock: Sendable {
    var rows: Range<Int>
    var positions: Range<Int>
    let width: Int
    let inner: Int

    /// Where the block's first value lies in the tensor.
    var offset: Int { rows.lowerBound * width * inner + positions.lowerBound }
    /// Where the numbers of the block's first row and position stand.
    var firstStatistic: Int { rows.lowerBound * inner + positions.lowerBound }

    /// One row of the block, counted within it.
    func row(_ row: Int) -> RowBlock {
        var block = self
        block.rows = rows.lowerBound + row..<rows.lowerBound + row + 1
        return block
    }
}

/// How a tensor of rows is cut into blocks, and these into stripes whose sums over rows are merged. The cut
/// depends on the geometry alone, never on the number of threads, and so do the bits of every result.
struct RowGrid: Sendable {
    private let geometry: RowGeometry
    private let step: (rows: Int, positions: Int)
    private let blocksPerRow: Int
    /// The number of blocks.
    let count: Int
    /// The blocks of a stripe: the same for all but the last.
    let blocksPerStripe: Int

    /// The most positions of a block: the kernels have tables of so many.
    static let mostPositions = 512
    /// A block has at most so many rows: its statistics are a part of what it takes of the caches.
    private static let mostRows = 4096
    /// Stripes of fewer rows would cost more to merge than they are worth.
    private static let leastRowsOfStripe = 32
    private static let mostStripes = 32
    /// The bytes of the sums of all stripes at most, unless there would be less than some stripes.
    private static let stripeBytes = 2 << 20
    private static let someStripes = 8

    /// The number of stripes.
    var stripes: Int { count.dividedRoundingUp(by: blocksPerStripe) }

    init(_ geometry: RowGeometry, elementSize: Int) {
        self.geometry = geometry
        let (width, inner) = (geometry.width, geometry.inner)
        let target = CacheSizes.run / elementSize
        if inner <= Self.mostPositions && width * inner <= target {
            step = (min(Self.mostRows, max(1, target / max(1, width * inner))), inner)
        } else if inner == 1 {
            step = (1, 1)
        } else {
            // Whole cache lines of each plane.
            let line = CacheSizes.line / elementSize
            let positions = max(line, target / max(1, width) / line * line)
            step = (1, min(inner, positions, Self.mostPositions))
        }
        blocksPerRow = inner.dividedRoundingUp(by: max(1, step.positions))
        count = geometry.rows.dividedRoundingUp(by: step.rows) * blocksPerRow
        let fitting = Self.stripeBytes / (2 * MemoryLayout<Double>.stride * max(1, width))
        let stripes = min(
            max(Self.someStripes, min(Self.mostStripes, fitting)),
            max(1, geometry.statisticsCount / Self.leastRowsOfStripe))
        blocksPerStripe = max(1, count.dividedRoundingUp(by: stripes))
    }

    /// Block `index`, in memory order.
    subscript(index: Int) -> RowBlock {
        let (row, part) = index.quotientAndRemainder(dividingBy: blocksPerRow)
        func range(_ index: Int, _ step: Int, _ limit: Int) -> Range<Int> {
            index * step..<min(limit, (index + 1) * step)
        }
        return RowBlock(
            rows: range(row, step.rows, geometry.rows),
            positions: range(part, step.positions, geometry.inner), width: geometry.width,
            inner: geometry.inner)
    }

    /// The blocks of stripe `index`.
    func blocks(ofStripe index: Int) -> Range<Int> {
        index * blocksPerStripe..<min(count, (index + 1) * blocksPerStripe)
    }
}

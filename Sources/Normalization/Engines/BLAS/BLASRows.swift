internal import BLAS

/// A block as rows of one lane each, for calls that take vectors.
///
/// Long planes are cut into pieces. Where planes are short the batch is walked in tiles, transposed
/// by omatcopy, so that what was a column through the samples becomes a row.
enum BLASRows {
    /// The most elements of a row or a tile; OpenBLAS starts no threads of its own for so few, and
    /// x, g, result and work fit in L1 together.
    static let length = 2048
    /// Sums in the element type round at each addition; rows this short keep their error at about 40
    /// units in the last place at worst (1024 values in 32 lanes), a few in practice.
    private static let sumLength = 1024

    /// How many bytes ahead of the calls memory is read: no call looks further than its own row.
    private static let readAhead = 8 << 10
    /// The fewest elements that are worth asking for.
    private static let shortestRead = 256

    /// The shortest rows that calls beat a scalar loop on.
    private static let shortestRow = 32
    /// The same of sums of one tensor, which the scalar loop walks twice with compensation.
    private static let shortestSum = 6

    /// Whether rows are long enough for calls of sums and input gradients to beat a scalar loop.
    static func areWorthCalls<Scalar>(_ block: Block, of _: Scalar.Type) -> Bool {
        rowLength(block, of: Scalar.self) >= shortestRow
    }

    /// The same of moments.
    static func momentsAreWorthCalls<Scalar>(_ block: Block, of _: Scalar.Type) -> Bool {
        rowLength(block, of: Scalar.self) >= shortestSum
    }

    /// Rows of sums are planes, or columns through the samples.
    private static func rowLength<Scalar>(_ block: Block, of _: Scalar.Type) -> Int {
        areTiles(block, of: Scalar.self) ? block.outer : block.inner
    }

    /// The same of an input gradient, which is turned back as well: of planes from 16 values on for
    /// longer rows only.
    static func gradientIsWorthCalls<Scalar>(_ block: Block, of _: Scalar.Type) -> Bool {
        guard areTiles(block, of: Scalar.self) else { return block.inner >= shortestRow }
        return canTurnBack(block, of: Scalar.self)
            && block.outer >= (block.inner < 16 ? shortestRow : 2 * shortestRow)
    }

    /// Whether y is written by turned rows, which beat loops over planes where those are short. In
    /// `Double` a plain loop over longer planes beats the two passes that BLAS needs for y = a · x + b.
    static func outputIsWorthTurning<Scalar>(_ block: Block, of _: Scalar.Type) -> Bool {
        areTiles(block, of: Scalar.self) && canTurnBack(block, of: Scalar.self)
            && block.outer >= (block.inner == 1 ? shortestRow / 4 : shortestRow)
            && block.inner < (Scalar.self == Float.self ? 8 : 3)
    }

    /// Whether y is written plane by plane, with loops in the element type where calls cost more: planes of
    /// whole vectors, or of some.
    static func outputIsWorthCalls<Scalar>(_ block: Block, of _: Scalar.Type) -> Bool {
        Scalar.self == Float.self && (block.inner >= 16 || block.inner == 8)
    }

    /// Whether samples, not planes, make the longer rows. Half as many values of `Double` fit a vector,
    /// and turning them costs twice as much.
    static func areTiles<Scalar>(_ block: Block, of _: Scalar.Type) -> Bool {
        let longest = hasConflicts(block, of: Scalar.self) ? 2 : Scalar.self == Float.self ? 31 : 8
        return block.inner <= longest && block.outer > block.inner
            && block.laneStride == block.inner
    }

    /// Whether turned rows go back fast. Those of more than two columns would come from memory a few values a
    /// line, and return by omatcopy, which knows no stores past the caches.
    private static func canTurnBack<Scalar>(_ block: Block, of _: Scalar.Type) -> Bool {
        (Scalar.self == Float.self || !hasConflicts(block, of: Scalar.self))
            && !(block.isLarge && block.inner > 2)
    }

    /// Whether samples are 2 KiB or a multiple apart: they share a few places of L1, and push each other
    /// out.
    private static func hasConflicts<Scalar>(_ block: Block, of _: Scalar.Type) -> Bool {
        block.outerStride * MemoryLayout<Scalar>.stride % (2 << 10) == 0
    }

    /// Calls `body` with (lane of the block, count, row of x, row of g).
    @inline(__always)
    static func forEachRow<Scalar: NormalizationScalar>(
        _ block: Block, _ x: UnsafePointer<Scalar>, _ g: UnsafePointer<Scalar>,
        _ scratch: UnsafeMutablePointer<Scalar>,
        _ body: (Int, Int, UnsafePointer<Scalar>, UnsafePointer<Scalar>) -> Void
    ) {
        if areTiles(block, of: Scalar.self) {
            forEachTile(of: block) { tile in
                let (xTile, gTile) = unsafe gather(tile, x, g, scratch)
                for column in 0..<tile.columns {
                    let row = column * tile.rows
                    unsafe body(
                        tile.lane(of: column), tile.rows, xTile + row, gTile + row)
                }
            }
            return
        }
        // Samples outside, so that memory is walked in its order.
        var ahead = unsafe ReadAhead(block, of: x, g)
        for outer in 0..<block.outer {
            for lane in 0..<block.lanes {
                let plane = block.plane(outer, lane)
                var start = 0
                while start < block.inner {
                    let n = min(sumLength, block.inner - start)
                    unsafe ahead.prefetch(n, x, g)
                    unsafe body(lane, n, x + plane + start, g + plane + start)
                    start += n
                }
            }
        }
    }

    /// What lies some elements ahead in a walk over a block whose samples' parts are runs of memory.
    private struct ReadAhead {
        private let block: Block
        private let run: Int
        private var outer = 0
        private var position: Int
        private var waiting = 0

        /// Of x and g, which may be one tensor.
        init<Scalar>(_ block: Block, of x: UnsafePointer<Scalar>, _ g: UnsafePointer<Scalar>) {
            let elements =
                unsafe readAhead / (x == g ? 1 : 2) / MemoryLayout<Scalar>.stride
            self.block = block
            run = block.lanes * block.inner
            position = elements
            // The processor follows long planes by itself.
            let isWorthIt = block.isContiguousInSamples && block.inner <= 4 * elements
            if !isWorthIt { waiting = .min }
        }

        /// Reads ahead before the walk goes on by `n` elements; not for each few.
        @inline(__always)
        mutating func prefetch<Scalar>(
            _ n: Int, _ x: UnsafePointer<Scalar>, _ g: UnsafePointer<Scalar>
        ) {
            waiting += n
            guard waiting >= shortestRead, let (at, count) = next() else { return }
            unsafe NonTemporal.prefetch(x + at, count)
            if unsafe x != g { unsafe NonTemporal.prefetch(g + at, count) }
        }

        @inline(never)
        private mutating func next() -> (at: Int, count: Int)? {
            while position >= run {
                position -= run
                outer += 1
            }
            guard outer < block.outer else { return nil }
            let count = min(waiting, run - position)
            defer {
                position += count
                waiting -= count
            }
            return (block.offset + outer * block.outerStride + position, count)
        }
    }

    /// Calls `body` with (lane of the block, count, row of x, row of g, row of the result, work),
    /// where no row overlaps another, and brings the result to its place. Rows are planes, or `turned`.
    @inline(__always)
    static func forEachRow<Scalar: NormalizationScalar>(
        _ block: Block, turned: Bool, _ x: UnsafePointer<Scalar>, _ g: UnsafePointer<Scalar>,
        writing result: UnsafeMutablePointer<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>,
        _ body: (
            Int, Int, UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>,
            UnsafeMutablePointer<Scalar>
        ) -> Void
    ) {
        let target = unsafe scratch + 2 * length
        let work = unsafe scratch + 3 * length
        if turned {
            forEachTile(of: block) { tile in
                let (xTile, gTile) = unsafe gather(tile, x, g, scratch)
                for column in 0..<tile.columns {
                    let row = column * tile.rows
                    unsafe body(
                        tile.lane(of: column), tile.rows, xTile + row, gTile + row,
                        target + row, work)
                }
                unsafe Scalar.omatcopy(
                    transA: .transposed, rows: tile.columns, columns: tile.rows, target,
                    lda: tile.rows, result + tile.offset, ldb: tile.stride)
            }
            return
        }
        let isInPlace = unsafe UnsafePointer(result) == x || UnsafePointer(result) == g
        // From memory to memory a row that is made in between would hold up the reading of the next.
        if block.isNonTemporal && !block.isReadFirst {
            return unsafe forEachRowNonTemporal(block, into: result, target) {
                lane, n, at, target in
                unsafe body(lane, n, x + at, g + at, target, work)
            }
        }
        for outer in 0..<block.outer {
            for lane in 0..<block.lanes {
                let plane = block.plane(outer, lane)
                var start = 0
                while start < block.inner {
                    let (n, at) = (min(length, block.inner - start), plane + start)
                    if isInPlace {
                        unsafe body(lane, n, x + at, g + at, target, work)
                        unsafe (result + at).update(from: target, count: n)
                    } else {
                        unsafe body(lane, n, x + at, g + at, result + at, work)
                    }
                    start += n
                }
            }
        }
    }

    /// BLAS writes through the cache, so rows that shall go past it are made beside it, and those that
    /// follow each other in memory go there together: each by itself would begin and end within a line.
    @inline(__always)
    private static func forEachRowNonTemporal<Scalar: NormalizationScalar>(
        _ block: Block, into result: UnsafeMutablePointer<Scalar>,
        _ target: UnsafeMutablePointer<Scalar>,
        _ body: (Int, Int, Int, UnsafeMutablePointer<Scalar>) -> Void
    ) {
        var stream = unsafe BLASStream(buffer: target, capacity: length, result: result)
        for outer in 0..<block.outer {
            for lane in 0..<block.lanes {
                let plane = block.plane(outer, lane)
                for start in stride(from: 0, to: block.inner, by: stream.longest) {
                    let n = min(stream.longest, block.inner - start)
                    unsafe body(lane, n, plane + start, stream.room(for: n, at: plane + start))
                }
            }
        }
        stream.finish()
    }

    /// Transposes a tile of x, and one of g where that is another tensor.
    @inline(__always)
    private static func gather<Scalar: NormalizationScalar>(
        _ tile: Tile, _ x: UnsafePointer<Scalar>, _ g: UnsafePointer<Scalar>,
        _ scratch: UnsafeMutablePointer<Scalar>
    ) -> (UnsafePointer<Scalar>, UnsafePointer<Scalar>) {
        let xTile = unsafe scratch
        unsafe Scalar.omatcopy(
            transA: .transposed, rows: tile.rows, columns: tile.columns, x + tile.offset,
            lda: tile.stride, xTile, ldb: tile.rows)
        guard unsafe g != x else { return unsafe (UnsafePointer(xTile), UnsafePointer(xTile)) }
        let gTile = unsafe scratch + length
        unsafe Scalar.omatcopy(
            transA: .transposed, rows: tile.rows, columns: tile.columns, g + tile.offset,
            lda: tile.stride, gTile, ldb: tile.rows)
        return unsafe (UnsafePointer(xTile), UnsafePointer(gTile))
    }

    /// Samples × consecutive columns, each column one position of one lane.
    private struct Tile {
        var offset: Int
        var rows: Int
        var columns: Int
        var stride: Int
        var firstColumn: Int
        var inner: Int

        func lane(of column: Int) -> Int { (firstColumn + column) / inner }
    }

    @inline(__always)
    private static func forEachTile(of block: Block, _ body: (Tile) -> Void) {
        let total = block.lanes * block.inner
        // Whole cache lines of each sample, and as many samples as the tile then holds.
        let width = min(total, 16)
        let height = length / width
        for firstRow in stride(from: 0, to: block.outer, by: height) {
            let rows = min(height, block.outer - firstRow)
            for first in stride(from: 0, to: total, by: width) {
                body(
                    Tile(
                        offset: block.offset + firstRow * block.outerStride + first, rows: rows,
                        columns: min(width, total - first), stride: block.outerStride,
                        firstColumn: first, inner: block.inner))
            }
        }
    }
}

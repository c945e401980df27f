/// How whitening walks a tensor: groups of D adjacent channels; their positions in stripes, which have sums
/// of their own; and stripes in tiles, which stay in the second-level cache.
///
/// Every cut depends on the geometry alone, so that the bits do not depend on the number of threads.
struct WhiteningGrid: Sendable {
    let channels: Int
    /// The length of one plane; 1 where channels are last.
    let inner: Int
    /// D, the channels of a group.
    let groupSize: Int
    let groups: Int
    /// m, the values of a channel.
    let positions: Int
    /// The most positions of a tile.
    let tile: Int
    let stripes: Int
    private let stripeLength: Int

    init(_ geometry: Geometry, groupSize: Int) {
        channels = geometry.channels
        inner = geometry.inner
        self.groupSize = groupSize
        groups = geometry.channels / groupSize
        positions = geometry.valuesPerChannel
        let tile = max(32, Self.tileElements / groupSize / 8 * 8)
        self.tile = tile
        // Enough blocks for many threads, none too small to be worth its own sums.
        let most = max(1, min(Self.mostBlocks / groups, positions / (4 * tile)))
        stripeLength = max(
            tile, positions.dividedRoundingUp(by: most).roundedUp(toMultipleOf: tile))
        stripes = max(1, positions.dividedRoundingUp(by: stripeLength))
    }

    /// One input's part of a tile: 64 KiB in `Double`.
    static let tileElements = 8192
    private static let mostBlocks = 32

    /// The number of blocks: stripes of groups. Neighbours read the same positions.
    var blocks: Int { stripes * groups }

    func block(_ index: Int) -> WhiteningBlock {
        let (stripe, group) = index.quotientAndRemainder(dividingBy: groups)
        let start = stripe * stripeLength
        return WhiteningBlock(
            grid: self, stripe: stripe, group: group,
            positions: start..<min(positions, start + stripeLength))
    }

    /// Where the value of a channel at a position lies.
    @inline(__always)
    func index(_ position: Int, _ channel: Int) -> Int {
        if inner == 1 { return position * channels + channel }
        let (outer, i) = position.quotientAndRemainder(dividingBy: inner)
        return (outer * channels + channel) * inner + i
    }
}

/// Some positions of one group.
struct WhiteningBlock: Sendable {
    let grid: WhiteningGrid
    let stripe: Int
    let group: Int
    let positions: Range<Int>

    /// D.
    var order: Int { grid.groupSize }
    /// The first channel of the group.
    var firstChannel: Int { group * grid.groupSize }

    /// Calls `body` with the positions of each tile.
    func forEachTile(_ body: (Range<Int>) -> Void) {
        for start in stride(from: positions.lowerBound, to: positions.upperBound, by: grid.tile) {
            body(start..<min(positions.upperBound, start + grid.tile))
        }
    }
}

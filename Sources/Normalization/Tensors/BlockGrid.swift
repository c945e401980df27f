/// How a tensor is cut into blocks: steps along outer, channels and positions in a plane. The cut
/// depends on the geometry alone, never on the number of threads, and so do the bits of every result.
struct BlockGrid: Sendable {
    let geometry: Geometry
    private let step: (outer: Int, channels: Int, inner: Int)
    private let blocks: (outer: Int, channels: Int, inner: Int)
    /// Whether an output is too large to be worth a place in the cache.
    private let bypassesCache: Bool

    init(
        _ geometry: Geometry, outer: Int, channels: Int, inner: Int, bypassesCache: Bool = false
    ) {
        self.bypassesCache = bypassesCache
        self.geometry = geometry
        step = (max(1, outer), max(1, channels), max(1, inner))
        blocks = (
            geometry.outer.dividedRoundingUp(by: step.outer),
            geometry.channels.dividedRoundingUp(by: step.channels),
            geometry.inner.dividedRoundingUp(by: step.inner)
        )
    }

    var count: Int { blocks.outer * blocks.channels * blocks.inner }
    /// The most channels a block has.
    var channelStep: Int { step.channels }
    /// Block `index`, in memory order.
    subscript(index: Int) -> Block {
        let (rest, inner) = index.quotientAndRemainder(dividingBy: blocks.inner)
        let (outer, channels) = rest.quotientAndRemainder(dividingBy: blocks.channels)
        func range(_ index: Int, _ step: Int, _ limit: Int) -> Range<Int> {
            index * step..<min(limit, (index + 1) * step)
        }
        var block = Block(
            geometry, outer: range(outer, step.outer, geometry.outer),
            channels: range(channels, step.channels, geometry.channels),
            inner: range(inner, step.inner, geometry.inner))
        block.bypassesCache = bypassesCache
        return block
    }
}

extension BlockGrid {
    /// Runs of memory of a length that suits the cache, in memory order: how passes walk that read and
    /// write each value once.
    static func contiguous(_ geometry: Geometry, elementSize: Int) -> BlockGrid {
        let target = CacheSizes.run / elementSize
        let row = geometry.channels * geometry.inner
        let isShort = geometry.inner <= target
        return BlockGrid(
            geometry, outer: target / max(1, row),
            channels: isShort ? target / max(1, geometry.inner) : 1,
            inner: isShort ? geometry.inner : target,
            bypassesCache: geometry.count * elementSize > CacheSizes.streamedMap)
    }

    /// Planes up to this many values are cut as single values are: a block or a stripe of one to three
    /// channels would give each row a few values, and the kernels no whole vector.
    private static let longestShortPlane = 64

    /// The cut for passes that need the whole of a channel before they write it.
    ///
    /// - Parameters:
    ///   - elementSize: the bytes of an element.
    ///   - tensors: how many tensors the pass reads.
    static func forReduction(_ geometry: Geometry, elementSize: Int, tensors: Int) -> Reduction {
        let channelBytes = geometry.valuesPerChannel * elementSize * tensors
        let totalBytes = channelBytes * geometry.channels
        var width = max(1, CacheSizes.block / max(1, channelBytes))
        if totalBytes > CacheSizes.serial {
            // Enough blocks that all cores finish together.
            width = min(width, geometry.channels.dividedRoundingUp(by: 8))
        }
        // Rows of a block that begin and end with a cache line are read once and never shared.
        let lineElements = CacheSizes.line / elementSize
        let powerOfTwo = max(1, geometry.inner & -geometry.inner)
        let unit = max(1, lineElements / powerOfTwo)
        if geometry.inner <= longestShortPlane {
            // Short planes are read as rows of columns: long enough for the processor to follow.
            let longest = max(1, CacheSizes.row / elementSize / max(1, geometry.inner))
            let least = min(longest, geometry.channels / 4)
            if geometry.inner == 1 || width < least {
                width = max(width, least).roundedUp(toMultipleOf: unit)
            } else if width > unit {
                width -= width % unit
            }
            if totalBytes > CacheSizes.serial && width < longest / 2 {
                return .striped(.stripes(geometry, elementSize: elementSize))
            }
        } else if width > unit {
            width -= width % unit
        }
        width = min(width, geometry.channels)

        let isSmall = totalBytes <= CacheSizes.serial
        let blocks = geometry.channels / width
        let fits =
            blocks >= 4 && width * channelBytes <= CacheSizes.resident
            || blocks >= 32 && width * channelBytes <= CacheSizes.residentOfMany
        guard isSmall || fits else { return .striped(.stripes(geometry, elementSize: elementSize)) }
        return .resident(
            BlockGrid(
                geometry, outer: geometry.outer, channels: width, inner: geometry.inner,
                bypassesCache: geometry.count * elementSize > CacheSizes.streamedReduction))
    }

    /// At most 32 stripes of each channel, whose statistics are merged: memory for them is O(C), and
    /// there are enough for every core. They begin at even places, so that values in
    /// pairs about the mean give every stripe that mean, and merge without rounding.
    private static func stripes(_ geometry: Geometry, elementSize: Int) -> BlockGrid {
        let stripes = min(32, max(1, geometry.count * elementSize / CacheSizes.stripe))
        let channels = geometry.inner <= longestShortPlane ? geometry.channels : 1
        if geometry.outer >= stripes {
            return BlockGrid(
                geometry,
                outer: geometry.outer.dividedRoundingUp(by: stripes).roundedUp(toMultipleOf: 2),
                channels: channels, inner: geometry.inner)
        }
        return BlockGrid(
            geometry, outer: 1, channels: channels,
            inner: geometry.inner.dividedRoundingUp(
                by: max(1, stripes / max(1, geometry.outer))
            ).roundedUp(toMultipleOf: 16))
    }

    enum Reduction {
        /// Whole channels, few enough to stay in cache from their sums to their output.
        case resident(BlockGrid)
        /// Parts of channels, whose sums are merged before a second walk writes the output.
        case striped(BlockGrid)
    }
}

extension Int {
    func dividedRoundingUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
    func roundedUp(toMultipleOf step: Int) -> Int { dividedRoundingUp(by: step) * step }
}

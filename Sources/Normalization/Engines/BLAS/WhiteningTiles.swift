/// Some positions of a group's channels in `Double`, as BLAS reads them: channels × positions, or, where
/// channels are last, positions × channels.
@safe
struct WhiteningTile {
    let values: UnsafeMutablePointer<Double>
    let block: WhiteningBlock
    let positions: Range<Int>
    /// The distance between rows of the matrix.
    let leading: Int

    /// - Parameter inputs: how many tensors lie side by side in the tile.
    init(
        _ values: UnsafeMutablePointer<Double>, _ block: WhiteningBlock, _ positions: Range<Int>,
        inputs: Int = 1
    ) {
        unsafe self.values = values
        self.block = block
        self.positions = positions
        leading = block.grid.inner == 1 ? inputs * block.order : Self.leading(block.grid)
    }

    /// Rows do not begin a power of two apart: they would share few sets of the first-level cache.
    private static func leading(_ grid: WhiteningGrid) -> Int { grid.tile + 8 }

    /// The numbers that one tensor's part of a tile has at most.
    static func mostElements(_ grid: WhiteningGrid) -> Int { leading(grid) * grid.groupSize }

    /// Whether rows are positions.
    var isTall: Bool { block.grid.inner == 1 }
    var count: Int { positions.count }

    /// Where the part of input `index` begins.
    func part(_ index: Int) -> UnsafeMutablePointer<Double> {
        unsafe values + index * (isTall ? block.order : block.order * leading)
    }

    /// Fills the part of input `index` with x − center, and adds the sum of each channel to `sums`, where there
    /// are any.
    ///
    /// - Parameter first: where the group's centers begin, if not with its first channel.
    @inline(__always)
    func fill<Scalar: NormalizationScalar>(
        _ index: Int = 0, with x: UnsafePointer<Scalar>, minus center: UnsafePointer<Double>,
        from first: Int? = nil, addingTo sums: UnsafeMutablePointer<Double>? = nil
    ) {
        unsafe ChosenKernels.fill(
            part(index), shape, with: x + offset, minus: center + (first ?? block.firstChannel),
            addingTo: sums, goesOn: positions.upperBound < block.positions.upperBound)
    }

    /// Writes the tile plus a number a channel to a tensor.
    @inline(__always)
    func store<Scalar: NormalizationScalar>(
        plus shift: UnsafePointer<Double>, to y: UnsafeMutablePointer<Scalar>, isNonTemporal: Bool
    ) {
        unsafe ChosenKernels.store(
            values, shape, plus: shift + block.firstChannel, to: y + offset,
            isNonTemporal: isNonTemporal)
    }

    private var shape: TileShape {
        TileShape(
            channels: block.order, positions: count,
            first: positions.lowerBound % block.grid.inner, inner: block.grid.inner,
            sampleStride: block.grid.channels * block.grid.inner, leading: leading)
    }

    /// Where the group's first channel begins in the sample of the first position.
    private var offset: Int {
        let sample = positions.lowerBound / block.grid.inner
        return (sample * block.grid.channels + block.firstChannel) * block.grid.inner
    }
}

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

    /// Fills the part of input `index` with x − center.
    ///
    /// - Parameter first: where the group's centers begin, if not with its first channel.
    @inline(__always)
    func fill<Scalar: NormalizationScalar>(
        _ index: Int = 0, with x: UnsafePointer<Scalar>, minus center: UnsafePointer<Double>,
        from first: Int? = nil
    ) {
        let center = unsafe center + (first ?? block.firstChannel)
        let target = unsafe part(index)
        if isTall {
            for row in 0..<count {
                let source =
                    unsafe x + block.grid.index(positions.lowerBound + row, block.firstChannel)
                let target = unsafe target + row * leading
                for c in 0..<block.order { unsafe target[c] = Double(source[c]) - center[c] }
            }
        } else {
            forEachRun { offset, column, n in
                for c in 0..<block.order {
                    let source = unsafe x + offset + c * block.grid.inner
                    let target = unsafe target + c * leading + column
                    let center = unsafe center[c]
                    for i in 0..<n { unsafe target[i] = Double(source[i]) - center }
                }
            }
        }
    }

    /// Writes the tile plus a number a channel to a tensor.
    @inline(__always)
    func store<Scalar: NormalizationScalar>(
        plus shift: UnsafePointer<Double>, to y: UnsafeMutablePointer<Scalar>
    ) {
        let shift = unsafe shift + block.firstChannel
        if isTall {
            for row in 0..<count {
                let target =
                    unsafe y + block.grid.index(positions.lowerBound + row, block.firstChannel)
                let source = unsafe values + row * leading
                for c in 0..<block.order { unsafe target[c] = Scalar(source[c] + shift[c]) }
            }
        } else {
            forEachRun { offset, column, n in
                for c in 0..<block.order {
                    let target = unsafe y + offset + c * block.grid.inner
                    let source = unsafe values + c * leading + column
                    let shift = unsafe shift[c]
                    for i in 0..<n { unsafe target[i] = Scalar(source[i] + shift) }
                }
            }
        }
    }

    /// Calls `body` for each part of the positions that is one run of memory in a channel: where it begins in
    /// the group's first channel, its first column in the tile, and its length.
    @inline(__always)
    private func forEachRun(_ body: (_ offset: Int, _ column: Int, _ count: Int) -> Void) {
        let inner = block.grid.inner
        var position = positions.lowerBound
        while position < positions.upperBound {
            let n = min(inner - position % inner, positions.upperBound - position)
            body(
                block.grid.index(position, block.firstChannel), position - positions.lowerBound, n)
            position += n
        }
    }
}

extension Execution {
    /// The statistics of every channel of a tensor that is not empty.
    func statistics(_ x: UnsafePointer<Scalar>) -> BatchStatistics {
        unsafe statistics { moments in
            switch BlockGrid.forReduction(
                geometry, elementSize: MemoryLayout<Scalar>.stride, tensors: 1)
            {
            case .resident(let grid):
                unsafe forEachBlock(grid.count) { index, scratch in
                    let block = grid[index]
                    unsafe passes.moments(
                        x, block, into: moments + block.firstChannel, writing: nil,
                        scratch: scratch)
                }
            case .striped(let grid):
                unsafe mergeStripes(x, grid, into: moments)
            }
        }
    }

    /// Training forward of a tensor that is not empty: statistics, then y with them.
    func forward(
        _ x: UnsafePointer<Scalar>, then epilogue: Epilogue<Scalar> = .nothing,
        gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>,
        epsilon: Double, into y: UnsafeMutablePointer<Scalar>
    ) -> BatchStatistics {
        let coefficients = unsafe Coefficients<Scalar>(channels: geometry.channels)
        let map = unsafe coefficients.forward
        unsafe map.setAffine(gamma, beta, channels: geometry.channels)
        unsafe epilogue.mask?.update(repeating: 0, count: geometry.maskByteCount)
        return unsafe statistics { moments in
            switch BlockGrid.forReduction(
                geometry, elementSize: MemoryLayout<Scalar>.stride, tensors: 1)
            {
            case .resident(let grid):
                unsafe forEachBlock(of: grid) { block, pending, scratch in
                    unsafe passes.moments(
                        x, block, into: moments + block.firstChannel, writing: pending,
                        scratch: scratch)
                    unsafe map.setStatistics(moments, block.channelRange, epsilon: epsilon)
                    return unsafe normalizeLater(
                        x, block, by: map, then: epilogue, into: y, scratch: scratch)
                }
            case .striped(let grid):
                unsafe mergeStripes(x, grid, into: moments)
                unsafe map.setStatistics(moments, 0..<geometry.channels, epsilon: epsilon)
                unsafe normalizeAll(x, by: map, then: epilogue, into: y)
            }
        }
    }

    /// Inference of a tensor that is not empty, with given statistics, each value read once and
    /// written once, in memory order.
    func inference(
        _ x: UnsafePointer<Scalar>, then epilogue: Epilogue<Scalar> = .nothing, mean: [Double],
        variance: [Double],
        gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>, epsilon: Double,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        let coefficients = unsafe Coefficients<Scalar>(channels: geometry.channels)
        let map = unsafe coefficients.forward
        unsafe map.setAffine(gamma, beta, channels: geometry.channels)
        unsafe map.setStatistics(
            mean: mean, variance: variance, 0..<geometry.channels, epsilon: epsilon)
        unsafe normalizeAll(x, by: map, then: epilogue, into: y)
    }

    /// The inverse of a tensor that is not empty: x from y and the statistics it was made with.
    func inverse(
        _ y: UnsafePointer<Scalar>, mean: [Double], variance: [Double],
        gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>, epsilon: Double,
        into x: UnsafeMutablePointer<Scalar>
    ) {
        let coefficients = unsafe Coefficients<Scalar>(channels: geometry.channels)
        let map = unsafe coefficients.forward
        unsafe map.setInverse(gamma, beta, mean: mean, variance: variance, epsilon: epsilon)
        unsafe normalizeAll(y, by: map, into: x)
    }

    func normalizeAll(
        _ x: UnsafePointer<Scalar>, by map: ForwardMap<Scalar>,
        then epilogue: Epilogue<Scalar> = .nothing, into y: UnsafeMutablePointer<Scalar>
    ) {
        let grid = contiguousBlocks
        unsafe forEachBlock(grid.count) { index, scratch in
            unsafe normalize(
                x, grid[index], by: map, then: epilogue, into: y, scratch: scratch)
        }
    }

    /// Collects the moments that `body` writes.
    private func statistics(_ body: (UnsafeMutablePointer<Moments>) -> Void) -> BatchStatistics {
        let channels = geometry.channels
        let memory = unsafe ScratchMemory.borrow(bytes: channels * MemoryLayout<Moments>.stride)
        defer { unsafe ScratchMemory.giveBack(memory) }
        let moments = unsafe memory.baseAddress!.assumingMemoryBound(to: Moments.self)
        unsafe moments.initialize(repeating: Moments(), count: channels)
        unsafe body(moments)
        return BatchStatistics(
            uncheckedCount: geometry.valuesPerChannel,
            mean: doubles(channels) { unsafe moments[$0].mean },
            sumOfSquaredDeviations: doubles(channels) { unsafe moments[$0].deviations })
    }

    /// The moments of stripes, merged in the order of the stripes.
    private func mergeStripes(
        _ x: UnsafePointer<Scalar>, _ grid: BlockGrid, into moments: UnsafeMutablePointer<Moments>
    ) {
        unsafe forEachStripe(of: grid, initial: Moments()) { block, partial, scratch in
            unsafe passes.moments(x, block, into: partial, writing: nil, scratch: scratch)
        } merge: { channel, partial in
            unsafe moments[channel].merge(partial)
        }
    }

    /// Runs `body` on every stripe, then `merge` for each channel over its stripes in order.
    func forEachStripe<Partial: BitwiseCopyable>(
        of grid: BlockGrid, initial: Partial,
        _ body: (Block, UnsafeMutablePointer<Partial>, UnsafeMutablePointer<Scalar>) ->
            Void,
        merge: (Int, Partial) -> Void
    ) {
        let width = grid.channelStep
        let partials = UnsafeMutablePointer<Partial>.allocate(capacity: grid.count * width)
        defer { unsafe partials.deallocate() }
        unsafe partials.initialize(repeating: initial, count: grid.count * width)
        unsafe forEachBlock(grid.count) { index, scratch in
            unsafe body(grid[index], partials + index * width, scratch)
        }
        for index in 0..<grid.count {
            let block = grid[index]
            for channel in 0..<block.channels {
                unsafe merge(block.firstChannel + channel, partials[index * width + channel])
            }
        }
    }
}

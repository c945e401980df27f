extension PassRunner {
    /// Sums of every lane, a rule from sums to coefficients, and an output by them, of a tensor that is
    /// not empty.
    ///
    /// Where whole lanes fit a cache, a block goes all the way before the next one; else parts of lanes
    /// are summed and merged in their order, and a second walk writes.
    ///
    /// - Parameters:
    ///   - reduction: the sums.
    ///   - sums: receives them, one a lane.
    ///   - prepare: sets what the sums need of some lanes.
    ///   - rule: sets coefficients of some lanes, whose sums are known.
    ///   - finer: the lanes of the coefficients, where they are parts of those of the sums.
    ///   - output: the output of a block, whose coefficients are known; `nil` where only sums are wanted.
    func reduce<Reduction: LaneReduction<Scalar>>(
        _ reduction: Reduction, into sums: UnsafeMutablePointer<Reduction.Sums>,
        prepare: (Range<Int>) -> Void = { _ in }, rule: (Range<Int>) -> Void = { _ in },
        finer: FinerPartition? = nil, output: ((Block) -> OutputTask<Scalar>)? = nil
    ) {
        switch BlockGrid.forReduction(
            partition, elementSize: MemoryLayout<Scalar>.stride, tensors: reduction.tensors,
            nonTemporalSize: nonTemporalSize)
        {
        case .resident(let grid) where finer?.isWorthParts(grid) != false || output == nil:
            unsafe forEachBlock(of: grid) { block, waiting, scratch in
                prepare(block.laneRange)
                unsafe reduction.sum(
                    block, on: self, into: sums + block.firstLane, writing: waiting,
                    scratch: scratch)
                guard let output else { return nil }
                rule(block.laneRange)
                guard let finer else { return unsafe writeLater(output(block), scratch) }
                let last = finer.parts - 1
                for index in 0..<last {
                    unsafe write(output(finer.part(index, of: block)), scratch)
                }
                return unsafe writeLater(output(finer.part(last, of: block)), scratch)
            }
        case .resident:
            unsafe reduce(reduction, into: sums, prepare: prepare)
            guard let output else { return }
            rule(0..<partition.laneCount)
            writeAll(finer?.partition) { block, write in write(output(block)) }
        case .striped(let grid):
            let lanes = 0..<partition.laneCount
            prepare(lanes)
            unsafe reduceStripes(of: grid, reduction, into: sums)
            guard let output else { return }
            rule(lanes)
            writeAll(finer?.partition) { block, write in write(output(block)) }
        }
    }

    /// Sums of every stripe, merged for each lane in the order of its stripes.
    private func reduceStripes<Reduction: LaneReduction<Scalar>>(
        of grid: BlockGrid, _ reduction: Reduction, into sums: UnsafeMutablePointer<Reduction.Sums>
    ) {
        let width = grid.laneStep
        let partials = UnsafeMutablePointer<Reduction.Sums>.allocate(capacity: grid.count * width)
        defer { unsafe partials.deallocate() }
        unsafe partials.initialize(repeating: Reduction.Sums(), count: grid.count * width)
        unsafe forEachBlock(of: grid) { index, scratch in
            unsafe reduction.sum(
                grid[index], on: self, into: partials + index * width, writing: nil,
                scratch: scratch)
        }
        for index in 0..<grid.count {
            let block = grid[index]
            for lane in 0..<block.lanes {
                unsafe sums[block.firstLane + lane].merge(partials[index * width + lane])
            }
        }
    }

    /// Borrows memory for sums of every lane, which are those of nothing.
    func withSums<Sums: LaneSums, Result>(
        _: Sums.Type, _ body: (UnsafeMutablePointer<Sums>) -> Result
    ) -> Result {
        let memory = unsafe ScratchMemory.borrow(
            bytes: partition.laneCount * MemoryLayout<Sums>.stride)
        defer { unsafe ScratchMemory.giveBack(memory) }
        let sums = unsafe memory.baseAddress!.assumingMemoryBound(to: Sums.self)
        unsafe sums.initialize(repeating: Sums(), count: partition.laneCount)
        return unsafe body(sums)
    }

    /// The moments of every lane, each a channel of `count` values, and nothing more.
    func statistics<Reduction: LaneReduction<Scalar>>(
        of reduction: Reduction, count: Int
    ) -> BatchStatistics where Reduction.Sums == Moments {
        unsafe withSums(Moments.self) { moments in
            unsafe reduce(reduction, into: moments)
            return unsafe BatchStatistics(
                count: count, moments, channels: partition.laneCount)
        }
    }

    /// Borrows memory with the moments that statistics were made of.
    func withMoments<Result>(
        of statistics: BatchStatistics, _ body: (UnsafeMutablePointer<Moments>) -> Result
    ) -> Result {
        unsafe withSums(Moments.self) { moments in
            for c in 0..<statistics.channels { unsafe moments[c] = statistics.moments(of: c) }
            return unsafe body(moments)
        }
    }
}

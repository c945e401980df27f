extension PassRunner {
    /// Sums of every fine lane, a rule over the coarse ones that they are parts of, and an output by
    /// coefficients of the fine ones; the runner's partition is the coarse one.
    ///
    /// Where whole coarse lanes fit a cache and their parts are not too short, a block goes all the way before
    /// the next one; else all is summed first, and a second walk writes.
    ///
    /// - Parameters:
    ///   - reduction: the sums.
    ///   - finer: the fine lanes.
    ///   - sums: receives them, one a fine lane.
    ///   - prepare: sets what the sums need of some fine lanes.
    ///   - rule: sets coefficients of all parts of some coarse lanes, whose sums are known.
    ///   - output: the output of a block of fine lanes; `nil` where only sums are wanted.
    func reduceParts<Reduction: LaneReduction<Scalar>>(
        _ reduction: Reduction, of finer: FinerPartition,
        into sums: UnsafeMutablePointer<Reduction.Sums>, prepare: (Range<Int>) -> Void,
        rule: (Range<Int>) -> Void, output: ((Block) -> OutputTask<Scalar>)?
    ) {
        let cut = BlockGrid.forReduction(
            partition, elementSize: MemoryLayout<Scalar>.stride, tensors: reduction.tensors,
            nonTemporalSize: nonTemporalSize)
        guard case .resident(let grid) = cut, finer.isWorthParts(grid), let output else {
            unsafe runner(of: finer.partition).reduce(reduction, into: sums, prepare: prepare)
            guard let output else { return }
            rule(0..<partition.laneCount)
            return writeAll(finer.partition) { block, write in write(output(block)) }
        }
        // A few lanes at a time take longer than all at once.
        let isNarrow = grid.laneStep < 16
        if isNarrow { prepare(0..<finer.partition.laneCount) }
        unsafe forEachBlock(of: grid, parts: finer.parts) { index, block, waiting, scratch in
            let part = finer.part(index, of: block)
            if !isNarrow { prepare(part.laneRange) }
            unsafe reduction.sum(
                part, on: self, into: sums + part.firstLane, writing: waiting, scratch: scratch)
        } writing: { block in
            rule(block.laneRange)
            return { output(finer.part($0, of: block)) }
        }
    }

    /// For each block of the grid: `sum` reads its parts one by one, and what `writing` says of them is
    /// written while the parts of the worker's next block are read.
    private func forEachBlock(
        of grid: BlockGrid, parts: Int,
        sum: (Int, Block, OutputTask<Scalar>?, UnsafeMutablePointer<Scalar>) -> Void,
        writing output: (Block) -> (Int) -> OutputTask<Scalar>
    ) {
        unsafe Workers.run(grid.count, limit: threads, scratchCount: engine.scratchCount) {
            next, scratch in
            var waiting: [OutputTask<Scalar>] = []
            while let index = next() {
                let block = grid[index]
                for part in 0..<parts {
                    let other = part < waiting.count ? waiting[part] : nil
                    unsafe sum(part, block, other, scratch)
                }
                waiting.removeAll(keepingCapacity: true)
                let tasks = output(block)
                for part in 0..<parts {
                    if let task = unsafe writeLater(tasks(part), scratch) { waiting.append(task) }
                }
            }
            for task in waiting { unsafe engine.write(task, scratch: scratch) }
        }
    }
}

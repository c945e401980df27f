extension PassRunner {
    /// Sums of every fine lane, a rule over the coarse ones that they are parts of, and an output by
    /// coefficients of the fine ones; the runner's partition is the coarse one.
    ///
    /// Where whole coarse lanes fit a cache, a block goes all the way before the next one; else all is summed
    /// first, and a second walk writes.
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
            partition, elementSize: MemoryLayout<Scalar>.stride, tensors: reduction.tensors)
        guard case .resident(let grid) = cut, let output else {
            unsafe runner(of: finer.partition).reduce(reduction, into: sums, prepare: prepare)
            guard let output else { return }
            rule(0..<partition.laneCount)
            return writeAll(finer.partition) { block, write in write(output(block)) }
        }
        let parts = finer.parts
        unsafe forEachBlock(of: grid) { block, waiting, scratch in
            for index in 0..<parts {
                let part = finer.part(index, of: block)
                prepare(part.laneRange)
                unsafe reduction.sum(
                    part, on: self, into: sums + part.firstLane,
                    writing: index == 0 ? waiting : nil, scratch: scratch)
            }
            rule(block.laneRange)
            for index in 0..<parts - 1 {
                unsafe write(output(finer.part(index, of: block)), scratch)
            }
            return unsafe writeLater(output(finer.part(parts - 1, of: block)), scratch)
        }
    }
}

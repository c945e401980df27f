/// One call's choice of engine and threads, and the passes it runs: blocks over workers, sums into
/// coefficients, coefficients into outputs. It knows a partition, and no layer.
struct PassRunner<Scalar: NormalizationScalar>: Sendable {
    let partition: Partition
    let engine: any PassEngine.Type
    /// The engine once more, where it can write while it reads. Asked once, not for each block.
    let overlappingEngine: (any OverlappingEngine.Type)?
    let threads: Int
    /// The bytes above which an output goes past the caches.
    let nonTemporalSize: Int

    init(
        _ operation: Engine.Operation, _ partition: Partition, engine: Engine, threadLimit: Int?
    ) {
        self.partition = partition
        self.engine = engine.passes(for: operation, of: partition)
        overlappingEngine = engine.overlappingPasses(for: operation, of: partition)
        let tensors = operation == .backward ? 2 : 1
        let bytes = tensors * partition.count * MemoryLayout<Scalar>.stride
        threads = Workers.count(forBytes: bytes, limit: threadLimit)
        nonTemporalSize = CacheSizes.nonTemporal(operation.walk, threads: threads)
    }

    /// The same engine and threads for another partition of the tensor.
    func runner(of partition: Partition) -> PassRunner {
        PassRunner(self, partition)
    }

    private init(_ other: PassRunner, _ partition: Partition) {
        self.partition = partition
        engine = other.engine
        overlappingEngine = other.overlappingEngine
        threads = other.threads
        nonTemporalSize = other.nonTemporalSize
    }

    /// Calls `body` for each block, on several threads.
    func forEachBlock(
        of grid: BlockGrid, _ body: (Int, UnsafeMutablePointer<Scalar>) -> Void
    ) {
        unsafe Workers.run(grid.count, limit: threads, scratchCount: engine.scratchCount) {
            next, scratch in
            while let index = next() { unsafe body(index, scratch) }
        }
    }

    /// For each block of the grid: `sum` reads it, and what it returns is written while the worker's
    /// next block is read.
    func forEachBlock(
        of grid: BlockGrid,
        overlapping sum: (Block, OutputTask<Scalar>?, UnsafeMutablePointer<Scalar>) ->
            OutputTask<Scalar>?
    ) {
        unsafe Workers.run(grid.count, limit: threads, scratchCount: engine.scratchCount) {
            next, scratch in
            var waiting: OutputTask<Scalar>? = nil
            while let index = next() { waiting = unsafe sum(grid[index], waiting, scratch) }
            if let waiting { unsafe engine.write(waiting, scratch: scratch) }
        }
    }

    /// Writes outputs of the whole tensor in memory order, each value read once and written once: calls
    /// `outputs` for each block, with a function that writes.
    ///
    /// - Parameter finer: the lanes of the coefficients, where they are not the runner's.
    func writeAll(
        _ finer: Partition? = nil,
        _ outputs: (Block, _ write: (OutputTask<Scalar>) -> Void) -> Void
    ) {
        let grid = BlockGrid.contiguous(
            finer ?? partition, elementSize: MemoryLayout<Scalar>.stride,
            nonTemporalSize: nonTemporalSize)
        unsafe forEachBlock(of: grid) { index, scratch in
            outputs(grid[index]) { unsafe write($0, scratch) }
        }
    }

    /// Writes an output.
    func write(_ output: OutputTask<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>) {
        unsafe WidenedPasses.write(output, engine, scratch: scratch)
    }

    /// Writes an output, or returns it, to be written while another block is read. It can wait where
    /// * the engine can do both at once,
    /// * it is written past the caches: what goes through them does so faster at once,
    /// * what it is made of is still near when its turn comes,
    /// * its part of a sample is one run of memory,
    /// * there is no activation to go back through first, and
    /// * the element type holds the coefficients of all its lanes.
    func writeLater(
        _ output: OutputTask<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>
    ) -> OutputTask<Scalar>? {
        let block = output.block
        let tensors = unsafe output.gradient == nil ? 1 : 2
        let bytes = block.elementCount * tensors * MemoryLayout<Scalar>.stride
        let canWait =
            overlappingEngine != nil && block.isNonTemporal
            && block.isContiguousInSamples && bytes <= CacheSizes.resident
            && output.through == nil
            && output.coefficients?.hasOutOfRange(block.laneRange) != true
        if canWait { return output }
        unsafe write(output, scratch)
        return nil
    }
}

/// One call's choice of engine and threads for rows, and its walk over them: blocks over workers, and
/// where there are sums over rows, stripes of blocks whose sums are merged in their order.
struct RowRunner<Scalar: NormalizationScalar>: Sendable {
    let geometry: RowGeometry
    private let engine: any RowEngine.Type
    private let grid: RowGrid
    private let threads: Int

    init(
        _ operation: Engine.Operation, _ geometry: RowGeometry, engine: Engine, threadLimit: Int?
    ) {
        self.geometry = geometry
        self.engine = engine.rowPasses(for: operation, of: geometry)
        grid = RowGrid(geometry, elementSize: MemoryLayout<Scalar>.stride)
        let tensors = operation == .backward ? 2 : 1
        let bytes = tensors * geometry.count * MemoryLayout<Scalar>.stride
        threads = Workers.count(forBytes: bytes, limit: threadLimit)
    }

    /// Whether an output of the tensor's size is too large to be worth a place in the cache.
    var isNonTemporal: Bool {
        geometry.count * MemoryLayout<Scalar>.stride
            > CacheSizes.nonTemporal(.afterSums(tensors: 1), threads: threads)
    }

    /// Statistics and outputs of all rows.
    func write(
        _ output: RowOutput<Scalar>, by scaling: RowScaling<Scalar>, _ statistics: RowTables
    ) {
        unsafe Workers.run(grid.count, limit: threads, scratchCount: engine.scratchCount) {
            next, scratch in
            while let index = next() {
                unsafe WidenedRows.writeRows(
                    engine, output, grid[index], by: scaling, statistics, scratch: scratch)
            }
        }
    }

    /// Gradients of all rows, and before those of a block its statistics, where they are not known, and the
    /// gradient behind an activation.
    ///
    /// - Parameter unknown: receives the statistics, which are found first.
    /// - Returns: ∂γ and ∂β, one number for each value of a row, where they are wanted.
    func addGradients(
        _ gradient: RowGradient<Scalar>, through activation: RowOutput<Scalar>?,
        by scaling: RowScaling<Scalar>, _ statistics: RowTables, into unknown: RowTables? = nil,
        wantsSums: Bool
    ) -> (gamma: [Double], beta: [Double])? {
        func run(_ index: Int, _ sums: RowSums?, _ scratch: UnsafeMutablePointer<Scalar>) {
            let block = grid[index]
            if let unknown {
                unsafe WidenedRows.writeRows(
                    engine, RowOutput(of: gradient.x, into: nil), block, by: scaling, unknown,
                    scratch: scratch)
            }
            unsafe WidenedRows.addGradients(
                engine, gradient, through: activation, block, by: scaling, statistics, into: sums,
                scratch: scratch)
        }
        guard wantsSums else {
            unsafe Workers.run(grid.count, limit: threads, scratchCount: engine.scratchCount) {
                next, scratch in
                while let index = next() { unsafe run(index, nil, scratch) }
            }
            return nil
        }
        let width = geometry.width
        let memory = unsafe ScratchMemory.borrow(
            bytes: 2 * width * grid.stripes * MemoryLayout<Double>.stride)
        defer { unsafe ScratchMemory.giveBack(memory) }
        let stripes = unsafe memory.baseAddress!.assumingMemoryBound(to: Double.self)
        unsafe Workers.run(grid.stripes, limit: threads, scratchCount: engine.scratchCount) {
            next, scratch in
            while let stripe = next() {
                let gamma = unsafe stripes + 2 * width * stripe
                unsafe gamma.initialize(repeating: 0, count: 2 * width)
                let sums = unsafe RowSums(gamma: gamma, beta: gamma + width)
                for index in grid.blocks(ofStripe: stripe) { unsafe run(index, sums, scratch) }
            }
        }
        unsafe merge(stripes, 2 * width)
        return (
            doubles(width) { unsafe stripes[$0] }, doubles(width) { unsafe stripes[width + $0] }
        )
    }

    /// Adds the numbers of all stripes to the first one's, in their order.
    private func merge(_ stripes: UnsafeMutablePointer<Double>, _ count: Int) {
        let total = grid.stripes
        guard total > 1 else { return }
        let piece = 1024
        let threads = min(
            threads,
            Workers.count(forBytes: total * count * MemoryLayout<Double>.stride, limit: threads))
        unsafe Workers.run(count.dividedRoundingUp(by: piece), limit: threads, scratchCount: 0) {
            (next: () -> Int?, _: UnsafeMutablePointer<Double>) in
            while let index = next() {
                let range = index * piece..<min(count, (index + 1) * piece)
                for stripe in 1..<total {
                    let more = unsafe stripes + stripe * count
                    for i in range { unsafe stripes[i] += more[i] }
                }
            }
        }
    }
}

/// One call's choice of engine and threads, and the passes it runs: blocks over workers, statistics
/// into coefficients, coefficients into outputs.
struct Execution<Scalar: NormalizationScalar>: Sendable {
    let geometry: Geometry
    let passes: any PassEngine.Type
    let threads: Int

    init(
        _ operation: Engine.Operation, _ geometry: Geometry, engine: Engine, threadLimit: Int?
    ) {
        self.geometry = geometry
        passes = engine.passes(for: operation, of: geometry)
        let tensors = operation == .backward ? 2 : 1
        let bytes = tensors * geometry.count * MemoryLayout<Scalar>.stride
        threads = bytes <= CacheSizes.serial ? 1 : threadLimit ?? Processors.count
    }

    var scratchCount: Int { passes.scratchCount }

    func forEachBlock(
        _ count: Int, _ body: (Int, UnsafeMutablePointer<Scalar>) -> Void
    ) {
        unsafe Workers.run(count, limit: threads, scratchCount: scratchCount) { next, scratch in
            while let index = next() { unsafe body(index, scratch) }
        }
    }

    /// For each block of the grid: `sum` reads it, and what it returns is written while the worker's
    /// next block is read.
    func forEachBlock(
        of grid: BlockGrid,
        _ sum: (Block, PendingOutput<Scalar>?, UnsafeMutablePointer<Scalar>) -> PendingOutput<
            Scalar
        >?
    ) {
        unsafe Workers.run(grid.count, limit: threads, scratchCount: scratchCount) {
            next, scratch in
            var pending: PendingOutput<Scalar>? = nil
            while let index = next() { unsafe pending = sum(grid[index], pending, scratch) }
            unsafe pending?.write(by: passes, scratch: scratch)
        }
    }

    /// Runs of memory for passes without reductions.
    var contiguousBlocks: BlockGrid {
        .contiguous(geometry, elementSize: MemoryLayout<Scalar>.stride)
    }

    /// y = γ · (x − μ) · s + β on one block, and what follows it. Channels whose coefficients the
    /// element type cannot hold go to the reference engine, which computes in `Double`.
    func normalize(
        _ x: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        then epilogue: Epilogue<Scalar> = .nothing, into y: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        // In place, the lines to write are in cache.
        let block = unsafe block.bypassingCache(
            UnsafePointer(y) != x && UnsafePointer(y) != epilogue.residual)
        unsafe forEachRun(of: block, outOfRange: map) { block, passes in
            if epilogue.isNothing {
                unsafe passes.normalize(x, block, by: map, into: y, scratch: scratch)
            } else {
                unsafe passes.activate(
                    x, block, by: map, then: epilogue, into: y, scratch: scratch)
            }
        }
    }

    /// The same, put off where that is possible; else `nil`, and it is done.
    func normalizeLater(
        _ x: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        then epilogue: Epilogue<Scalar>, into y: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) -> PendingOutput<Scalar>? {
        guard unsafe canWait(block, map) else {
            unsafe normalize(x, block, by: map, then: epilogue, into: y, scratch: scratch)
            return nil
        }
        let block = unsafe block.bypassingCache(
            UnsafePointer(y) != x && UnsafePointer(y) != epilogue.residual)
        return unsafe PendingOutput(x: x, block: block, map: .forward(map, epilogue), output: y)
    }

    /// g · f′ on one block: f′ from the mask where there is one, else from z made again, with the same
    /// exception.
    func gate(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: ForwardMap<Scalar>, _ gate: GradientGate<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        if let mask = unsafe gate.mask {
            return unsafe passes.gate(gradient, block, by: mask, gate.activation, into: gate.gated)
        }
        let epilogue = unsafe Epilogue(
            residual: gate.residual, activation: gate.activation, mask: nil)
        let block = block.bypassingCache(false)
        unsafe forEachRun(of: block, outOfRange: map) { block, passes in
            unsafe passes.gate(
                x, gradient, block, by: map, then: epilogue, into: gate.gated, scratch: scratch)
        }
    }

    /// ∂x = γ · s · (g − A/m − x̂ · B/m) on one block, with the same exception.
    func inputGradient(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: BackwardMap<Scalar>, into dx: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        let block = unsafe block.bypassingCache(
            UnsafePointer(dx) != x && UnsafePointer(dx) != gradient)
        unsafe forEachRun(of: block, outOfRange: map.forward) { block, passes in
            unsafe passes.inputGradient(x, gradient, block, by: map, into: dx, scratch: scratch)
        }
    }

    /// The same, put off where that is possible; else `nil`, and it is done.
    func inputGradientLater(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: BackwardMap<Scalar>, into dx: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) -> PendingOutput<Scalar>? {
        guard unsafe canWait(block, map.forward) else {
            unsafe inputGradient(x, gradient, block, by: map, into: dx, scratch: scratch)
            return nil
        }
        let block = unsafe block.bypassingCache(
            UnsafePointer(dx) != x && UnsafePointer(dx) != gradient)
        return unsafe PendingOutput(
            x: x, block: block, map: .backward(gradient, map), output: dx)
    }

    /// Whether a block can be written while another is read: the element type holds the coefficients of
    /// all its channels, and its part of a sample is one run of memory.
    private func canWait(_ block: Block, _ map: ForwardMap<Scalar>) -> Bool {
        unsafe block.isContiguousInSamples && !map.hasOutOfRange(block.channelRange)
    }

    /// Cuts a block into runs of channels that are in range, for the chosen engine, and out of it.
    private func forEachRun(
        of block: Block, outOfRange map: ForwardMap<Scalar>,
        _ body: (Block, any PassEngine.Type) -> Void
    ) {
        guard unsafe map.hasOutOfRange(block.channelRange) else { return body(block, passes) }
        let flags = unsafe map.isOutOfRange + block.firstChannel
        var start = 0
        while start < block.channels {
            let flag = unsafe flags[start]
            var end = start + 1
            while unsafe end < block.channels && flags[end] == flag { end += 1 }
            body(
                block.narrowed(toChannels: start..<end), flag ? ReferenceEngine.self : passes)
            start = end
        }
    }
}

/// What follows a normalization in the same walk: a residual, an activation, both or nothing.
@safe
struct Epilogue<Scalar: NormalizationScalar> {
    var residual: UnsafePointer<Scalar>?
    var activation: Activation
    /// Receives where f′ is 1, a bit an element.
    var mask: UnsafeMutablePointer<UInt8>?

    static var nothing: Epilogue {
        unsafe Epilogue(residual: nil, activation: .identity, mask: nil)
    }
    var isNothing: Bool { unsafe residual == nil && activation == .identity && mask == nil }
}

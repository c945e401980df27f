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
        threads = Workers.count(forBytes: bytes, limit: threadLimit)
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
            if let pending = unsafe pending { unsafe passes.write(pending, scratch: scratch) }
        }
    }

    /// Runs of memory for passes without reductions.
    var contiguousBlocks: BlockGrid {
        .contiguous(geometry, elementSize: MemoryLayout<Scalar>.stride)
    }

    /// y = γ · (x − μ) · s + β on one block, and what follows it.
    func normalize(
        _ x: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        then epilogue: Epilogue<Scalar> = .nothing, into y: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        unsafe write(
            PendingOutput(x: x, block: block, map: .forward(map, epilogue), output: y), scratch)
    }

    /// The same, put off where that is possible; else `nil`, and it is done.
    func normalizeLater(
        _ x: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        then epilogue: Epilogue<Scalar>, into y: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) -> PendingOutput<Scalar>? {
        unsafe later(
            PendingOutput(x: x, block: block, map: .forward(map, epilogue), output: y), scratch)
    }

    /// g · f′ on one block: f′ from the mask where there is one, else from z made again.
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
        unsafe write(
            PendingOutput(
                x: x, block: block, map: .gate(gradient, map, epilogue), output: gate.gated),
            scratch)
    }

    /// ∂x = γ · s · (g − A/m − x̂ · B/m) on one block.
    func inputGradient(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: BackwardMap<Scalar>, into dx: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        unsafe write(
            PendingOutput(x: x, block: block, map: .backward(gradient, map), output: dx), scratch)
    }

    /// The same, put off where that is possible; else `nil`, and it is done.
    func inputGradientLater(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: BackwardMap<Scalar>, into dx: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) -> PendingOutput<Scalar>? {
        unsafe later(
            PendingOutput(x: x, block: block, map: .backward(gradient, map), output: dx), scratch)
    }

    /// The output, to be written while another block is read: where it goes around the caches, and what
    /// it is made of is not far away, the element type holds the coefficients of all its channels, and
    /// its part of a sample is one run of memory; else `nil`, and it is written. What goes through the
    /// caches does so faster at once.
    private func later(
        _ output: PendingOutput<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>
    ) -> PendingOutput<Scalar>? {
        let block = unsafe output.block
        let tensors = unsafe output.gradient == nil ? 1 : 2
        let bytes = block.elementCount * tensors * MemoryLayout<Scalar>.stride
        let canWait =
            unsafe block.isContiguousInSamples && block.bypassesCache
            && bytes <= CacheSizes.resident
            && !output.forwardMap.hasOutOfRange(block.channelRange)
        if canWait { return unsafe output }
        unsafe write(output, scratch)
        return nil
    }

    /// Writes an output in runs of channels. Those whose coefficients the element type cannot hold go
    /// to the reference engine, which computes in `Double`.
    private func write(
        _ output: PendingOutput<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>
    ) {
        let (block, map) = unsafe (output.block, output.forwardMap)
        guard unsafe map.hasOutOfRange(block.channelRange) else {
            return unsafe passes.write(output, scratch: scratch)
        }
        let flags = unsafe map.isOutOfRange + block.firstChannel
        var start = 0
        while start < block.channels {
            let flag = unsafe flags[start]
            var end = start + 1
            while unsafe end < block.channels && flags[end] == flag { end += 1 }
            let engine: any PassEngine.Type = flag ? ReferenceEngine.self : passes
            unsafe engine.write(output.narrowed(toChannels: start..<end), scratch: scratch)
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

/// The passes of any engine over tensors of any format. An engine that has no loops for elements of 16 bits
/// gets a block of them as numbers in memory of their own, and what it writes is rounded to its place: to the
/// bit what it computes of the widened tensor.
///
/// Here, too, an activation is gone back through whose gradient is in no memory.
enum WidenedPasses {
    /// Count, mean and M2 of each lane of the block.
    static func moments<Scalar: NormalizationScalar>(
        _ engine: any PassEngine.Type, _ x: TensorPointer<Scalar>, _ block: Block,
        into moments: UnsafeMutablePointer<Moments>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        guard unsafe needsWidening(x, engine) else {
            return unsafe engine.moments(x, block, into: moments, scratch: scratch)
        }
        let compact = CompactBlock(block)
        unsafe withMemory(of: compact, tensors: 1) { (memory: UnsafeMutablePointer<Scalar>) in
            unsafe compact.widen(x, into: memory)
            unsafe engine.moments(
                TensorPointer(memory), compact.block, into: moments, scratch: scratch)
        }
    }

    /// A = Σ g and B = Σ g · x̂ of each lane of the block.
    static func gradientSums<Scalar: NormalizationScalar>(
        _ engine: any PassEngine.Type, _ x: TensorPointer<Scalar>,
        _ gradient: TensorPointer<Scalar>, _ block: Block,
        by coefficients: NormalizeCoefficients<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        guard unsafe needsWidening(x, engine) else {
            return unsafe engine.gradientSums(
                x, gradient, block, by: coefficients, into: sums, scratch: scratch)
        }
        let compact = CompactBlock(block)
        unsafe withMemory(of: compact, tensors: 2) { (memory: UnsafeMutablePointer<Scalar>) in
            let g = unsafe memory + compact.count
            unsafe compact.widen(x, into: memory)
            unsafe compact.widen(gradient, into: g)
            unsafe engine.gradientSums(
                TensorPointer(memory), TensorPointer(g), compact.block, by: coefficients,
                into: sums, scratch: scratch)
        }
    }

    /// The same of dz = g · f′(z), of tensors of 16 bits.
    static func gradientSums<Scalar: NormalizationScalar>(
        _ engine: any PassEngine.Type, _ source: ActivationSource<Scalar>, _ block: Block,
        into sums: UnsafeMutablePointer<LaneGradientSums>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let compact = CompactBlock(block)
        unsafe withGradient(of: compact, source, engine, scratch) { x, dz in
            unsafe engine.gradientSums(
                TensorPointer(x), TensorPointer(dz), compact.block, by: source.coefficients,
                into: sums, scratch: scratch)
        }
    }

    /// Any output of a block whose coefficients are known. Lanes whose coefficients the type of the arithmetic
    /// cannot hold go to the reference engine, which computes in `Double`.
    static func write<Scalar: NormalizationScalar>(
        _ output: OutputTask<Scalar>, _ engine: any PassEngine.Type,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        let isOutOfRange = output.coefficients?.hasOutOfRange(output.block.laneRange) == true
        if output.padding > 0, !engine.takesPadding || isOutOfRange || output.through != nil {
            unsafe write(output.padded(by: 0), engine, scratch: scratch)
            return unsafe output.block.behind(output.padding).clear(output.output)
        }
        if let source = output.through {
            return unsafe write(output, engine, behind: source, scratch)
        }
        guard isOutOfRange, let coefficients = output.coefficients else {
            return unsafe writeAny(output, engine, scratch)
        }
        let flags = coefficients.isOutOfRange
        func flag(_ lane: Int) -> Bool { flags[lane] }
        forEachRun(of: output.block, flag: flag) { lanes, isOut in
            unsafe writeAny(
                output.narrowed(toLanes: lanes), isOut ? ReferenceEngine.self : engine, scratch)
        }
    }

    private static func needsWidening<Scalar>(
        _ x: TensorPointer<Scalar>, _ engine: any PassEngine.Type
    ) -> Bool {
        unsafe x.format.isHalf && !engine.takesHalves
    }

    /// Calls `body` with the runs of a block's lanes, counted within it, that have the same flag.
    private static func forEachRun(
        of block: Block, flag: (Int) -> Bool, _ body: (Range<Int>, Bool) -> Void
    ) {
        var start = 0
        while start < block.lanes {
            let isSet = flag(block.firstLane + start)
            var end = start + 1
            while end < block.lanes && flag(block.firstLane + end) == isSet { end += 1 }
            body(start..<end, isSet)
            start = end
        }
    }

    /// Borrows memory for a block's values of some tensors, `count` elements each.
    private static func withMemory<Scalar>(
        of compact: CompactBlock, tensors: Int, _ body: (UnsafeMutablePointer<Scalar>) -> Void
    ) {
        let bytes = tensors * compact.count * MemoryLayout<Scalar>.stride
        let memory = unsafe ScratchMemory.borrow(bytes: bytes)
        defer { unsafe ScratchMemory.giveBack(memory) }
        unsafe body(memory.baseAddress!.assumingMemoryBound(to: Scalar.self))
    }
}

extension WidenedPasses {
    /// An output of lanes that are all for this engine.
    private static func writeAny<Scalar: NormalizationScalar>(
        _ output: OutputTask<Scalar>, _ engine: any PassEngine.Type,
        _ scratch: UnsafeMutablePointer<Scalar>
    ) {
        guard unsafe needsWidening(output.x, engine) else {
            return unsafe engine.write(output, scratch: scratch)
        }
        let compact = CompactBlock(output.block)
        unsafe withMemory(of: compact, tensors: 3) { (memory: UnsafeMutablePointer<Scalar>) in
            let (g, added) = unsafe (memory + compact.count, memory + 2 * compact.count)
            unsafe compact.widen(output.x, into: memory)
            if let gradient = unsafe output.gradient { unsafe compact.widen(gradient, into: g) }
            var epilogue = output.epilogue
            if let residual = unsafe epilogue.residual {
                unsafe compact.widen(residual, into: added)
                unsafe epilogue.residual = TensorPointer(added)
            }
            unsafe withMask(output.kind, of: compact) { mask in
                unsafe epilogue.mask = epilogue.mask == nil ? nil : mask
                let kind = unsafe output.kind.replacing(TensorPointer(g), epilogue, mask)
                let task = unsafe OutputTask(
                    kind, of: TensorPointer(memory), compact.block,
                    into: MutableTensorPointer(memory))
                unsafe engine.write(task, scratch: scratch)
            }
            unsafe compact.narrow(memory, into: output.output)
        }
    }

    /// Calls `body` with a mask of the block's own, where the output reads or writes one.
    private static func withMask<Scalar>(
        _ kind: OutputTask<Scalar>.Kind, of compact: CompactBlock,
        _ body: (UnsafeMutablePointer<UInt8>?) -> Void
    ) {
        var (read, written): (UnsafePointer<UInt8>?, UnsafeMutablePointer<UInt8>?) = (nil, nil)
        switch kind {
        case .maskedActivationBackward(let mask, _): unsafe read = mask
        case .normalized(_, let epilogue): unsafe written = epilogue.mask
        default: break
        }
        guard unsafe read != nil || written != nil else { return body(nil) }
        let memory = unsafe ScratchMemory.borrow(bytes: compact.maskByteCount)
        defer { unsafe ScratchMemory.giveBack(memory) }
        let own = unsafe memory.baseAddress!.assumingMemoryBound(to: UInt8.self)
        unsafe own.initialize(repeating: 0, count: compact.maskByteCount)
        if let read = unsafe read { unsafe compact.copyMask(read, into: own) }
        unsafe body(own)
        if let written = unsafe written { unsafe compact.writeMask(own, into: written) }
    }

    /// Calls `body` with the values of x and of dz of a block.
    private static func withGradient<Scalar: NormalizationScalar>(
        of compact: CompactBlock, _ source: ActivationSource<Scalar>,
        _ engine: any PassEngine.Type, _ scratch: UnsafeMutablePointer<Scalar>,
        _ body: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
    ) {
        let (block, coefficients) = (compact.block, source.coefficients)
        unsafe withMemory(of: compact, tensors: 3) { (memory: UnsafeMutablePointer<Scalar>) in
            let (g, added) = unsafe (memory + compact.count, memory + 2 * compact.count)
            unsafe compact.widen(source.x, into: memory)
            unsafe compact.widen(source.activation.gradient, into: g)
            var activation = source.activation
            unsafe activation.gradient = TensorPointer(g)
            unsafe activation.dz = MutableTensorPointer(g)
            if let residual = unsafe activation.residual, unsafe activation.mask == nil {
                unsafe compact.widen(residual, into: added)
                unsafe activation.residual = TensorPointer(added)
            }
            let original = unsafe source.activation.task(source.x, block, by: coefficients)
            unsafe withMask(original.kind, of: compact) { mask in
                unsafe activation.mask = UnsafePointer(mask)
                let task = unsafe activation.task(TensorPointer(memory), block, by: coefficients)
                guard unsafe mask == nil else {
                    return unsafe engine.write(task, scratch: scratch)
                }
                // Which lanes were out of range before the sums were known.
                forEachRun(of: block, flag: coefficients.wasOutOfRange) { lanes, isOut in
                    let engine: any PassEngine.Type = isOut ? ReferenceEngine.self : engine
                    unsafe engine.write(task.narrowed(toLanes: lanes), scratch: scratch)
                }
            }
            unsafe body(memory, g)
        }
    }

    /// ∂x behind an activation, and dz where there is a place for it.
    private static func write<Scalar: NormalizationScalar>(
        _ output: OutputTask<Scalar>, _ engine: any PassEngine.Type,
        behind source: ActivationSource<Scalar>, _ scratch: UnsafeMutablePointer<Scalar>
    ) {
        let compact = CompactBlock(output.block)
        unsafe withGradient(of: compact, source, engine, scratch) { x, dz in
            let target = unsafe source.activation.dz
            if unsafe target.reading != output.output.reading {
                unsafe compact.narrow(dz, into: target)
            }
            // A normalization of dz, or made of x and dz.
            var isScaled = false
            if case .normalized = output.kind { isScaled = true }
            let task = unsafe OutputTask(
                output.kind.replacing(TensorPointer(dz), output.epilogue, nil),
                of: TensorPointer(isScaled ? dz : x), compact.block,
                into: MutableTensorPointer(isScaled ? dz : x))
            unsafe write(task, engine, scratch: scratch)
            unsafe compact.narrow(isScaled ? dz : x, into: output.output)
        }
    }
}

extension OutputTask.Kind {
    /// The same with other memory.
    fileprivate func replacing(
        _ gradient: TensorPointer<Scalar>, _ epilogue: Epilogue<Scalar>,
        _ mask: UnsafeMutablePointer<UInt8>?
    ) -> OutputTask.Kind {
        switch self {
        case .normalized(let k, _): .normalized(k, epilogue)
        case .activationBackward(_, let k, _): unsafe .activationBackward(gradient, k, epilogue)
        case .maskedActivationBackward(let own, let activation):
            unsafe .maskedActivationBackward(
                mask.map { unsafe UnsafePointer($0) } ?? own, activation)
        case .inputGradient(_, let k): unsafe .inputGradient(gradient, k)
        case .weightedInputGradient(_, let k): unsafe .weightedInputGradient(gradient, k)
        }
    }
}

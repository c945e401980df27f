/// The passes over rows of any engine over tensors of any format: as `WidenedPasses` for lanes.
enum WidenedRows {
    /// The statistics of the block's rows, unless they are known, and what is to be written.
    static func writeRows<Scalar: NormalizationScalar>(
        _ engine: any RowEngine.Type, _ output: RowOutput<Scalar>, _ block: RowBlock,
        by scaling: RowScaling<Scalar>, _ statistics: RowTables,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        guard unsafe output.x.format.isHalf && !engine.takesHalves else {
            return unsafe engine.writeRows(
                output, block, by: scaling, statistics, scratch: scratch)
        }
        let compact = CompactRows(block)
        unsafe compact.withMemory(tensors: 6) { (memory: RowMemory<Scalar>) in
            var task = unsafe RowOutput(
                of: memory.widened(output.x), into: output.y == nil ? nil : memory.place())
            unsafe task.addend = output.addend.map { unsafe memory.widened($0) }
            unsafe task.gradient = output.gradient.map { unsafe memory.widened($0) }
            task.epilogue = output.epilogue
            unsafe task.epilogue.residual = output.epilogue.residual.map {
                unsafe memory.widened($0)
            }
            unsafe task.sum = output.sum == nil ? nil : memory.place()
            unsafe engine.writeRows(
                task, compact.block, by: scaling, statistics.advanced(by: block.firstStatistic),
                scratch: scratch)
            if let sum = unsafe output.sum, let found = unsafe task.sum {
                unsafe compact.narrow(found, into: sum)
            }
            if let y = unsafe output.y, let found = unsafe task.y {
                unsafe compact.narrow(found, into: y)
            }
        }
    }

    /// ∂x of the block's rows where there is a place for it, and what they give to ∂γ and ∂β.
    ///
    /// - Parameter activation: what the gradient lies behind, and where dz goes. That of tensors of 16 bits
    ///   is rounded there, so ∂x is made of another dz, in no tensor's memory.
    static func addGradients<Scalar: NormalizationScalar>(
        _ engine: any RowEngine.Type, _ gradient: RowGradient<Scalar>,
        through activation: RowOutput<Scalar>?, _ block: RowBlock, by scaling: RowScaling<Scalar>,
        _ statistics: RowTables, into sums: RowSums?, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let isHalf = unsafe gradient.x.format.isHalf
        guard isHalf && (activation != nil || !engine.takesHalves) else {
            if let activation {
                unsafe engine.writeRows(
                    activation, block, by: scaling, statistics, scratch: scratch)
            }
            return unsafe engine.addGradients(
                gradient, block, by: scaling, statistics, into: sums, scratch: scratch)
        }
        let compact = CompactRows(block)
        let tables = statistics.advanced(by: block.firstStatistic)
        unsafe compact.withMemory(tensors: 5) { (memory: RowMemory<Scalar>) in
            let x = unsafe memory.widened(gradient.x)
            var dz = unsafe memory.widened(activation?.gradient ?? gradient.gradient)
            if let activation {
                let place = unsafe memory.place()
                var task = unsafe RowOutput(of: x, into: place)
                unsafe task.gradient = dz
                task.epilogue = activation.epilogue
                unsafe task.epilogue.residual = activation.epilogue.residual.map {
                    unsafe memory.widened($0)
                }
                unsafe engine.writeRows(
                    task, compact.block, by: scaling, tables, scratch: scratch)
                unsafe dz = place.reading
            }
            let task = unsafe RowGradient(
                x: x, gradient: dz, addend: gradient.addend.map { unsafe memory.widened($0) },
                dx: gradient.dx == nil ? nil : memory.mutable(x))
            unsafe engine.addGradients(
                task, compact.block, by: scaling, tables, into: sums, scratch: scratch)
            if let activation, let target = unsafe activation.y,
                unsafe gradient.dx.map({ unsafe $0.reading != target.reading }) ?? true
            {
                unsafe compact.narrow(memory.mutable(dz), into: target)
            }
            if let dx = unsafe gradient.dx, let found = unsafe task.dx {
                unsafe compact.narrow(found, into: dx)
            }
        }
    }
}

/// A block of rows, and the same rows close together in memory of their own.
private struct CompactRows {
    let original: RowBlock
    let block: RowBlock
    let count: Int

    init(_ original: RowBlock) {
        self.original = original
        // Positions stay what they are, though one is left.
        let inner = original.inner == 1 ? 1 : max(2, original.positions.count)
        block = RowBlock(
            rows: 0..<original.rows.count, positions: 0..<original.positions.count,
            width: original.width, inner: inner)
        count = original.rows.count * original.width * inner
    }

    /// Calls `body` with each run of memory: where it begins in the tensor and in the memory of its own, and
    /// its length.
    func forEachRun(_ body: (_ from: Int, _ to: Int, _ count: Int) -> Void) {
        if original.positions.count == original.inner {
            return body(original.offset, 0, count)
        }
        let planes = original.rows.count * original.width
        for plane in 0..<planes {
            body(
                original.offset + plane * original.inner, plane * block.inner,
                original.positions.count)
        }
    }

    func narrow<Scalar>(
        _ memory: MutableTensorPointer<Scalar>, into tensor: MutableTensorPointer<Scalar>
    ) {
        let numbers = unsafe UnsafePointer(memory.scalars)
        forEachRun { from, to, count in
            unsafe ChosenKernels.narrow(numbers + to, count, into: tensor + from)
        }
    }

    func withMemory<Scalar: NormalizationScalar>(
        tensors: Int, _ body: (RowMemory<Scalar>) -> Void
    ) {
        let length = count.roundedUp(toMultipleOf: CacheSizes.line)
        let memory = unsafe ScratchMemory.borrow(
            bytes: tensors * length * MemoryLayout<Scalar>.stride)
        defer { unsafe ScratchMemory.giveBack(memory) }
        unsafe body(
            RowMemory(
                self, memory.baseAddress!.assumingMemoryBound(to: Scalar.self), length: length))
    }
}

/// Memory for a block's values of some tensors, handed out one after another.
@unsafe
private final class RowMemory<Scalar: NormalizationScalar> {
    private let rows: CompactRows
    private var next: UnsafeMutablePointer<Scalar>
    private let length: Int

    init(_ rows: CompactRows, _ memory: UnsafeMutablePointer<Scalar>, length: Int) {
        unsafe self.rows = rows
        unsafe next = memory
        unsafe self.length = length
    }

    func place() -> MutableTensorPointer<Scalar> {
        let place = unsafe next
        unsafe next += length
        return unsafe MutableTensorPointer(place)
    }

    /// The block's values of a tensor as numbers.
    func widened(_ tensor: TensorPointer<Scalar>) -> TensorPointer<Scalar> {
        let place = unsafe place()
        let numbers = unsafe place.scalars
        unsafe rows.forEachRun { from, to, count in
            unsafe ChosenKernels.widen(tensor + from, count, into: numbers + to)
        }
        return unsafe place.reading
    }

    /// Memory of this, to be written.
    func mutable(_ place: TensorPointer<Scalar>) -> MutableTensorPointer<Scalar> {
        unsafe MutableTensorPointer(UnsafeMutableRawPointer(mutating: place.address), place.format)
    }
}

extension RowTables {
    /// The numbers from one on.
    fileprivate func advanced(by count: Int) -> RowTables {
        unsafe RowTables(
            mean: mean.map { unsafe $0 + count }, correction: correction.map { unsafe $0 + count },
            squares: squares.map { unsafe $0 + count }, areKnown: areKnown)
    }
}

/// A block whose coefficients are known and whose output is still to be written: while the next
/// block is read for its sums, so that memory is read and written at the same time.
@unsafe
struct PendingOutput<Scalar: NormalizationScalar> {
    @unsafe
    enum Map {
        /// y, from x and what follows it.
        case forward(ForwardMap<Scalar>, Epilogue<Scalar>)
        /// g · f′(z), from the gradient g, x, and what z was made with.
        case gate(UnsafePointer<Scalar>, ForwardMap<Scalar>, Epilogue<Scalar>)
        /// ∂x, from the gradient and x.
        case backward(UnsafePointer<Scalar>, BackwardMap<Scalar>)
    }

    let x: UnsafePointer<Scalar>
    let block: Block
    let map: Map
    let output: UnsafeMutablePointer<Scalar>

    init(
        x: UnsafePointer<Scalar>, block: Block, map: Map, output: UnsafeMutablePointer<Scalar>
    ) {
        unsafe self.x = x
        unsafe self.map = map
        unsafe self.output = output
        // In place, the lines to write are in cache; what goes through a gate is read at once.
        let target = unsafe UnsafePointer(output)
        let isElsewhere =
            switch unsafe map {
            case .forward(_, let epilogue): unsafe target != x && target != epilogue.residual
            case .gate: false
            case .backward(let gradient, _): unsafe target != x && target != gradient
            }
        unsafe self.block = block.bypassingCache(isElsewhere)
    }

    /// The same output narrowed to some of its block's channels, counted within the block.
    func narrowed(toChannels range: Range<Int>) -> PendingOutput {
        unsafe PendingOutput(
            x: x, block: block.narrowed(toChannels: range), map: map, output: output)
    }

    /// The coefficients of x̂, and which channels are out of range.
    var forwardMap: ForwardMap<Scalar> {
        switch unsafe map {
        case .forward(let map, _), .gate(_, let map, _): unsafe map
        case .backward(_, let map): unsafe map.forward
        }
    }

    /// What follows y, or z.
    var epilogue: Epilogue<Scalar> {
        switch unsafe map {
        case .forward(_, let epilogue), .gate(_, _, let epilogue): epilogue
        case .backward: .nothing
        }
    }

    /// ∂y, where it is read.
    var gradient: UnsafePointer<Scalar>? {
        switch unsafe map {
        case .forward: nil
        case .gate(let gradient, _, _), .backward(let gradient, _): unsafe gradient
        }
    }
}

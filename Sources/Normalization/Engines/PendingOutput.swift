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

    /// The same output narrowed to one channel of its block.
    func narrowed(toChannel channel: Int) -> PendingOutput {
        unsafe PendingOutput(
            x: x, block: block.narrowed(toChannels: channel..<channel + 1), map: map,
            output: output)
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

    /// Writes it by an engine's plain passes.
    func write(by passes: any PassEngine.Type, scratch: UnsafeMutablePointer<Scalar>) {
        switch unsafe map {
        case .forward(let map, let epilogue) where epilogue.isNothing:
            unsafe passes.normalize(x, block, by: map, into: output, scratch: scratch)
        case .forward(let map, let epilogue):
            unsafe passes.activate(
                x, block, by: map, then: epilogue, into: output, scratch: scratch)
        case .gate(let gradient, let map, let epilogue):
            unsafe passes.gate(
                x, gradient, block, by: map, then: epilogue, into: output, scratch: scratch)
        case .backward(let gradient, let map):
            unsafe passes.inputGradient(
                x, gradient, block, by: map, into: output, scratch: scratch)
        }
    }
}

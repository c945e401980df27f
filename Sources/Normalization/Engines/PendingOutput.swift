/// A block whose coefficients are known and whose output is still to be written: while the next
/// block is read for its sums, so that memory is read and written at the same time.
@unsafe
struct PendingOutput<Scalar: NormalizationScalar> {
    @unsafe
    enum Map {
        /// y, from x.
        case forward(ForwardMap<Scalar>)
        /// ∂x, from x and the gradient.
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

    /// Writes it by an engine's plain passes.
    func write(by passes: any PassEngine.Type, scratch: UnsafeMutablePointer<Scalar>) {
        switch unsafe map {
        case .forward(let map):
            unsafe passes.normalize(x, block, by: map, into: output, scratch: scratch)
        case .backward(let gradient, let map):
            unsafe passes.inputGradient(
                x, gradient, block, by: map, into: output, scratch: scratch)
        }
    }
}

import CFusedKernels

/// A block of a tensor with exact data: integers from −8 to 8 and coefficients that are powers of two
/// or small integers. What lies outside the block is there to be seen if it is written.
struct Problem<Scalar: KernelScalar> {
    let block: cfused_block
    let coefficients: Coefficients<Scalar>
    private let offset: Int
    /// The bytes by which tensors lie off the boundary of an element.
    private let misalignment: Int
    private let x: [Scalar]
    private let g: [Scalar]

    init(
        _ shape: (outer: Int, channels: Int, inner: Int), extraChannels: Int, offset: Int,
        misalignment: Int = 0
    ) {
        self.misalignment = misalignment
        let stride = (shape.channels + extraChannels) * shape.inner
        block = cfused_block(
            outer: shape.outer, channels: shape.channels, inner: shape.inner, outer_stride: stride,
            channel_stride: shape.inner)
        // Room on both sides.
        self.offset = 16 + offset
        let count = self.offset + shape.outer * stride + 32
        func numbers(_ count: Int, _ step: Int, _ modulus: Int) -> [Scalar] {
            (0..<count).map { Scalar(($0 * step + $0 / 5) % modulus - modulus / 2) }
        }
        x = numbers(count, 7, 17)
        g = numbers(count, 3, 13)
        let channels = shape.channels
        coefficients = Coefficients(
            center: numbers(channels, 3, 7),
            scale: numbers(channels, 1, 3).map { $0 == 0 ? 2 : $0 / 2 },
            shift: numbers(channels, 5, 9), slope: numbers(channels, 2, 5).map { $0 / 4 },
            gradientCenter: numbers(channels, 4, 11))
    }

    /// Calls `body` with (value of x, of g, channel) of each element.
    private func forEach(_ body: (_ index: Int, _ channel: Int) -> Void) {
        for outer in 0..<block.outer {
            for channel in 0..<block.channels {
                for i in 0..<block.inner {
                    body(
                        offset + outer * block.outer_stride + channel * block.channel_stride + i,
                        channel)
                }
            }
        }
    }

    /// Where the block starts, for a mask of the whole buffer.
    var firstBit: Int { offset }

    /// The sums of x, or of x and g; with `pending`, while that output is written.
    func sums(
        _ passes: Passes<Scalar>, ofGradient: Bool, writing pending: PendingOutput<Scalar>? = nil
    ) -> Sums {
        let center = coefficients.center.map { Double($0) }
        return sums { passes.sum($0, ofGradient ? $1 : nil, block, center, $2, $3, pending) }
    }

    struct Sums: Equatable {
        var sum: [Double]
        var products: [Double]
    }

    /// What can be made of the block.
    enum Made {
        case normalized(
            adding: UnsafePointer<Scalar>? = nil, Int32 = 0, UnsafeMutablePointer<UInt8>? = nil)
        case gated(UnsafePointer<Scalar>, adding: UnsafePointer<Scalar>?, Int32)
        case inputGradient(UnsafePointer<Scalar>)
    }

    /// The output of the block in full.
    func pending(
        _ x: UnsafePointer<Scalar>, _ made: Made, _ output: UnsafeMutablePointer<Scalar>,
        streaming: Int32 = 0
    ) -> PendingOutput<Scalar> {
        var form = cfused_form()
        form.block = block
        form.streaming = streaming
        form.first = offset
        var pending = PendingOutput<Scalar>(
            form: form, x: x, coefficients: coefficients, output: output)
        switch made {
        case .normalized(let residual, let activation, let mask):
            pending.form.map = Int32(CFUSED_NORMALIZE)
            pending.form.activation = activation
            pending.form.mask = mask
            pending.residual = residual
        case .gated(let gradient, let residual, let activation):
            pending.form.map = Int32(CFUSED_GATE)
            pending.form.activation = activation
            pending.residual = residual
            pending.gradient = gradient
        case .inputGradient(let gradient):
            pending.form.map = Int32(CFUSED_INPUT_GRADIENT)
            pending.gradient = gradient
        }
        return pending
    }

    private func sums(
        _ body: (
            UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafeMutablePointer<Double>,
            UnsafeMutablePointer<Double>
        ) -> Void
    ) -> Sums {
        var first = [Double](repeating: .nan, count: block.channels)
        var second = first
        withMoved(x, by: misalignment) { x in
            withMoved(g, by: misalignment) { g in
                body(x + offset, g + offset, &first, &second)
            }
        }
        return Sums(sum: first, products: second)
    }

    func expectedSums(ofGradient: Bool) -> Sums {
        var sums = Sums(sum: zeros, products: zeros)
        forEach { index, channel in
            let d = Double(x[index] - coefficients.center[channel])
            let a = ofGradient ? Double(g[index]) : d
            sums.sum[channel] += a
            sums.products[channel] += a * d
        }
        return sums
    }

    private var zeros: [Double] { Array(repeating: 0, count: block.channels) }

    /// The whole output buffer after `body`, what is around the block included.
    func output(
        inPlace: Bool = false,
        _ body: (UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
    ) -> [Scalar] {
        var y = inPlace ? x : background
        y = withMoved(y, by: misalignment) { y in
            withMoved(x, by: misalignment) { x in
                withMoved(g, by: misalignment) { g in
                    body((inPlace ? y : x) + offset, g + offset, y + offset)
                }
            }
        }
        if inPlace {
            // Compared with what is written elsewhere.
            var result = background
            forEach { index, _ in result[index] = y[index] }
            let isOutsideKept = zip(0..., y).allSatisfy { index, value in
                result[index] != Self.untouched || value == x[index]
            }
            return isOutsideKept ? result : []
        }
        return y
    }

    /// The mask of the whole buffer after `body`.
    func mask(_ body: (UnsafeMutablePointer<UInt8>) -> Void) -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: (x.count + 7) / 8)
        body(&mask)
        return mask
    }

    /// A bit for each element of the block for which `isSet` is true.
    func expectedMask(_ isSet: (_ z: Scalar, _ g: Scalar) -> Bool) -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: (x.count + 7) / 8)
        forEach { index, c in
            let z = (x[index] - coefficients.center[c]) * coefficients.scale[c]
            guard isSet(z + coefficients.shift[c], g[index]) else { return }
            mask[index / 8] |= 1 << UInt8(index % 8)
        }
        return mask
    }

    private static var untouched: Scalar { 12345 }
    private var background: [Scalar] { Array(repeating: Self.untouched, count: x.count) }

    /// f(z, g, x) with z = (x − center) · scale + shift.
    func expected(_ f: (_ z: Scalar, _ g: Scalar, _ x: Scalar) -> Scalar) -> [Scalar] {
        var y = background
        forEach { index, c in
            let z = (x[index] - coefficients.center[c]) * coefficients.scale[c]
            y[index] = f(z + coefficients.shift[c], g[index], x[index])
        }
        return y
    }

    var normalized: [Scalar] { expected { z, _, _ in z } }

    var expectedInputGradient: [Scalar] {
        var dx = background
        forEach { index, c in
            let d = (x[index] - coefficients.center[c]) * coefficients.slope[c]
            dx[index] =
                ((g[index] - coefficients.gradientCenter[c]) - d) * coefficients.scale[c]
                + coefficients.shift[c]
        }
        return dx
    }
}

/// Calls `body` with a copy of the array that lies `bytes` off a cache line.
///
/// - Returns: the copy as `body` left it.
@discardableResult
private func withMoved<Scalar>(
    _ array: [Scalar], by bytes: Int, _ body: (UnsafeMutablePointer<Scalar>) -> Void
) -> [Scalar] {
    let size = array.count * MemoryLayout<Scalar>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size + 64, alignment: 64)
    defer { memory.deallocate() }
    let moved = memory + bytes
    array.withUnsafeBytes { $0.baseAddress.map { moved.copyMemory(from: $0, byteCount: size) } }
    body(moved.assumingMemoryBound(to: Scalar.self))
    var result = array
    result.withUnsafeMutableBytes {
        $0.baseAddress?.copyMemory(from: moved, byteCount: size)
    }
    return result
}

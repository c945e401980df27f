import CKernels

/// A block of a tensor, its coefficients, and the formulas. What lies outside the block is there to be
/// seen if it is written.
struct Problem<Scalar: KernelScalar>: CustomStringConvertible {
    typealias Shape = (outer: Int, channels: Int, inner: Int)
    typealias Input = UnsafePointer<Scalar>

    let block: ckernels_block
    let coefficients: Coefficients<Scalar>
    private let offset: Int
    /// The bytes by which tensors lie off the boundary of an element.
    private let misalignment: Int
    private let x: [Scalar]
    private let g: [Scalar]
    private let background: [Scalar]

    /// Exact data: integers from −8 to 8, and coefficients that are powers of two or small integers.
    init(
        _ shape: Shape, extraChannels: Int, gap: Int = 0, offset: Int, misalignment: Int = 0
    ) {
        func numbers(_ step: Int, _ modulus: Int) -> (Int) -> [Scalar] {
            return { count in
                (0..<count).map { Scalar(($0 * step + $0 / 5) % modulus - modulus / 2) }
            }
        }
        let (shift, channels) = (numbers(5, 9)(shape.channels), shape.channels)
        self.init(
            shape, extraChannels: extraChannels, gap: gap, offset: offset,
            misalignment: misalignment, x: numbers(7, 17), g: numbers(3, 13),
            Coefficients(
                center: numbers(3, 7)(channels),
                scale: numbers(1, 3)(channels).map { $0 == 0 ? 2 : $0 / 2 }, shift: shift,
                deviationScale: numbers(2, 5)(channels).map { $0 / 4 },
                gradientCenter: numbers(4, 11)(channels), correction: shift.reversed(),
                weight: numbers(1, 4)(channels).map { $0 == 0 ? 4 : $0 / 2 }))
    }

    /// - Parameters:
    ///   - extraChannels: channels of the tensor that are not the block's.
    ///   - gap: values of each plane that are not the block's.
    init(
        _ shape: Shape, extraChannels: Int, gap: Int = 0, offset: Int, misalignment: Int = 0,
        x: (Int) -> [Scalar], g: (Int) -> [Scalar], _ coefficients: Coefficients<Scalar>
    ) {
        let stride = (shape.channels + extraChannels) * (shape.inner + gap)
        block = ckernels_block(
            outer: shape.outer, channels: shape.channels, inner: shape.inner, outer_stride: stride,
            channel_stride: shape.inner + gap)
        // Room on both sides.
        self.offset = 16 + offset
        self.misalignment = misalignment
        let count = self.offset + shape.outer * stride + 32
        self.x = x(count)
        self.g = g(count)
        self.coefficients = coefficients
        background = Array(repeating: Self.untouched, count: count)
    }

    private static var untouched: Scalar { 12345 }

    var description: String {
        """
        \(block.outer) x \(block.channels) x \(block.inner), outer stride \(block.outer_stride), \
        channel stride \(block.channel_stride), \(offset) elements and \(misalignment) bytes off alignment
        """
    }

    /// Where the block starts, for a mask of the whole buffer.
    var firstBit: Int { offset }

    // MARK: The kernels' results

    struct Sums: Equatable {
        var sum: [Double]
        var products: [Double]
    }

    /// The sums of x, or of x and g: of the block, or of some parts of its planes; with `output`, while that is
    /// written.
    func sums(
        _ passes: Passes<Scalar>, ofGradient: Bool, parts: [ckernels_part]? = nil,
        writing output: Output<Scalar>? = nil
    ) -> Sums {
        let center = coefficients.center.map { Double($0) }
        var first = [Double](repeating: .nan, count: block.channels)
        var second = first
        withMoved(x, by: misalignment) { x in
            withMoved(g, by: misalignment) { g in
                let g = ofGradient ? UnsafePointer(g + offset) : nil
                if let parts {
                    passes.sum(
                        x + offset, g, block, parts, center: center, &first, &second)
                } else {
                    passes.sum(
                        x + offset, g, block, center: center, &first, &second, writing: output)
                }
            }
        }
        return Sums(sum: first, products: second)
    }

    /// An output of the whole block.
    func output(
        _ kind: Int, _ x: Input, gradient: Input? = nil, adding residual: Input? = nil,
        _ activation: Int32 = 0, mask: UnsafeMutablePointer<UInt8>? = nil,
        into y: UnsafeMutablePointer<Scalar>, nonTemporal: Bool = false, padding: Int = 0
    ) -> Output<Scalar> {
        let options = ckernels_output(
            kind: Int32(kind), activation: activation, non_temporal: nonTemporal ? 1 : 0,
            block: block, padding: padding, mask: mask, first_bit: offset,
            negative_slope: leakySlope, x: x, residual: residual, g: gradient, y: y,
            tables: ckernels_tables())
        return Output(options: options, coefficients: coefficients)
    }

    /// The whole buffer of an output without an activation, with what is around the block.
    func written(_ passes: Passes<Scalar>, _ kind: Int, nonTemporal: Bool) -> [Scalar] {
        result { x, g, y in
            let gradient = kind == CKERNELS_NORMALIZE ? nil : g
            passes.write(output(kind, x, gradient: gradient, into: y, nonTemporal: nonTemporal))
        }
    }

    /// The whole output buffer after `body`, with what is around the block.
    func result(
        inPlace: Bool = false, _ body: (Input, Input, UnsafeMutablePointer<Scalar>) -> Void
    ) -> [Scalar] {
        withMoved(inPlace ? x : background, by: misalignment) { y in
            withMoved(x, by: misalignment) { x in
                withMoved(g, by: misalignment) { g in
                    body((inPlace ? y : x) + offset, g + offset, y + offset)
                }
            }
        }
    }

    /// The buffer of x with the block replaced by that of a result.
    func inPlace(_ result: [Scalar]) -> [Scalar] {
        var y = x
        forEach { index, _ in y[index] = result[index] }
        return y
    }

    /// A result with so many zeros behind each plane.
    func padded(_ result: [Scalar], by padding: Int) -> [Scalar] {
        var y = result
        forEachPlane { start, _ in
            for i in 0..<padding { y[start + block.inner + i] = 0 }
        }
        return y
    }

    /// The mask of the whole buffer after `body`.
    func mask(_ body: (UnsafeMutablePointer<UInt8>) -> Void) -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: (x.count + 7) / 8)
        body(&mask)
        return mask
    }

    // MARK: The formulas

    /// Calls `body` with each index of the block in the buffers, and its channel.
    private func forEach(_ body: (_ index: Int, _ channel: Int) -> Void) {
        forEachPlane { start, channel in
            for i in 0..<block.inner { body(start + i, channel) }
        }
    }

    /// The same for the values of some parts alone.
    private func forEach(
        in parts: [ckernels_part]?, _ body: (_ index: Int, _ channel: Int) -> Void
    ) {
        guard let parts else { return forEach(body) }
        for part in parts {
            for channel in 0..<block.channels {
                let start = offset + part.offset + channel * block.channel_stride
                for index in start..<start + part.count { body(index, channel) }
            }
        }
    }

    /// Calls `body` with the index where each plane of the block begins, and its channel.
    private func forEachPlane(_ body: (_ start: Int, _ channel: Int) -> Void) {
        for outer in 0..<block.outer {
            for channel in 0..<block.channels {
                body(
                    offset + outer * block.outer_stride + channel * block.channel_stride, channel)
            }
        }
    }

    func expectedSums(ofGradient: Bool, parts: [ckernels_part]? = nil) -> Sums {
        addedUp(ofGradient, parts) { $0 }
    }

    /// The sums of the magnitudes of what `expectedSums` adds.
    func sumsOfMagnitudes(ofGradient: Bool, parts: [ckernels_part]? = nil) -> Sums {
        addedUp(ofGradient, parts, abs)
    }

    private func addedUp(
        _ ofGradient: Bool, _ parts: [ckernels_part]?, _ term: (Double) -> Double
    ) -> Sums {
        let zeros = [Double](repeating: 0, count: block.channels)
        var sums = Sums(sum: zeros, products: zeros)
        forEach(in: parts) { index, channel in
            let d = Double(x[index] - coefficients.center[channel])
            let a = ofGradient ? Double(g[index]) : d
            sums.sum[channel] += term(a)
            sums.products[channel] += term(a * d)
        }
        return sums
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

    /// f(z, g, x) with z = (x − center) · scale + shift.
    func expected(_ f: (_ z: Scalar, _ g: Scalar, _ x: Scalar) -> Scalar) -> [Scalar] {
        var y = background
        forEach { index, c in
            let z = (x[index] - coefficients.center[c]) * coefficients.scale[c]
            y[index] = f(z + coefficients.shift[c], g[index], x[index])
        }
        return y
    }

    /// An output without an activation, as the header has it.
    func expected(_ kind: Int) -> [Scalar] {
        if kind == CKERNELS_NORMALIZE { return expected { z, _, _ in z } }
        var dx = background
        forEach { index, c in
            let isWeighted = kind == CKERNELS_WEIGHTED_INPUT_GRADIENT
            let g = isWeighted ? g[index] * coefficients.weight[c] : g[index]
            let d = (x[index] - coefficients.center[c]) * coefficients.deviationScale[c]
            dx[index] =
                ((g - coefficients.gradientCenter[c]) - d) * coefficients.scale[c]
                + coefficients.correction[c]
        }
        return dx
    }

    /// Calls `body` with each value of `result` that belongs to the block, and (g, x, channel).
    func forEachValue(of result: [Scalar], _ body: (Scalar, _ g: Scalar, _ x: Scalar, Int) -> Void)
    {
        forEach { index, channel in body(result[index], g[index], x[index], channel) }
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

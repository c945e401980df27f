import CFusedKernels

/// An element type the kernels exist for, with exact small numbers.
protocol KernelScalar: BinaryFloatingPoint, Sendable {
    static func passes(_ kernels: cfused_kernels) -> Passes<Self>
}

/// The passes of one instruction set for one element type, in one form for both types. Coefficients
/// are arrays with one element a channel.
struct Passes<Scalar: KernelScalar> {
    typealias Input = UnsafePointer<Scalar>
    typealias Output = UnsafeMutablePointer<Scalar>
    typealias Sums = UnsafeMutablePointer<Double>

    /// Sums of x alone, or of x and g, and meanwhile an output.
    var sum:
        (
            Input, _ g: Input?, cfused_block, _ center: [Double], Sums, Sums,
            _ pending: PendingOutput<Scalar>?
        ) -> Void
    var write: (PendingOutput<Scalar>) -> Void
    var gateMasked:
        (
            _ g: Input, cfused_block, _ mask: UnsafePointer<UInt8>, _ firstBit: Int, Int32, Output
        ) -> Void
}

/// An output to write: what it is, and the tensors.
struct PendingOutput<Scalar> {
    var form: cfused_form
    var x: UnsafePointer<Scalar>
    var residual: UnsafePointer<Scalar>?
    var gradient: UnsafePointer<Scalar>?
    var coefficients: Coefficients<Scalar>
    var output: UnsafeMutablePointer<Scalar>
}

/// Everything the maps take, per channel.
struct Coefficients<Scalar> {
    var center: [Scalar]
    var scale: [Scalar]
    var shift: [Scalar]
    var slope: [Scalar]
    var gradientCenter: [Scalar]
}

/// The bases of all the arrays, alive for the call.
private func withPointers<Scalar>(
    _ arrays: [[Scalar]], _ body: ([UnsafePointer<Scalar>?]) -> Void
) {
    func next(_ i: Int, _ pointers: [UnsafePointer<Scalar>?]) {
        guard i < arrays.count else { return body(pointers) }
        arrays[i].withUnsafeBufferPointer { next(i + 1, pointers + [$0.baseAddress]) }
    }
    next(0, [])
}

/// Scratch memory of just the size that a kernel asks for, full of NaNs.
private func withScratch<Scalar: KernelScalar>(
    of _: Scalar.Type, _ body: (UnsafeMutableRawPointer) -> Void
) {
    let bytes = Int(CFUSED_SCRATCH) * MemoryLayout<Scalar>.stride
    withUnsafeTemporaryAllocation(byteCount: bytes, alignment: 64) { scratch in
        scratch.initializeMemory(as: UInt8.self, repeating: 0xff)
        scratch.baseAddress.map(body)
    }
}

/// The slope of the leaky ReLU in these tests, an exact number.
let leakySlope = 0.25

extension Float: KernelScalar {
    static func passes(_ kernels: cfused_kernels) -> Passes<Float> {
        let k = kernels.f32
        func withOutput(
            _ o: PendingOutput<Float>, _ body: (UnsafePointer<cfused_output_f32>) -> Void
        ) {
            let c = o.coefficients
            withPointers([c.center, c.scale, c.shift, c.slope, c.gradientCenter]) { p in
                var output = cfused_output_f32(
                    form: o.form, x: o.x, residual: o.residual, g: o.gradient, y: o.output,
                    slope: Float(leakySlope),
                    forward: cfused_forward_f32(center: p[0], scale: p[1], shift: p[2]),
                    backward: cfused_backward_f32(
                        center: p[0], slope: p[3], gradient_center: p[4], scale: p[1],
                        residue: p[2]))
                body(&output)
            }
        }
        return Passes(
            sum: { x, g, block, center, sum, products, pending in
                var block = block
                withScratch(of: Float.self) { scratch in
                    guard let pending else {
                        return k.sum(x, g, &block, center, sum, products, nil, scratch)
                    }
                    withOutput(pending) { k.sum(x, g, &block, center, sum, products, $0, scratch) }
                }
            },
            write: { output in
                withOutput(output) { output in withScratch(of: Float.self) { k.write(output, $0) } }
            },
            gateMasked: { g, block, mask, first, activation, gated in
                var block = block
                k.gate_masked(g, &block, mask, first, activation, Float(leakySlope), gated)
            })
    }
}

extension Double: KernelScalar {
    static func passes(_ kernels: cfused_kernels) -> Passes<Double> {
        let k = kernels.f64
        func withOutput(
            _ o: PendingOutput<Double>, _ body: (UnsafePointer<cfused_output_f64>) -> Void
        ) {
            let c = o.coefficients
            withPointers([c.center, c.scale, c.shift, c.slope, c.gradientCenter]) { p in
                var output = cfused_output_f64(
                    form: o.form, x: o.x, residual: o.residual, g: o.gradient, y: o.output,
                    slope: leakySlope,
                    forward: cfused_forward_f64(center: p[0], scale: p[1], shift: p[2]),
                    backward: cfused_backward_f64(
                        center: p[0], slope: p[3], gradient_center: p[4], scale: p[1],
                        residue: p[2]))
                body(&output)
            }
        }
        return Passes(
            sum: { x, g, block, center, sum, products, pending in
                var block = block
                withScratch(of: Double.self) { scratch in
                    guard let pending else {
                        return k.sum(x, g, &block, center, sum, products, nil, scratch)
                    }
                    withOutput(pending) { k.sum(x, g, &block, center, sum, products, $0, scratch) }
                }
            },
            write: { output in
                withOutput(output) { output in withScratch(of: Double.self) { k.write(output, $0) }
                }
            },
            gateMasked: { g, block, mask, first, activation, gated in
                var block = block
                k.gate_masked(g, &block, mask, first, activation, leakySlope, gated)
            })
    }
}

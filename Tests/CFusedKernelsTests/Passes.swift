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
    var activate:
        (
            Input, _ residual: Input?, cfused_block, Coefficients<Scalar>, Int32, Output, Int32,
            _ mask: UnsafeMutablePointer<UInt8>?, _ firstBit: Int
        ) -> Void
    var gate:
        (Input, _ residual: Input?, _ g: Input, cfused_block, Coefficients<Scalar>, Int32, Output)
            -> Void
    var gateMasked:
        (
            _ g: Input, cfused_block, _ mask: UnsafePointer<UInt8>, _ firstBit: Int, Int32, Output
        ) -> Void
}

/// An output to write: y, or ∂x where there is a gradient.
struct PendingOutput<Scalar> {
    var x: UnsafePointer<Scalar>
    var gradient: UnsafePointer<Scalar>?
    var block: cfused_block
    var coefficients: Coefficients<Scalar>
    var output: UnsafeMutablePointer<Scalar>
    var streaming: Int32
}

/// Everything the maps take, per channel.
struct Coefficients<Scalar> {
    var center: [Scalar]
    var scale: [Scalar]
    var shift: [Scalar]
    var slope: [Scalar]
    var gradientCenter: [Scalar]
}

/// The slope of the leaky ReLU in these tests, an exact number.
let leakySlope = 0.25

extension Float: KernelScalar {
    static func passes(_ kernels: cfused_kernels) -> Passes<Float> {
        let k = kernels.f32
        func forward<Result>(
            _ c: Coefficients<Float>, _ body: (UnsafePointer<cfused_forward_f32>) -> Result
        ) -> Result {
            c.center.withUnsafeBufferPointer { center in
                c.scale.withUnsafeBufferPointer { scale in
                    c.shift.withUnsafeBufferPointer { shift in
                        var map = cfused_forward_f32(
                            center: center.baseAddress, scale: scale.baseAddress,
                            shift: shift.baseAddress)
                        return body(&map)
                    }
                }
            }
        }
        func withOutput(
            _ o: PendingOutput<Float>, _ body: (UnsafePointer<cfused_output_f32>) -> Void
        ) {
            o.coefficients.slope.withUnsafeBufferPointer { slope in
                o.coefficients.gradientCenter.withUnsafeBufferPointer { gradientCenter in
                    forward(o.coefficients) { map in
                        var output = cfused_output_f32(
                            x: o.x, g: o.gradient, block: o.block, forward: map.pointee,
                            backward: cfused_backward_f32(
                                center: map.pointee.center, slope: slope.baseAddress,
                                gradient_center: gradientCenter.baseAddress,
                                scale: map.pointee.scale, residue: map.pointee.shift),
                            y: o.output, streaming: o.streaming)
                        body(&output)
                    }
                }
            }
        }
        return Passes(
            sum: { x, g, block, center, sum, products, pending in
                var block = block
                guard let pending else { return k.sum(x, g, &block, center, sum, products, nil) }
                withOutput(pending) { k.sum(x, g, &block, center, sum, products, $0) }
            },
            write: { output in withOutput(output) { k.write($0) } },
            activate: { x, residual, block, c, activation, y, streaming, mask, first in
                var block = block
                forward(c) {
                    k.normalize_activate(
                        x, residual, &block, $0, activation, Float(leakySlope), y, streaming, mask,
                        first)
                }
            },
            gate: { x, residual, g, block, c, activation, gated in
                var block = block
                forward(c) {
                    k.gate_gradient(
                        x, residual, g, &block, $0, activation, Float(leakySlope), gated)
                }
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
        func forward<Result>(
            _ c: Coefficients<Double>, _ body: (UnsafePointer<cfused_forward_f64>) -> Result
        ) -> Result {
            c.center.withUnsafeBufferPointer { center in
                c.scale.withUnsafeBufferPointer { scale in
                    c.shift.withUnsafeBufferPointer { shift in
                        var map = cfused_forward_f64(
                            center: center.baseAddress, scale: scale.baseAddress,
                            shift: shift.baseAddress)
                        return body(&map)
                    }
                }
            }
        }
        func withOutput(
            _ o: PendingOutput<Double>, _ body: (UnsafePointer<cfused_output_f64>) -> Void
        ) {
            o.coefficients.slope.withUnsafeBufferPointer { slope in
                o.coefficients.gradientCenter.withUnsafeBufferPointer { gradientCenter in
                    forward(o.coefficients) { map in
                        var output = cfused_output_f64(
                            x: o.x, g: o.gradient, block: o.block, forward: map.pointee,
                            backward: cfused_backward_f64(
                                center: map.pointee.center, slope: slope.baseAddress,
                                gradient_center: gradientCenter.baseAddress,
                                scale: map.pointee.scale, residue: map.pointee.shift),
                            y: o.output, streaming: o.streaming)
                        body(&output)
                    }
                }
            }
        }
        return Passes(
            sum: { x, g, block, center, sum, products, pending in
                var block = block
                guard let pending else { return k.sum(x, g, &block, center, sum, products, nil) }
                withOutput(pending) { k.sum(x, g, &block, center, sum, products, $0) }
            },
            write: { output in withOutput(output) { k.write($0) } },
            activate: { x, residual, block, c, activation, y, streaming, mask, first in
                var block = block
                forward(c) {
                    k.normalize_activate(
                        x, residual, &block, $0, activation, leakySlope, y, streaming, mask,
                        first)
                }
            },
            gate: { x, residual, g, block, c, activation, gated in
                var block = block
                forward(c) {
                    k.gate_gradient(
                        x, residual, g, &block, $0, activation, leakySlope, gated)
                }
            },
            gateMasked: { g, block, mask, first, activation, gated in
                var block = block
                k.gate_masked(g, &block, mask, first, activation, leakySlope, gated)
            })
    }
}

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

    var moments: (Input, cfused_block, _ pivot: [Scalar], Sums, Sums) -> Void
    var gradientSums: (Input, _ g: Input, cfused_block, _ mean: [Double], Sums, Sums) -> Void
    var normalize: (Input, cfused_block, Coefficients<Scalar>, Output, _ streaming: Int32) -> Void
    var inputGradient:
        (Input, _ g: Input, cfused_block, Coefficients<Scalar>, Output, _ streaming: Int32) -> Void
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
        return Passes(
            moments: { x, block, pivot, sum, squares in
                var block = block
                k.moments(x, &block, pivot, sum, squares)
            },
            gradientSums: { x, g, block, mean, sum, products in
                var block = block
                k.gradient_sums(x, g, &block, mean, sum, products)
            },
            normalize: { x, block, c, y, streaming in
                var block = block
                forward(c) { k.normalize(x, &block, $0, y, streaming) }
            },
            inputGradient: { x, g, block, c, dx, streaming in
                var block = block
                c.slope.withUnsafeBufferPointer { slope in
                    c.gradientCenter.withUnsafeBufferPointer { gradientCenter in
                        forward(c) { map in
                            var map = cfused_backward_f32(
                                center: map.pointee.center, slope: slope.baseAddress,
                                gradient_center: gradientCenter.baseAddress,
                                scale: map.pointee.scale, residue: map.pointee.shift)
                            k.input_gradient(x, g, &block, &map, dx, streaming)
                        }
                    }
                }
            },
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
        return Passes(
            moments: { x, block, pivot, sum, squares in
                var block = block
                k.moments(x, &block, pivot, sum, squares)
            },
            gradientSums: { x, g, block, mean, sum, products in
                var block = block
                k.gradient_sums(x, g, &block, mean, sum, products)
            },
            normalize: { x, block, c, y, streaming in
                var block = block
                forward(c) { k.normalize(x, &block, $0, y, streaming) }
            },
            inputGradient: { x, g, block, c, dx, streaming in
                var block = block
                c.slope.withUnsafeBufferPointer { slope in
                    c.gradientCenter.withUnsafeBufferPointer { gradientCenter in
                        forward(c) { map in
                            var map = cfused_backward_f64(
                                center: map.pointee.center, slope: slope.baseAddress,
                                gradient_center: gradientCenter.baseAddress,
                                scale: map.pointee.scale, residue: map.pointee.shift)
                            k.input_gradient(x, g, &block, &map, dx, streaming)
                        }
                    }
                }
            },
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

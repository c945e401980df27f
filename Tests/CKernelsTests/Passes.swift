import CKernels

/// An element type that the kernels exist for.
protocol KernelScalar: BinaryFloatingPoint, Sendable {
    static func passes(of kernels: ckernels_kernels) -> ckernels_passes
}

extension Float: KernelScalar {
    static func passes(of kernels: ckernels_kernels) -> ckernels_passes {
        kernels.passes.0!.pointee
    }
}

extension Double: KernelScalar {
    static func passes(of kernels: ckernels_kernels) -> ckernels_passes {
        kernels.passes.1!.pointee
    }
}

/// The passes of one instruction set for one element type, with scratch memory of their own.
struct Passes<Scalar: KernelScalar>: CustomStringConvertible {
    private let passes: ckernels_passes
    let description: String

    /// Those of each instruction set that this processor has.
    static var all: [Passes] {
        (0..<ckernels_count()).map { Passes(ckernels_at($0).pointee) }
    }

    private init(_ kernels: ckernels_kernels) {
        passes = Scalar.passes(of: kernels)
        description = "\(String(cString: kernels.name)) \(Scalar.self)"
    }

    /// Sums of x alone, or of x and g, and meanwhile an output.
    func sum(
        _ x: UnsafePointer<Scalar>, _ g: UnsafePointer<Scalar>?, _ block: ckernels_block,
        center: [Double], _ sum: UnsafeMutablePointer<Double>,
        _ products: UnsafeMutablePointer<Double>, writing output: Output<Scalar>?
    ) {
        var block = block
        withScratch { scratch in
            guard let output else {
                return passes.sum(x, g, &block, center, sum, products, nil, scratch)
            }
            output.withDescription {
                passes.sum(x, g, &block, center, sum, products, $0, scratch)
            }
        }
    }

    /// Sums over some parts of the planes.
    func sum(
        _ x: UnsafePointer<Scalar>, _ g: UnsafePointer<Scalar>?, _ block: ckernels_block,
        _ parts: [ckernels_part], center: [Double], _ sum: UnsafeMutablePointer<Double>,
        _ products: UnsafeMutablePointer<Double>
    ) {
        var block = block
        withScratch {
            passes.sum_parts(x, g, &block, parts, parts.count, center, sum, products, $0)
        }
    }

    /// What the deviations of each channel are taken from.
    func pivots(_ x: [Scalar], _ block: ckernels_block) -> [Double] {
        var block = block
        var pivots = [Double](repeating: .nan, count: block.channels)
        x.withUnsafeBytes { passes.pivots($0.baseAddress, &block, &pivots) }
        return pivots
    }

    func write(_ output: Output<Scalar>) {
        withScratch { scratch in output.withDescription { passes.write($0, scratch) } }
    }

    func activationBackward(
        _ g: UnsafePointer<Scalar>, _ block: ckernels_block, mask: UnsafePointer<UInt8>,
        firstBit: Int, _ activation: Int32, into dz: UnsafeMutablePointer<Scalar>
    ) {
        var block = block
        passes.activation_backward_masked(
            g, &block, mask, firstBit, activation, leakySlope, dz)
    }

    /// Rows that are written before the first that is left to the caller.
    func writeRows(_ output: inout ckernels_row_output) -> Int {
        var end = 0
        withScratch { end = passes.write_rows(&output, 0, $0) }
        return end
    }

    func rowGradients(_ gradient: inout ckernels_row_gradient) -> Int {
        var end = 0
        withScratch { end = passes.row_gradients(&gradient, 0, $0) }
        return end
    }

    /// Just the memory that a kernel asks for, full of NaNs.
    private func withScratch(_ body: (UnsafeMutableRawPointer) -> Void) {
        let bytes = Int(CKERNELS_SCRATCH) * MemoryLayout<Scalar>.stride
        withUnsafeTemporaryAllocation(byteCount: bytes, alignment: 64) { scratch in
            scratch.initializeMemory(as: UInt8.self, repeating: 0xff)
            scratch.baseAddress.map(body)
        }
    }
}

/// The negative slope of the leaky ReLU in these tests, an exact number.
let leakySlope = 0.25

/// An output to write: all but the tables, and their values.
struct Output<Scalar> {
    var options: ckernels_output
    var coefficients: Coefficients<Scalar>

    /// Calls `body` with the C struct, whose tables live for the call.
    func withDescription(_ body: (UnsafePointer<ckernels_output>) -> Void) {
        let c = coefficients
        withPointers(
            [
                c.center, c.scale, c.shift, c.deviationScale, c.gradientCenter, c.correction,
                c.weight,
            ]
        ) { tables in
            var output = options
            // Only the tables that the header names for the kind.
            let normalizes = output.kind < CKERNELS_INPUT_GRADIENT
            let isWeighted = output.kind == CKERNELS_WEIGHTED_INPUT_GRADIENT
            output.tables = ckernels_tables(
                center: tables[0], scale: tables[1], shift: normalizes ? tables[2] : nil,
                deviation_scale: normalizes ? nil : tables[3],
                gradient_center: normalizes ? nil : tables[4],
                correction: normalizes ? nil : tables[5], weight: isWeighted ? tables[6] : nil)
            body(&output)
        }
    }
}

/// Everything that outputs are made with, one element a channel.
struct Coefficients<Scalar> {
    var center: [Scalar]
    var scale: [Scalar]
    var shift: [Scalar]
    var deviationScale: [Scalar]
    var gradientCenter: [Scalar]
    var correction: [Scalar]
    var weight: [Scalar]
}

/// Calls `body` with the bases of all the arrays, alive for the call.
private func withPointers<Scalar>(
    _ arrays: [[Scalar]], _ body: ([UnsafePointer<Scalar>?]) -> Void
) {
    func next(_ i: Int, _ pointers: [UnsafePointer<Scalar>?]) {
        guard i < arrays.count else { return body(pointers) }
        arrays[i].withUnsafeBufferPointer { next(i + 1, pointers + [$0.baseAddress]) }
    }
    next(0, [])
}

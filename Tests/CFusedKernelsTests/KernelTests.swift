import CFusedKernels
import Testing

/// Every instruction set's kernels against plain loops, to the bit: all numbers are small integers and
/// powers of two, so that every sum and product is exact in any order.
@Suite("Kernels")
struct KernelTests {
    /// Planes shorter and longer than vectors, tables, groups of rows and parts of a pending output, and
    /// rows that are walked a few or many as one.
    static let shapes: [(outer: Int, channels: Int, inner: Int)] = [
        (1, 1, 1), (3, 5, 1), (9, 67, 1), (4, 3, 7), (6, 5, 49), (3, 2, 49), (5, 3, 256),
        (2, 3, 300), (4, 1, 1000), (7, 1100, 1), (5, 37, 64), (40, 3, 16), (70, 20, 1), (3, 70, 23),
        (2, 300, 5), (2, 2, 1500), (1000, 3, 1), (333, 17, 1), (101, 7, 9), (41, 100, 1),
        (9, 250, 1), (11, 5, 49), (9, 70, 23),
    ]

    /// Rows, columns, and columns walked as one, longer than vectors.
    static let misalignedShapes: [(outer: Int, channels: Int, inner: Int)] = [
        (3, 5, 1), (6, 5, 49), (2, 3, 300), (70, 20, 1), (9, 70, 23), (1000, 3, 1),
    ]

    /// Instruction sets of this processor, and with them elements off alignment.
    static let ranks = 0..<Int(cfused_kernels_count())
    static let variants = ranks.flatMap { rank in
        [0, 1, 5].map { (rank: rank, offset: $0) }
    }

    @Test("Float kernels compute the formulas to the bit", arguments: variants)
    func floatKernels(rank: Int, offset: Int) { check(Float.self, rank, offset) }

    @Test("Double kernels compute the formulas to the bit", arguments: variants)
    func doubleKernels(rank: Int, offset: Int) { check(Double.self, rank, offset) }

    @Test("Float tensors may lie off the boundary of an element", arguments: ranks, [1, 2, 3])
    func misalignedFloats(rank: Int, bytes: Int) {
        check(Float.self, rank, 1, misalignment: bytes, Self.misalignedShapes)
    }

    @Test("Double tensors may lie off the boundary of an element", arguments: ranks, [1, 4, 7])
    func misalignedDoubles(rank: Int, bytes: Int) {
        check(Double.self, rank, 1, misalignment: bytes, Self.misalignedShapes)
    }

    private func check<Scalar: KernelScalar>(
        _: Scalar.Type, _ rank: Int, _ offset: Int, misalignment: Int = 0,
        _ shapes: [(outer: Int, channels: Int, inner: Int)] = Self.shapes
    ) {
        let passes = Scalar.passes(cfused_kernels_at(Int32(rank)).pointee)
        for shape in shapes {
            // All channels of a tensor, and a block of some of a wider one.
            for extra in [0, 3] {
                let problem = Problem<Scalar>(
                    shape, extraChannels: extra, offset: offset, misalignment: misalignment)
                let name: Comment =
                    """
                    \(Scalar.self) rank \(rank) offset \(offset) and \(misalignment) bytes \(shape) \
                    of \(extra) more
                    """
                for ofGradient in [false, true] {
                    let expected = problem.expectedSums(ofGradient: ofGradient)
                    #expect(problem.sums(passes, ofGradient: ofGradient) == expected, name)
                    for streaming in [Int32(0), 1] {
                        let output = ofGradient ? problem.expectedInputGradient : problem.normalized
                        func pending(
                            _ x: UnsafePointer<Scalar>, _ g: UnsafePointer<Scalar>,
                            _ y: UnsafeMutablePointer<Scalar>
                        ) -> PendingOutput<Scalar> {
                            problem.pending(
                                x, ofGradient ? .inputGradient(g) : .normalized(), y,
                                streaming: streaming)
                        }
                        #expect(
                            problem.output { passes.write(pending($0, $1, $2)) } == output, name)
                        // Written while other sums are taken, of the same block and of a shorter one.
                        for other in [
                            problem, Problem((2, 1, shape.inner), extraChannels: 1, offset: 0),
                        ] {
                            let expected = other.expectedSums(ofGradient: ofGradient)
                            var sums: Problem<Scalar>.Sums?
                            let written = problem.output {
                                sums = other.sums(
                                    passes, ofGradient: ofGradient, writing: pending($0, $1, $2))
                            }
                            #expect(sums == expected, name)
                            #expect(written == output, name)
                        }
                    }
                }
                #expect(
                    problem.output(inPlace: true) {
                        passes.write(problem.pending($0, .normalized(), $2))
                    } == problem.normalized, name)
                for activation in Int32(0)..<4 {
                    activated(problem, passes, activation, name)
                }
            }
        }
    }

    /// Identity, ReLU, ReLU6 and leaky ReLU, with and without a residual, forward and back.
    private func activated<Scalar: KernelScalar>(
        _ problem: Problem<Scalar>, _ passes: Passes<Scalar>, _ activation: Int32, _ name: Comment
    ) {
        func f(_ z: Scalar) -> Scalar {
            switch activation {
            case 1: max(z, 0)
            case 2: min(max(z, 0), 6)
            case 3: z > 0 ? z : z * Scalar(leakySlope)
            default: z
            }
        }
        func derivative(_ z: Scalar) -> Scalar {
            switch activation {
            case 1: z > 0 ? 1 : 0
            case 2: z > 0 && z < 6 ? 1 : 0
            case 3: z > 0 ? 1 : Scalar(leakySlope)
            default: 1
            }
        }
        for streaming in [Int32(0), 1] {
            for adds in [false, true] {
                let expected = problem.expected { z, g, _ in f(adds ? z + g : z) }
                func pending(
                    _ x: UnsafePointer<Scalar>, _ residual: UnsafePointer<Scalar>,
                    _ y: UnsafeMutablePointer<Scalar>, _ mask: UnsafeMutablePointer<UInt8>? = nil
                ) -> PendingOutput<Scalar> {
                    problem.pending(
                        x, .normalized(adding: adds ? residual : nil, activation, mask), y,
                        streaming: streaming)
                }
                #expect(
                    problem.output { passes.write(pending($0, $1, $2)) } == expected, name)
                guard activation != 0 else { continue }
                // At once, and in parts while sums are taken.
                for isMeanwhile in [false, true] {
                    var output: [Scalar] = []
                    let mask = problem.mask { mask in
                        output = problem.output { x, g, y in
                            if isMeanwhile {
                                _ = problem.sums(
                                    passes, ofGradient: false, writing: pending(x, g, y, mask))
                            } else {
                                passes.write(pending(x, g, y, mask))
                            }
                        }
                    }
                    #expect(output == expected, name)
                    #expect(
                        mask == problem.expectedMask { z, g in derivative(adds ? z + g : z) == 1 },
                        name)
                }
            }
        }
        #expect(
            problem.output(inPlace: true) {
                passes.write(problem.pending($0, .normalized(adding: $1, activation), $2))
            } == problem.expected { z, g, _ in f(z + g) }, name)
        #expect(
            problem.output {
                passes.write(problem.pending($0, .gated($1, adding: nil, activation), $2))
            } == problem.expected { z, g, _ in g * derivative(z) }, name)
        #expect(
            problem.output {
                passes.write(problem.pending($0, .gated($1, adding: $0, activation), $2))
            } == problem.expected { z, g, x in g * derivative(z + x) }, name)
        guard activation != 0 else { return }
        let mask = problem.expectedMask { z, _ in derivative(z) == 1 }
        #expect(
            problem.output {
                passes.gateMasked($1, problem.block, mask, problem.firstBit, activation, $2)
            } == problem.expected { z, g, _ in g * derivative(z) }, name)
    }
}

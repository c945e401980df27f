import CKernels
import Testing

/// Every instruction set's kernels against plain loops, to the bit: all numbers are small integers and
/// powers of two, so that every sum and product is exact in any order.
@Suite("Kernels")
struct KernelTests {
    /// Planes shorter and longer than vectors, tables, groups of rows and parts of an output, and rows
    /// that are walked a few or many as one.
    static let shapes: [(outer: Int, channels: Int, inner: Int)] = [
        (1, 1, 1), (3, 5, 1), (9, 67, 1), (4, 3, 7), (6, 5, 49), (3, 2, 49), (5, 3, 256),
        (2, 3, 300), (4, 1, 1000), (7, 1100, 1), (5, 37, 64), (40, 3, 16), (70, 20, 1), (3, 70, 23),
        (2, 300, 5), (2, 2, 1500), (1000, 3, 1), (333, 17, 1), (101, 7, 9), (41, 100, 1),
        (9, 250, 1), (11, 5, 49), (9, 70, 23),
        // A few samples channel by channel; planes of a vector and little more; samples walked as one row.
        (1, 40, 3), (2, 33, 7), (3, 21, 15), (5, 9, 16), (1, 3, 8), (33, 5, 8), (2, 6, 6),
        (40, 7, 17),
        // Once taken for planes of a vector, of which 8 of 24 values were left out.
        (8, 3, 24),
        (33, 3, 24), (90, 3, 31), (30, 4, 33), (70, 3, 65), (8, 64, 33), (9, 256, 1), (3, 1024, 1),
        (9, 16, 16),
        // Rows whose tables leave L1.
        (3, 3072, 1),
    ]

    /// Rows, columns, and rows of columns walked as one, longer than vectors.
    static let misalignedShapes: [(outer: Int, channels: Int, inner: Int)] = [
        (3, 5, 1), (6, 5, 49), (2, 3, 300), (70, 20, 1), (9, 70, 23), (1000, 3, 1), (1, 40, 7),
        (40, 7, 17),
    ]

    /// How far off alignment tensors lie: in elements, and in bytes of an element.
    static let offsets = [0, 1, 5]

    @Test("Float kernels compute the formulas to the bit", arguments: offsets)
    func floatKernels(offset: Int) throws { try check(Float.self, offset, Self.shapes) }

    @Test("Double kernels compute the formulas to the bit", arguments: offsets)
    func doubleKernels(offset: Int) throws { try check(Double.self, offset, Self.shapes) }

    @Test("Float tensors may lie off the boundary of an element", arguments: [1, 2, 3])
    func misalignedFloats(bytes: Int) throws {
        try check(Float.self, 1, misalignment: bytes, Self.misalignedShapes)
    }

    @Test("Double tensors may lie off the boundary of an element", arguments: [1, 4, 7])
    func misalignedDoubles(bytes: Int) throws {
        try check(Double.self, 1, misalignment: bytes, Self.misalignedShapes)
    }

    /// How a block is walked depends on both: no pair may fall between two ways.
    @Test("Sums are exact for every plane up to 70 values in every number of samples up to 17")
    func everyShortPlane() throws {
        for inner in 1...70 {
            for outer in 1...17 {
                for gap in [0, 5] {
                    let shape = (outer, 2, inner)
                    try checkSums(
                        Problem<Float>(shape, extraChannels: 0, gap: gap, offset: 0))
                    try checkSums(
                        Problem<Double>(shape, extraChannels: 0, gap: gap, offset: 0))
                }
            }
        }
    }

    @Test(
        "Sums are exact where rows that follow each other are too many for the caches nearby",
        arguments: [(350, 3, 64), (180, 9, 43), (50, 10, 145)])
    func manyShortRows(shape: (outer: Int, channels: Int, inner: Int)) throws {
        for extra in [0, 1] {
            try checkSums(Problem<Float>(shape, extraChannels: extra, offset: 1))
            try checkSums(Problem<Double>(shape, extraChannels: extra, offset: 1))
        }
    }

    private func check<Scalar: KernelScalar>(
        _: Scalar.Type, _ offset: Int, misalignment: Int = 0,
        _ shapes: [(outer: Int, channels: Int, inner: Int)]
    ) throws {
        for shape in shapes {
            // All channels of a tensor, a block of some of a wider one, and a part of each plane.
            for (extra, gap) in [(0, 0), (3, 0), (1, 3)] where gap == 0 || offset < 2 {
                let problem = Problem<Scalar>(
                    shape, extraChannels: extra, gap: gap, offset: offset,
                    misalignment: misalignment)
                try checkSums(problem)
                for kind in [
                    CKERNELS_NORMALIZE, CKERNELS_INPUT_GRADIENT, CKERNELS_WEIGHTED_INPUT_GRADIENT,
                ] {
                    try checkOutput(problem, kind)
                }
                for activation in Int32(0)..<4 {
                    try checkActivation(problem, activation)
                    if activation != 0 { try checkMask(problem, activation) }
                }
            }
        }
    }

    private func checkSums<Scalar: KernelScalar>(_ problem: Problem<Scalar>) throws {
        for ofGradient in [false, true] {
            let expected = problem.expectedSums(ofGradient: ofGradient)
            for passes in Passes<Scalar>.all {
                let sums = problem.sums(passes, ofGradient: ofGradient)
                try require(sums, equals: expected, "\(passes) \(problem)")
            }
        }
    }

    /// A kind of output without an activation: by itself, and while sums are taken.
    private func checkOutput<Scalar: KernelScalar>(_ problem: Problem<Scalar>, _ kind: Int) throws {
        // The same block, and a shorter one.
        let others = [problem, Problem((2, 1, problem.block.inner), extraChannels: 1, offset: 0)]
        let ofGradient = kind != CKERNELS_NORMALIZE
        let expectedSums = others.map { $0.expectedSums(ofGradient: ofGradient) }
        let expected = problem.expected(kind)
        let expectedInPlace = problem.inPlace(expected)
        for passes in Passes<Scalar>.all {
            let name = "\(passes) \(problem) kind \(kind)"
            for nonTemporal in [false, true] {
                try require(
                    problem.written(passes, kind, nonTemporal: nonTemporal), equals: expected, name)
                for (other, expectedSums) in zip(others, expectedSums) {
                    var sums: Problem<Scalar>.Sums?
                    let written = problem.result { x, g, y in
                        sums = other.sums(
                            passes, ofGradient: ofGradient,
                            writing: problem.output(
                                kind, x, gradient: ofGradient ? g : nil, into: y,
                                nonTemporal: nonTemporal))
                    }
                    try require(sums, equals: expectedSums, name)
                    try require(written, equals: expected, name)
                }
            }
            let inPlace = problem.result(inPlace: true) {
                passes.write(
                    problem.output(kind, $0, gradient: ofGradient ? $1 : nil, into: $2))
            }
            try require(inPlace, equals: expectedInPlace, name)
        }
    }

    /// Identity, ReLU, ReLU6 and leaky ReLU, with and without a residual, forward and backward.
    private func checkActivation<Scalar: KernelScalar>(
        _ problem: Problem<Scalar>, _ activation: Int32
    ) throws {
        let f = Formula<Scalar>(activation)
        for adds in [false, true] {
            let expected = problem.expected { z, g, _ in f.value(adds ? z + g : z) }
            let expectedInPlace = problem.inPlace(expected)
            let expectedBackward = problem.expected { z, g, x in
                g * f.derivative(adds ? z + x : z)
            }
            for passes in Passes<Scalar>.all {
                let name = "\(passes) \(problem) activation \(activation)"
                for nonTemporal in [false, true] {
                    let written = problem.result {
                        passes.write(
                            problem.output(
                                CKERNELS_NORMALIZE, $0, adding: adds ? $1 : nil, activation,
                                into: $2, nonTemporal: nonTemporal))
                    }
                    try require(written, equals: expected, name)
                }
                let inPlace = problem.result(inPlace: true) {
                    passes.write(
                        problem.output(
                            CKERNELS_NORMALIZE, $0, adding: adds ? $1 : nil, activation, into: $2))
                }
                try require(inPlace, equals: expectedInPlace, name)
                let backward = problem.result {
                    passes.write(
                        problem.output(
                            CKERNELS_ACTIVATION_BACKWARD, $0, gradient: $1,
                            adding: adds ? $0 : nil, activation, into: $2))
                }
                try require(backward, equals: expectedBackward, name)
            }
        }
    }

    /// The mask that is written with an output, by itself and while sums are taken; and backward by it.
    private func checkMask<Scalar: KernelScalar>(_ problem: Problem<Scalar>, _ activation: Int32)
        throws
    {
        let f = Formula<Scalar>(activation)
        for adds in [false, true] {
            let expected = problem.expected { z, g, _ in f.value(adds ? z + g : z) }
            let expectedMask = problem.expectedMask { z, g in
                f.derivative(adds ? z + g : z) == 1
            }
            for passes in Passes<Scalar>.all {
                let name = "\(passes) \(problem) activation \(activation) with mask"
                for (nonTemporal, isMeanwhile) in [
                    (false, false), (false, true), (true, false), (true, true),
                ] {
                    var written: [Scalar] = []
                    let mask = problem.mask { mask in
                        written = problem.result { x, g, y in
                            let output = problem.output(
                                CKERNELS_NORMALIZE, x, adding: adds ? g : nil, activation,
                                mask: mask, into: y, nonTemporal: nonTemporal)
                            if isMeanwhile {
                                _ = problem.sums(passes, ofGradient: false, writing: output)
                            } else {
                                passes.write(output)
                            }
                        }
                    }
                    try require(written, equals: expected, name)
                    try require(mask, equals: expectedMask, name)
                }
            }
        }
        let mask = problem.expectedMask { z, _ in f.derivative(z) == 1 }
        let expected = problem.expected { z, g, _ in g * f.derivative(z) }
        for passes in Passes<Scalar>.all {
            let backward = problem.result {
                passes.activationBackward(
                    $1, problem.block, mask: mask, firstBit: problem.firstBit, activation, into: $2)
            }
            try require(
                backward, equals: expected, "\(passes) \(problem) activation \(activation)")
        }
    }
}

/// The activations that are exact here.
private struct Formula<Scalar: KernelScalar> {
    private let activation: Int

    init(_ activation: Int32) { self.activation = Int(activation) }

    func value(_ z: Scalar) -> Scalar {
        switch activation {
        case CKERNELS_RELU: max(z, 0)
        case CKERNELS_RELU6: min(max(z, 0), 6)
        case CKERNELS_LEAKY_RELU: z > 0 ? z : z * Scalar(leakySlope)
        default: z
        }
    }

    func derivative(_ z: Scalar) -> Scalar {
        switch activation {
        case CKERNELS_RELU: z > 0 ? 1 : 0
        case CKERNELS_RELU6: z > 0 && z < 6 ? 1 : 0
        case CKERNELS_LEAKY_RELU: z > 0 ? 1 : Scalar(leakySlope)
        default: 1
        }
    }
}

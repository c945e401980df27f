import CKernels
import Testing

/// Outputs with zeros behind each plane, which are what a mask leaves out: planes and zeros of every length up
/// to some vectors, so that either begins at every place of a line, and planes longer than the scratch memory's tables.
@Suite("Padding")
struct PaddingTests {
    /// Planes, and the values between them that are padding and that are not.
    private static var shapes: [(inner: Int, padding: Int, rest: Int)] {
        var shapes = [(1000, 24, 0), (1000, 25, 0), (1030, 3, 0), (700, 324, 1)]
        for inner in 1...40 {
            for padding in [1, 15, 16, 50] {
                shapes += [(inner, padding, 0), (inner, padding, 3)]
            }
        }
        return shapes
    }

    @Test("Zeros stand behind each Float plane, and nowhere else", arguments: [0, 1, 7])
    func floats(offset: Int) throws { try check(Float.self, offset, misalignment: 0) }

    @Test("Zeros stand behind each Double plane, and nowhere else", arguments: [0, 1, 7])
    func doubles(offset: Int) throws { try check(Double.self, offset, misalignment: 0) }

    @Test("The same off the boundary of an element") func misaligned() throws {
        try check(Float.self, 0, misalignment: 3)
    }

    private func check<Scalar: KernelScalar>(_: Scalar.Type, _ offset: Int, misalignment: Int)
        throws
    {
        for (inner, padding, rest) in Self.shapes {
            for (outer, channels) in [(1, 1), (2, 1), (1, 5), (2, 3)] {
                let problem = Problem<Scalar>(
                    (outer, channels, inner), extraChannels: 1, gap: padding + rest,
                    offset: offset, misalignment: misalignment)
                for kind in [CKERNELS_NORMALIZE, CKERNELS_INPUT_GRADIENT] {
                    try check(problem, kind, padding)
                }
                try checkActivation(problem, padding)
            }
        }
    }

    private func check<Scalar: KernelScalar>(
        _ problem: Problem<Scalar>, _ kind: Int, _ padding: Int
    ) throws {
        let expected = problem.padded(problem.expected(kind), by: padding)
        let inPlace = problem.padded(problem.inPlace(problem.expected(kind)), by: padding)
        for passes in Passes<Scalar>.all {
            let name = "\(passes) \(problem) kind \(kind), padded by \(padding)"
            func write(
                _ x: UnsafePointer<Scalar>, _ g: UnsafePointer<Scalar>,
                _ y: UnsafeMutablePointer<Scalar>, _ nonTemporal: Bool
            ) {
                let gradient = kind == CKERNELS_NORMALIZE ? nil : g
                passes.write(
                    problem.output(
                        kind, x, gradient: gradient, into: y, nonTemporal: nonTemporal,
                        padding: padding))
            }
            for nonTemporal in [false, true] {
                try require(
                    problem.result { write($0, $1, $2, nonTemporal) }, equals: expected, name)
            }
            try require(
                problem.result(inPlace: true) { write($0, $1, $2, false) }, equals: inPlace, name)
        }
    }

    /// With an activation and its mask, in which the padding has no bit.
    private func checkActivation<Scalar: KernelScalar>(
        _ problem: Problem<Scalar>, _ padding: Int
    ) throws {
        let expected = problem.padded(problem.expected { z, _, _ in max(z, 0) }, by: padding)
        let expectedMask = problem.expectedMask { z, _ in z > 0 }
        for passes in Passes<Scalar>.all {
            for nonTemporal in [false, true] {
                var written: [Scalar] = []
                let mask = problem.mask { mask in
                    written = problem.result { x, _, y in
                        passes.write(
                            problem.output(
                                CKERNELS_NORMALIZE, x, Int32(CKERNELS_RELU), mask: mask, into: y,
                                nonTemporal: nonTemporal, padding: padding))
                    }
                }
                let name = "\(passes) \(problem) with a mask, padded by \(padding)"
                try require(written, equals: expected, name)
                try require(mask, equals: expectedMask, name)
            }
        }
    }
}

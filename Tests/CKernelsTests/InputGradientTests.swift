import CKernels
import SeededRandom
import Testing

/// Both forms of ∂x in planes of every length up to three vectors and one more, so that each vector,
/// the part of one at the end, and each seam between two planes stands at every place.
@Suite("Input gradients")
struct InputGradientTests {
    private static let kinds = [CKERNELS_INPUT_GRADIENT, CKERNELS_WEIGHTED_INPUT_GRADIENT]

    /// Elements, and bytes of an element, off alignment.
    static let places = [(0, 0), (1, 0), (5, 0), (2, 1)]

    @Test("Float gradients are exact in planes of every length", arguments: places)
    func exactFloats(offset: Int, bytes: Int) throws { try checkExact(Float.self, offset, bytes) }

    @Test("Double gradients are exact in planes of every length", arguments: places)
    func exactDoubles(offset: Int, bytes: Int) throws { try checkExact(Double.self, offset, bytes) }

    private func checkExact<Scalar: KernelScalar>(_: Scalar.Type, _ offset: Int, _ bytes: Int)
        throws
    {
        let lanes = 64 / MemoryLayout<Scalar>.stride
        for inner in 1...3 * lanes + 1 {
            for (outer, channels, extra) in [(1, 1, 0), (3, 5, 0), (2, 3, 2), (40, 2, 0)] {
                let problem = Problem<Scalar>(
                    (outer, channels, inner), extraChannels: extra, offset: offset,
                    misalignment: bytes)
                for kind in Self.kinds {
                    let expected = problem.expected(kind)
                    for passes in Passes<Scalar>.all {
                        for nonTemporal in [false, true] {
                            let written = problem.written(passes, kind, nonTemporal: nonTemporal)
                            try require(
                                written, equals: expected, "\(passes) \(problem) kind \(kind)")
                        }
                    }
                }
            }
        }
    }

    @Test("Float gradients of random data stay within the rounding bound", arguments: 0..<20)
    func randomFloats(seed: Int) throws { try checkRandom(Float.self, seed) }

    @Test("Double gradients of random data stay within the rounding bound", arguments: 0..<20)
    func randomDoubles(seed: Int) throws { try checkRandom(Double.self, seed) }

    private func checkRandom<Scalar: KernelScalar>(_: Scalar.Type, _ seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let shape = (
            Int.random(in: 1...20, using: &random), Int.random(in: 1...40, using: &random),
            Int.random(in: 1...60, using: &random)
        )
        func numbers(_ spread: Double) -> (Int) -> [Scalar] {
            return { count in
                (0..<count).map { _ in Scalar(Double.random(in: -spread...spread, using: &random)) }
            }
        }
        let (x, g, table) = (numbers(10), numbers(1), numbers(2))
        let channels = shape.1
        let problem = Problem<Scalar>(
            shape, extraChannels: seed % 3, offset: seed % 7, x: x, g: g,
            Coefficients(
                center: table(channels), scale: table(channels), shift: table(channels),
                deviationScale: table(channels), gradientCenter: table(channels),
                correction: table(channels), weight: table(channels)))
        for kind in Self.kinds {
            for passes in Passes<Scalar>.all {
                let written = problem.written(passes, kind, nonTemporal: seed % 2 == 0)
                var worst = 0.0
                problem.forEachValue(of: written) { dx, g, x, c in
                    let (value, bound) = bounded(kind, problem.coefficients, g, x, c)
                    worst = max(worst, abs(Double(dx) - value) / bound)
                }
                try #require(worst <= 1, "seed \(seed): \(passes) \(problem) kind \(kind)")
            }
        }
    }

    /// The value in `Double`, and how far rounding may carry a result from it.
    ///
    /// With u the unit roundoff, each operation rounds its result r by u·|r| at most, and carries the
    /// errors of its operands on; a fused multiply-add rounds less. The `Double` value itself has the
    /// same bound for u = 2⁻⁵³. Terms of u² are below a thousandth of the others.
    private func bounded<Scalar: KernelScalar>(
        _ kind: Int, _ k: Coefficients<Scalar>, _ g: Scalar, _ x: Scalar, _ c: Int
    ) -> (value: Double, bound: Double) {
        let weighted = Double(g) * (kind == CKERNELS_INPUT_GRADIENT ? 1 : Double(k.weight[c]))
        let centered = weighted - Double(k.gradientCenter[c])
        let deviation = Double(x) - Double(k.center[c])
        let scaled = deviation * Double(k.deviationScale[c])
        let difference = centered - scaled
        let product = difference * Double(k.scale[c])
        let value = product + Double(k.correction[c])
        // Of g · weight, of the subtraction, of the deviation and its scaling, of the difference.
        let inner = abs(weighted) + abs(centered) + 2 * abs(scaled) + abs(difference)
        let units = inner * abs(Double(k.scale[c])) + abs(product) + abs(value)
        let roundoff = Double(Scalar.ulpOfOne) / 2 + Double.ulpOfOne / 2
        return (value, units * roundoff * 1.001)
    }
}

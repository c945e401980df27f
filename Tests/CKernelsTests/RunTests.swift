import CKernels
import SeededRandom
import Testing

/// Sums of a few values are taken in the element type, and these in `Double`.
@Suite("Runs of sums")
struct RunTests {
    /// By rows, by columns, channel by channel, and single values beside each other.
    static let shapes: [(outer: Int, channels: Int, inner: Int)] = [
        (1, 9, 300), (5, 9, 49), (3, 9, 1500), (40, 9, 7), (2, 9, 15), (90, 9, 1), (70, 36, 1),
        (9, 18, 24),
        // Several runs of samples, the last one shorter.
        (41, 9, 49), (33, 9, 25), (7, 9, 145),
    ]

    /// Values of each plane that are not the block's, and may be anything.
    static let gaps = [0, 3]

    /// What a channel holds: its index says it.
    enum Kind: Int, CaseIterable {
        case ordinary, huge, nearOverflow, tiny, subnormal, constant, zeroGradient, infinite, nan

        static func of(_ channel: Int) -> Kind { allCases[channel % allCases.count] }

        func x(_ r: Double) -> Float {
            switch self {
            case .huge: Float(r * 1e30)
            case .nearOverflow: Float(r * 6e38)
            case .tiny: Float(r * 1e-30)
            case .subnormal: Float(r * 1e-40)
            case .constant: 7
            case .infinite: r > 0.4 ? .infinity : Float(r)
            case .nan: r > 0.4 ? .nan : Float(r)
            case .ordinary, .zeroGradient: Float(r)
            }
        }
    }

    /// All channels of their kinds, or all of them ordinary ones.
    private static func problem(
        _ shape: Problem<Float>.Shape, gap: Int, seed: UInt64, isCalm: Bool = false
    ) -> Problem<Float> {
        func kind(_ channel: Int) -> Kind { isCalm ? .ordinary : Kind.of(channel) }
        func values(_ salt: UInt64, _ value: @escaping (Kind, Double) -> Float)
            -> (Int) -> [Float]
        {
            return { count in
                var random = SplitMix64(seed: seed + salt)
                return (0..<count).map { index in
                    // The block's first element lies at 16.
                    let channel = max(index - 16, 0) / (shape.inner + gap) % shape.channels
                    return value(kind(channel), random.uniform() - 0.5)
                }
            }
        }
        let ones = [Float](repeating: 1, count: shape.channels)
        return Problem(
            shape, extraChannels: 0, gap: gap, offset: 0, x: values(1) { $0.x($1) },
            g: values(2) { kind, r in kind == .zeroGradient ? 0 : Float(r) },
            Coefficients(
                center: (0..<shape.channels).map { kind($0) == .constant ? 7 : 0 }, scale: ones,
                shift: ones, deviationScale: ones, gradientCenter: ones, correction: ones,
                weight: ones))
    }

    @Test(
        "A run rounds a few times, and what it cannot hold is summed in double",
        arguments: shapes, gaps)
    func holdsAll(shape: (outer: Int, channels: Int, inner: Int), gap: Int) throws {
        try holds(Self.problem(shape, gap: gap, seed: 31), parts: nil)
    }

    @Test("So it is with parts of planes", arguments: shapes, gaps)
    func holdsParts(shape: (outer: Int, channels: Int, inner: Int), gap: Int) throws {
        let problem = Self.problem(shape, gap: gap, seed: 33)
        try holds(problem, parts: SomeParts.of(problem.block, seed: 34))
    }

    private func holds(_ problem: Problem<Float>, parts: [ckernels_part]?) throws {
        for ofGradient in [false, true] {
            let expected = problem.expectedSums(ofGradient: ofGradient, parts: parts)
            let sizes = problem.sumsOfMagnitudes(ofGradient: ofGradient, parts: parts)
            for passes in Passes<Float>.all {
                let sums = problem.sums(passes, ofGradient: ofGradient, parts: parts)
                for channel in 0..<problem.block.channels {
                    let name = "\(passes) \(problem) \(Kind.of(channel)) gradient: \(ofGradient)"
                    try Self.require(
                        sums.sum[channel], expected.sum[channel], sizes.sum[channel], name)
                    try Self.require(
                        sums.products[channel], expected.products[channel],
                        sizes.products[channel], name)
                }
            }
        }
    }

    /// Within what rounding explains, of a size that is the sum of the terms': each deviation and
    /// product, and at most 34 additions.
    private static func require(
        _ actual: Double, _ expected: Double, _ size: Double, _ name: String
    ) throws {
        let isRight =
            expected.isFinite
            ? abs(actual - expected) <= size * 37 * 0x1p-24
            : actual.floatingPointClass == expected.floatingPointClass
        guard isRight else {
            throw Mismatch(description: "\(name): \(actual) for \(expected), of size \(size)")
        }
    }

    @Test("A channel keeps its bits whatever its neighbours hold", arguments: shapes, gaps)
    func neighboursDoNotMatter(shape: (outer: Int, channels: Int, inner: Int), gap: Int) {
        let problem = Self.problem(shape, gap: gap, seed: 32)
        let calm = Self.problem(shape, gap: gap, seed: 32, isCalm: true)
        for ofGradient in [false, true] {
            for passes in Passes<Float>.all {
                let sums = problem.sums(passes, ofGradient: ofGradient)
                let calmer = calm.sums(passes, ofGradient: ofGradient)
                for channel in 0..<shape.channels where Kind.of(channel) == .ordinary {
                    #expect(sums.sum[channel] == calmer.sum[channel], "\(passes) \(problem)")
                    #expect(
                        sums.products[channel] == calmer.products[channel], "\(passes) \(problem)")
                }
            }
        }
    }

    @Test(
        "Samples walked in the order of memory have the bits of samples walked in pairs",
        arguments: [(400, 3, 64), (300, 9, 33), (1700, 2, 25), (2700, 1, 26), (64, 11, 130)])
    func orderOfSamples(shape: (outer: Int, channels: Int, inner: Int)) throws {
        // Of more than 256 KiB, in one run of memory and with a channel between samples.
        let (inOrder, inPairs) = (Self.numbered(shape, extra: 0), Self.numbered(shape, extra: 1))
        for ofGradient in [false, true] {
            for passes in Passes<Float>.all {
                try CKernelsTests.require(
                    inOrder.sums(passes, ofGradient: ofGradient),
                    equals: inPairs.sums(passes, ofGradient: ofGradient), "\(passes) \(inOrder)")
            }
        }
    }

    /// Random values that depend on their place in the block alone.
    private static func numbered(_ shape: Problem<Float>.Shape, extra: Int) -> Problem<Float> {
        let stride = (shape.channels + extra) * shape.inner
        let ones = [Float](repeating: 1, count: shape.channels)
        func values(_ salt: UInt64) -> (Int) -> [Float] {
            return { count in
                (0..<count).map { index in
                    let (sample, place) = max(index - 16, 0).quotientAndRemainder(
                        dividingBy: stride)
                    var random = SplitMix64(seed: salt << 40 + UInt64(sample << 20 + place))
                    return Float(random.uniform() - 0.25)
                }
            }
        }
        return Problem(
            shape, extraChannels: extra, offset: 0, x: values(1), g: values(2),
            Coefficients(
                center: ones, scale: ones, shift: ones, deviationScale: ones, gradientCenter: ones,
                correction: ones, weight: ones))
    }

    @Test("A pivot is the value of a constant channel, is not moved by one outlier, and is finite")
    func pivots() {
        // Channels: constant, one outlier among the four that are looked at, an infinity there, and
        // two of them, which leave the first value.
        let rows: [[Float]] = [
            [0.1, 1, 1, 2], [0.1, 1e30, .infinity, .infinity], [0.1, 2, 2, .infinity],
            [0.1, 3, 3, 3],
        ]
        for passes in Passes<Float>.all {
            for repeats in [1, 5] {
                let values = rows.flatMap { row in (0..<repeats).flatMap { _ in row } }
                let block = ckernels_block(
                    outer: 4, channels: 4 * repeats, inner: 1, outer_stride: 4 * repeats,
                    channel_stride: 1)
                let pivots = passes.pivots(values, block)
                for channel in pivots.indices {
                    let expected = [Double(Float(0.1)), 2.5, 2.5, 2][channel % 4]
                    #expect(pivots[channel] == expected, "\(passes) channel \(channel)")
                }
            }
        }
    }
}

import Normalization
import SeededRandom
import Testing

/// Statistics over the valid positions of a batch.
@Suite struct MaskTests {
    static let layouts = [
        Layout([3, 4, 5]), Layout([2, 6, 3, 3]), Layout([5, 12]), Layout([2, 32, 7, 7]),
        Layout([3, 4, 4, 12], axis: -1), Layout([2, 5, 6, 3], axis: 2), Layout([3, 2, 130, 33]),
        Layout([2, 70, 65], axis: -1), Layout([40, 3, 17]),
    ]
    static let large = [
        Layout([2, 3, 40_001]), Layout([900, 61]), Layout([6, 40, 30, 24], axis: -1),
    ]

    @Test(
        "every engine computes the formulas", arguments: layouts + large, MaskedOutput.allCases)
    func everyEngineComputesTheFormulas(_ layout: Layout, output: MaskedOutput) throws {
        let isLarge = try layout.geometry.count > 50_000
        for pattern in MaskExample.Pattern.allCases where pattern != .one {
            if isLarge && pattern != .lengths { continue }
            var problem = try MaskExample(layout, pattern, output)
            for isRunning in isLarge ? [false] : [false, true] {
                problem.isRunning = isRunning
                for element in ElementType.allCases {
                    let (expected, bounds) = problem.plain(element)
                    for engine in Engine.allCases {
                        let found = try problem.answer(Subject(engine: engine, element: element))
                        let difference = found.difference(expected, within: bounds)
                        #expect(
                            difference == nil,
                            "\(engine), \(element), \(pattern), running \(isRunning)")
                    }
                }
            }
        }
    }

    @Test("random problems are the formulas, too", arguments: 0..<60)
    func randomProblemsAreTheFormulas(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let shape = [
            random.logarithmic(2...20), random.logarithmic(1...40), random.logarithmic(1...200),
        ]
        let patterns: [MaskExample.Pattern] = [.lengths, .random, .alternating]
        var problem = try MaskExample(
            Layout(shape, axis: random.next() % 3 == 0 ? -1 : 1), patterns[seed % 3],
            MaskedOutput.allCases[random.integer(0...2)], seed: random.next() >> 1)
        problem.isRunning = random.next() % 3 == 0
        if problem.valid.count(where: { $0 }) == 1 { return }
        for element in ElementType.allCases {
            let (expected, bounds) = problem.plain(element)
            for engine in Engine.allCases {
                let found = try problem.answer(Subject(engine: engine, element: element))
                let difference = found.difference(expected, within: bounds)
                #expect(difference == nil, "seed \(seed), \(engine), \(element), \(shape)")
            }
        }
    }

    @Test(
        "all positions valid give the bits without a mask", arguments: Subject.all, layouts + large)
    func fullMaskIsNone(_ subject: Subject, layout: Layout) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let problem = try MaskExample(layout, .all, .zero)
            let layer = try problem.example.layer(Scalar.self, subject.engine)
            let (shape, axis) = (layout.shape, layout.axis)
            let x = converted(problem.example.x, to: Scalar.self)
            let g = converted(problem.example.g, to: Scalar.self)
            let plain = try layer.forward(x, shape: shape, channelAxis: axis)
            let gradients = try layer.backward(
                g, input: x, normalizedBy: .batch(plain.statistics), shape: shape,
                channelAxis: axis)
            let inference = try layer.inference(x, shape: shape, channelAxis: axis)
            let mask = try problem.mask
            #expect(
                try BatchStatistics(
                    of: x.span, geometry: problem.geometry, mask: mask, engine: subject.engine)
                    == plain.statistics)
            for output in MaskedOutput.allCases {
                let found = try layer.forward(
                    x, shape: shape, channelAxis: axis, mask: mask, maskedOutput: output)
                #expect(found == plain)
                #expect(
                    try layer.inference(
                        x, shape: shape, channelAxis: axis, mask: mask, maskedOutput: output)
                        == inference)
                #expect(
                    try layer.backward(
                        g, input: x, normalizedBy: .batch(plain.statistics), shape: shape,
                        channelAxis: axis, mask: mask, maskedOutput: output) == gradients)
            }
        }
        try check(subject.element.scalar)
    }

    @Test(
        "what stands at positions that are not valid changes no bit of anything else",
        arguments: Subject.all, layouts)
    func paddingIsNobodys(_ subject: Subject, layout: Layout) throws {
        for output in MaskedOutput.allCases {
            for isRunning in [false, true] {
                var problem = try MaskExample(layout, .lengths, output)
                problem.isRunning = isRunning
                if problem.valid.count(where: { $0 }) == 1 { continue }
                let expected = try problem.answer(subject)
                for garbage in [Double.nan, .signalingNaN, -.infinity] {
                    var spoiled = problem
                    for i in spoiled.example.x.indices where !spoiled.isValid(i) {
                        spoiled.example.x[i] = garbage
                        if output != .normalized { spoiled.example.g[i] = garbage }
                    }
                    let found = try spoiled.answer(subject)
                    #expect(found.statistics == expected.statistics)
                    if output != .normalized {
                        #expect(found == expected, "\(output), \(garbage)")
                        continue
                    }
                    // y there is made of x there, and so is B.
                    for i in found.y.indices where problem.isValid(i) {
                        #expect(found.y[i] == expected.y[i])
                    }
                    // Where B is not finite, the BLAS engine leaves A of the block to the reference.
                    let bounds = problem.plain(subject.element).bounds.dBeta
                    for c in bounds.indices {
                        #expect(abs(found.dBeta[c] - expected.dBeta[c]) <= 2 * bounds[c])
                    }
                }
            }
        }
    }

    @Test("∂x, ∂γ and ∂β are the central differences of the loss", arguments: Engine.allCases)
    func gradientsAreCentralDifferences(_ engine: Engine) throws {
        let layouts = [Layout([5, 3]), Layout([3, 3, 4]), Layout([2, 2, 3, 3], axis: -1)]
        for (layout, output) in layouts.flatMap({ l in MaskedOutput.allCases.map { (l, $0) } }) {
            for isRunning in [false, true] {
                var problem = try MaskExample(layout, .random, output)
                problem.isRunning = isRunning
                let answer = try problem.answer(Double.self, engine)
                func loss(_ problem: MaskExample) throws -> Double {
                    zip(try problem.answer(Double.self, engine).y, problem.example.g).reduce(0) {
                        $0 + $1.0 * $1.1
                    }
                }
                for (analytic, part) in [
                    (answer.dx, \MaskExample.example.x), (answer.dGamma, \.example.gamma),
                    (answer.dBeta, \.example.beta),
                ] {
                    for index in analytic.indices {
                        var moved = problem
                        moved[keyPath: part][index] += 1e-5
                        let above = try loss(moved)
                        moved[keyPath: part][index] -= 2e-5
                        let numeric = (above - (try loss(moved))) / 2e-5
                        #expect(
                            abs(analytic[index] - numeric) <= 1e-6 * max(1, abs(numeric)),
                            "\(layout.testDescription), \(output), running \(isRunning), \(index)")
                    }
                }
            }
        }
    }

    @Test(
        "results have the same bits for 1 to 8 threads", arguments: Subject.all,
        [Layout([5, 12, 37, 37]), Layout([2, 1, 70_003]), Layout([9, 20, 40, 12], axis: -1)])
    func threadCountChangesNoBit(_ subject: Subject, layout: Layout) throws {
        for output in [MaskedOutput.zero, .normalized] {
            let problem = try MaskExample(layout, .lengths, output)
            let expected = try problem.answer(subject, threadLimit: 1)
            for threads in 2...8 {
                #expect(try problem.answer(subject, threadLimit: threads) == expected)
            }
        }
    }

    @Test(
        "spans and in place have the bits of arrays, and untouched padding stays",
        arguments: Engine.allCases, MaskedOutput.allCases)
    func formsHaveTheSameBits(_ engine: Engine, output: MaskedOutput) throws {
        let problem = try MaskExample(Layout([4, 3, 7]), .lengths, output)
        let (geometry, mask) = (problem.geometry, try problem.mask)
        let layer = try problem.example.layer(Double.self, engine)
        let (x, g) = (problem.example.x, problem.example.g)
        let expected = try problem.answer(Double.self, engine)
        /// Where padding is untouched, what was there.
        func patched(_ values: [Double], _ before: [Double]) -> [Double] {
            output != .untouched
                ? values : values.indices.map { problem.isValid($0) ? values[$0] : before[$0] }
        }
        var y = g
        var span = y.mutableSpan
        let statistics = try layer.forward(
            x.span, into: &span, geometry: geometry, mask: mask, maskedOutput: output)
        #expect(y == patched(expected.y, g) && statistics == expected.statistics)
        y = x
        span = y.mutableSpan
        _ = try layer.forwardInPlace(&span, geometry: geometry, mask: mask, maskedOutput: output)
        #expect(y == patched(expected.y, x))

        var dx = x
        span = dx.mutableSpan
        let parameters = try layer.backward(
            g.span, input: x.span, normalizedBy: .batch(statistics), into: &span,
            geometry: geometry, mask: mask, maskedOutput: output)
        #expect(dx == expected.dx && parameters.gamma == expected.dGamma)
        dx = g
        span = dx.mutableSpan
        _ = try layer.backwardInPlace(
            &span, input: x.span, normalizedBy: .batch(statistics), geometry: geometry,
            mask: mask, maskedOutput: output)
        #expect(dx == expected.dx)

        let inference = try layer.inference(
            x, shape: [4, 3, 7], mask: mask, maskedOutput: output)
        y = g
        span = y.mutableSpan
        try layer.inference(
            x.span, into: &span, geometry: geometry, mask: mask, maskedOutput: output)
        #expect(y == patched(inference, g))
        y = x
        span = y.mutableSpan
        try layer.inferenceInPlace(&span, geometry: geometry, mask: mask, maskedOutput: output)
        #expect(y == patched(inference, x))
    }
}

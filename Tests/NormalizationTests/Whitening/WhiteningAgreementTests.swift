import Foundation
import Normalization
import SeededRandom
import Testing

/// Whitening against what it promises, against batch normalization, against the reference engine, and against
/// itself with other numbers of threads and another layout.
@Suite struct WhiteningAgreementTests {
    /// Numbers whose covariance has eigenvalues from 10 to 10 · κ, one group of six channels.
    private func conditioned(_ kappa: Double, _ layout: Layout) throws -> [Double] {
        var generator = SplitMix64(seed: 5)
        let geometry = try layout.geometry
        let c = geometry.channels
        var x = [Double](repeating: 0, count: geometry.count)
        for outer in 0..<geometry.outer {
            for position in 0..<geometry.inner {
                // A rotation of independent channels: reflect at (1, 1, … , 1).
                let source = (0..<c).map { i in
                    let exponent = Double(i) / Double(c - 1)
                    return 8 * kappa.squareRoot() * generator.unit() * pow(kappa, -exponent / 2)
                }
                let projected = source.reduce(0, +) * 2 / Double(c)
                for i in 0..<c {
                    x[(outer * c + i) * geometry.inner + position] = 3 + source[i] - projected
                }
            }
        }
        return x
    }

    @Test(
        "y has the identity as its covariance, for condition numbers up to 10⁶",
        arguments: [Engine.reference, .blas], [1.0, 1e2, 1e4, 1e6])
    func outputIsWhite(_ engine: Engine, kappa: Double) throws {
        let layout = Layout([40, 6, 25])
        let x = try conditioned(kappa, layout)
        for method in [WhiteningMethod.zca, .cholesky] {
            let layer: WhiteningNorm<Double> = try WhiteningParts(
                channels: 6, groupSize: 6, method: method, epsilon: 1e-5
            ).layer(engine)
            let (y, _) = try layer.forward(doubles: x, layout)
            let plain = PlainWhitening(y, try layout.geometry, groupSize: 6)
            #expect(plain.largestDeviation { $0 == $1 ? 1 : 0 } <= 1e-5, "\(method)")
        }
    }

    /// Products in several calls, and tiles of few positions.
    @Test(
        "large groups are whitened", arguments: [WhiteningMethod.zca, .cholesky],
        [
            (Layout([2, 140, 500]), 70), (Layout([700, 70]), 70), (Layout([3, 256, 300]), 256),
            (Layout([900, 256]), 256), (Layout([90, 129, 9]), 129),
        ])
    func largeGroupsAreWhitened(
        _ method: WhiteningMethod, shape: (layout: Layout, groupSize: Int)
    ) throws {
        let geometry = try shape.layout.geometry
        var generator = SplitMix64(seed: 19)
        let x = generator.values(geometry.count, mean: 3)
        let layer: WhiteningNorm<Double> = try WhiteningParts(
            channels: geometry.channels, groupSize: shape.groupSize, method: method, epsilon: 1e-9
        ).layer(.blas)
        let (y, statistics) = try layer.forward(doubles: x, shape.layout)
        let covariance = try WhiteningStatistics(
            of: y.span, geometry: geometry, groupSize: shape.groupSize
        ).covariance()
        let d = shape.groupSize
        for index in covariance.indices {
            #expect(abs(covariance[index] - (index / d % d == index % d ? 1 : 0)) <= 1e-6)
        }
        // Backward at the output that is white: Σ ∂x = 0, and ∂x of y itself is nearly nothing.
        let gradients = try layer.backward(
            doubles: y, input: x, normalizedBy: .batch(statistics), shape.layout)
        #expect(gradients.input!.allSatisfy { abs($0) <= 1e-5 })
    }

    static let shapes: [(layout: Layout, groupSize: Int)] = [
        (Layout([2, 6]), 3), (Layout([5, 4, 3]), 2), (Layout([7, 12, 6, 5]), 12),
        (Layout([3, 4, 5, 6], axis: -1), 3), (Layout([3, 700, 8], axis: -1), 4),
        (Layout([4, 16, 31, 31]), 16), (Layout([40, 24]), 24), (Layout([9, 5, 2]), 1),
        (Layout([2, 3, 1, 4], axis: 0), 2), (Layout([1, 2, 40_000]), 2),
    ]

    @Test(
        "the BLAS engine computes what the reference does", arguments: WhiteningMethod.tested,
        shapes)
    func enginesAgree(
        _ method: WhiteningMethod, shape: (layout: Layout, groupSize: Int)
    ) throws {
        let (layout, geometry) = (shape.layout, try shape.layout.geometry)
        for element in ElementType.allCases {
            var generator = SplitMix64(seed: UInt64(geometry.count))
            let x = try correlated(layout, using: &generator)
            let g = generator.values(x.count)
            let (gamma, beta) = AffineForm.standard.parameters(
                channels: geometry.channels, using: &generator)
            let parts = try WhiteningParts(
                channels: geometry.channels, groupSize: shape.groupSize, method: method,
                gamma: gamma, beta: beta, epsilon: 0.1,
                running: RunningWhitening(
                    channels: geometry.channels, groupSize: shape.groupSize))
            func answer(_ engine: Engine) throws -> [[Double]] {
                let layer = try parts.layer(Subject(engine: engine, element: element))
                let (y, statistics) = try layer.forward(doubles: x, layout)
                let batch = try layer.backward(
                    doubles: g, input: x, normalizedBy: .batch(statistics), layout)
                let running = try layer.backward(
                    doubles: g, input: x, normalizedBy: .running, layout)
                return [
                    statistics.mean, statistics.covariance(), y,
                    try layer.inference(doubles: x, layout), batch.input!, batch.gamma!,
                    batch.beta!, running.input!, running.gamma!, running.beta!,
                ]
            }
            let (expected, found) = (try answer(.reference), try answer(.blas))
            for (index, pair) in zip(found, expected).enumerated() {
                let size = max(1, pair.1.map { abs($0) }.max() ?? 0)
                let worst = zip(pair.0, pair.1).map { abs($0 - $1) }.max() ?? 0
                // Both compute in Double and round once.
                let bound = (index < 2 ? 0 : element.unitRoundoff) + 1e-11
                #expect(worst <= 2 * bound * size, "\(element) number \(index)")
            }
        }
    }

    @Test(
        "results have the same bits for 1 to 8 threads", arguments: Subject.whitening,
        [(Layout([3, 8, 61, 53]), 4), (Layout([9, 40, 12, 20], axis: -1), 10)])
    func threadCountChangesNoBit(
        _ subject: Subject, shape: (layout: Layout, groupSize: Int)
    ) throws {
        let layout = shape.layout
        var generator = SplitMix64(seed: 3)
        let x = try correlated(layout, using: &generator)
        let g = generator.values(x.count)
        func answer(_ threads: Int) throws -> [[Double]] {
            let layer = try WhiteningParts(
                channels: layout.geometry.channels, groupSize: shape.groupSize,
                gamma: .shared(1.5), beta: .shared(-1),
                running: RunningWhitening(
                    channels: layout.geometry.channels, groupSize: shape.groupSize),
                threadLimit: threads
            ).layer(subject)
            let (y, statistics) = try layer.forward(doubles: x, layout)
            let gradients = try layer.backward(
                doubles: g, input: x, normalizedBy: .batch(statistics), layout)
            return [
                y, statistics.mean, statistics.sumsOfProducts, gradients.input!, gradients.gamma!,
                gradients.beta!, try layer.inference(doubles: x, layout),
            ]
        }
        let expected = try answer(1)
        for threads in subject.engine == .reference ? [3] : [2, 3, 5, 8] {
            #expect(try answer(threads) == expected, "\(threads) threads")
        }
    }

    @Test(
        "channels last is channels first, transposed", arguments: Subject.whitening,
        WhiteningMethod.tested)
    func layoutsAgree(_ subject: Subject, method: WhiteningMethod) throws {
        let (first, last) = (Layout([4, 6, 35]), Layout([4, 35, 6], axis: -1))
        var generator = SplitMix64(seed: 8)
        let x = try correlated(first, using: &generator)
        let g = generator.values(x.count)
        let geometry = try first.geometry
        let layer = try WhiteningParts(channels: 6, groupSize: 3, method: method).layer(subject)
        let a = try layer.forward(doubles: x, first)
        let b = try layer.forward(doubles: channelsLast(x, geometry), last)
        let da = try layer.backward(doubles: g, input: x, normalizedBy: .batch(a.statistics), first)
        let db = try layer.backward(
            doubles: channelsLast(g, geometry), input: channelsLast(x, geometry),
            normalizedBy: .batch(b.statistics), last)
        for (u, v) in [
            (channelsLast(a.output, geometry), b.output),
            (channelsLast(da.input!, geometry), db.input!),
        ] {
            let size = u.map { abs($0) }.max() ?? 0
            for (p, q) in zip(u, v) {
                #expect(abs(p - q) <= (2 * subject.element.unitRoundoff + 1e-12) * size)
            }
        }
    }

    /// Both are the formula in `Double`, rounded once. In `Double` a sum of m terms is off by m roundings of
    /// the sum of their magnitudes, and every number is made of two such sums, and some more roundings.
    @Test(
        "a group of one channel is batch normalization", arguments: Subject.whitening,
        WhiteningMethod.tested)
    func groupOfOneIsBatchNorm(_ subject: Subject, method: WhiteningMethod) throws {
        // Newton's iteration on one number that is its own trace, 1, is exact from the start.
        let layout = Layout([6, 5, 23])
        let geometry = try layout.geometry
        let m = Double(geometry.valuesPerChannel)
        var generator = SplitMix64(seed: 21)
        let x = try correlated(layout, mean: 20, using: &generator)
        let g = generator.values(x.count, mean: 0.25)
        let (gamma, beta) = AffineForm.standard.parameters(channels: 5, using: &generator)
        let judge = Subject(engine: .reference, element: subject.element)
        let batchNorm = try judge.layer(channels: 5, gamma: gamma, beta: beta, epsilon: 1e-3)
        let expected = try batchNorm.forward(
            doubles: x, shape: layout.shape, channelAxis: layout.axis)
        let expectedGradients = try batchNorm.backward(
            doubles: g, input: x, normalizedBy: .batch(expected.statistics), shape: layout.shape,
            channelAxis: layout.axis, wanting: .all)
        let layer = try WhiteningParts(
            channels: 5, groupSize: 1, method: method, gamma: gamma, beta: beta, epsilon: 1e-3
        ).layer(subject)
        let found = try layer.forward(doubles: x, layout)
        let gradients = try layer.backward(
            doubles: g, input: x, normalizedBy: .batch(found.statistics), layout)
        let roundings = 2 * (m + 32) * 0x1p-53
        func expectNear(_ found: [Double]?, _ expected: [Double]?, size: Double) throws {
            let (found, expected) = (try #require(found), try #require(expected))
            for (a, b) in zip(found, expected) {
                let bound = 2 * subject.element.unitRoundoff * abs(b) + roundings * size
                #expect(abs(a - b) <= bound, "\(a) \(b)")
            }
        }
        // x̂ to 4 deviations, γ to 1.5, β to 2, s below 2.
        try expectNear(found.output, expected.output, size: 4 * 1.5 + 2)
        try expectNear(
            gradients.input, expectedGradients.input, size: 1.5 * 2 * (1.25 + 1.25 + 4 * 4))
        try expectNear(gradients.gamma, expectedGradients.gamma, size: m * 1.25 * 4)
        try expectNear(gradients.beta, expectedGradients.beta, size: m * 1.25)
        for channel in 0..<5 {
            let variance = expected.statistics.variance()[channel]
            #expect(
                abs(found.statistics.covariance()[channel] - variance) <= roundings * variance * 2)
        }
    }

    @Test("in place gives the bits of out of place", arguments: Subject.whitening)
    func inPlaceIsOutOfPlace(_ subject: Subject) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            for (layout, size) in [(Layout([3, 6, 131]), 3), (Layout([3, 131, 6], axis: -1), 6)] {
                let geometry = try layout.geometry
                var generator = SplitMix64(seed: 1)
                let x = converted(try correlated(layout, using: &generator), to: Scalar.self)
                let g = converted(generator.values(x.count), to: Scalar.self)
                let layer: WhiteningNorm<Scalar> = try WhiteningParts(
                    channels: 6, groupSize: size, gamma: .shared(2), beta: .shared(1),
                    running: RunningWhitening(channels: 6, groupSize: size)
                ).layer(subject.engine)
                let (y, statistics) = try layer.forward(
                    x, shape: layout.shape, channelAxis: layout.axis)
                var buffer = x
                var span = buffer.mutableSpan
                #expect(try layer.forwardInPlace(&span, geometry: geometry) == statistics)
                #expect(buffer == y)
                buffer = x
                span = buffer.mutableSpan
                try layer.inferenceInPlace(&span, geometry: geometry)
                #expect(
                    buffer
                        == (try layer.inference(x, shape: layout.shape, channelAxis: layout.axis)))
                for normalizing in [NormalizingWhitening.batch(statistics), .running] {
                    let expected = try layer.backward(
                        g, input: x, normalizedBy: normalizing, shape: layout.shape,
                        channelAxis: layout.axis)
                    buffer = g
                    span = buffer.mutableSpan
                    let parameters = try layer.backwardInPlace(
                        &span, input: x.span, normalizedBy: normalizing, geometry: geometry)
                    #expect(buffer == expected.input)
                    #expect(parameters.gamma == expected.gamma && parameters.beta == expected.beta)
                    // ∂x may take the place of x, too.
                    buffer = x
                    try buffer.withUnsafeMutableBufferPointer { buffer in
                        var dx = buffer.mutableSpan
                        _ = try layer.backward(
                            g.span, input: UnsafeBufferPointer(buffer).span,
                            normalizedBy: normalizing, into: &dx, geometry: geometry)
                    }
                    #expect(buffer == expected.input)
                }
            }
        }
        try check(subject.element.scalar)
    }
}

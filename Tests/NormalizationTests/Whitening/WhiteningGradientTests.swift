import Normalization
import SeededRandom
import Testing

/// Gradients against central differences of a loss with a random cotangent, and identities they must keep.
@Suite struct WhiteningGradientTests {
    static let layouts = [Layout([3, 4, 3, 2]), Layout([5, 3, 4], axis: -1)]

    @Test(
        "gradients are the central differences, with batch and running statistics",
        arguments: WhiteningMethod.tested, layouts)
    func gradientsAreCentralDifferences(_ method: WhiteningMethod, layout: Layout) throws {
        for (index, form) in AffineForm.all.enumerated() {
            for engine in [Engine.reference, .blas] {
                var generator = SplitMix64(seed: UInt64(index))
                let x = try correlated(layout, using: &generator)
                try expectDifferences(
                    engine, method, layout, form, x, groupSize: 2, using: &generator)
            }
        }
    }

    @Test("equal eigenvalues are nothing special", arguments: WhiteningMethod.tested)
    func equalEigenvaluesHaveGradients(_ method: WhiteningMethod) throws {
        // Orthogonal channels of the same length: Σ is a multiple of the identity.
        let layout = Layout([8, 4])
        let signs = (0..<8).flatMap { (row: Int) -> [Double] in
            let bits = [row & 4, (row & 4) ^ (row & 2) << 1, row & 1, (row & 2) ^ (row & 1) << 1]
            return bits.map { $0 == 0 ? 1.5 : -1.5 }
        }
        let plain = PlainWhitening(signs, try layout.geometry, groupSize: 4)
        #expect(plain.largestDeviation { $0 == $1 ? 2.25 : 0 } == 0)
        for engine in [Engine.reference, .blas] {
            var generator = SplitMix64(seed: 9)
            try expectDifferences(
                engine, method, layout, .standard, signs, groupSize: 4, using: &generator)
        }
    }

    @Test("a channel that does not vary has its gradients", arguments: WhiteningMethod.tested)
    func constantChannelHasGradients(_ method: WhiteningMethod) throws {
        let layout = Layout([4, 3, 5])
        let geometry = try layout.geometry
        for engine in [Engine.reference, .blas] {
            var generator = SplitMix64(seed: 4)
            var x = try correlated(layout, using: &generator)
            for index in indices(ofChannel: 1, geometry) { x[index] = 0.7 }
            try expectDifferences(
                engine, method, layout, .standard, x, groupSize: 3, epsilon: 0.25,
                using: &generator)
        }
    }

    @Test(
        "∂x sums to zero in every channel, and any subset of the gradients is the full call's",
        arguments: Subject.whitening, WhiteningMethod.tested)
    func identitiesHold(_ subject: Subject, method: WhiteningMethod) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let layout = Layout([6, 8, 31])
            let geometry = try layout.geometry
            var generator = SplitMix64(seed: 12)
            let x = converted(try correlated(layout, using: &generator), to: Scalar.self)
            let g = converted(generator.values(geometry.count, mean: 0.5), to: Scalar.self)
            let (gamma, beta) = AffineForm.standard.parameters(channels: 8, using: &generator)
            let layer: WhiteningNorm<Scalar> = try WhiteningParts(
                channels: 8, groupSize: 4, method: method, gamma: gamma, beta: beta
            ).layer(subject.engine)
            let (_, statistics) = try layer.forward(x, shape: layout.shape)
            let full = try layer.backward(
                g, input: x, normalizedBy: .batch(statistics), shape: layout.shape)
            let dx = converted(try #require(full.input), to: Double.self)
            for channel in 0..<8 {
                let values = indices(ofChannel: channel, geometry).map { dx[$0] }
                let size = values.reduce(0) { $0 + abs($1) }
                #expect(abs(values.reduce(0, +)) <= 4 * subject.element.unitRoundoff * size + 1e-13)
            }
            for bits in UInt8(0)..<16 {
                let wanted = GradientSelection(rawValue: bits)
                let some = try layer.backward(
                    g, input: x, normalizedBy: .batch(statistics), shape: layout.shape,
                    wanting: wanted)
                #expect(some.input == (wanted.contains(.input) ? full.input : nil), "\(bits)")
                #expect(some.gamma == (wanted.contains(.gamma) ? full.gamma : nil), "\(bits)")
                #expect(some.beta == (wanted.contains(.beta) ? full.beta : nil), "\(bits)")
                #expect(some.residual == nil)
            }
            let alone = try layer.parameterGradients(
                g.span, input: x.span, normalizedBy: .batch(statistics), geometry: geometry)
            #expect(alone.gamma == full.gamma && alone.beta == full.beta)
        }
        try check(subject.element.scalar)
    }

    @Test("many Newton iterations are zca, and so are their gradients")
    func newtonConvergesToZCA() throws {
        let layout = Layout([4, 6, 9])
        var generator = SplitMix64(seed: 2)
        let x = try correlated(layout, using: &generator)
        let g = generator.values(x.count)
        for engine in [Engine.reference, .blas] {
            func answer(_ method: WhiteningMethod) throws -> ([Double], [Double]) {
                let layer: WhiteningNorm<Double> = try WhiteningParts(
                    channels: 6, groupSize: 6, method: method, epsilon: 1e-3
                ).layer(engine)
                let (y, statistics) = try layer.forward(doubles: x, layout)
                let gradients = try layer.backward(
                    doubles: g, input: x, normalizedBy: .batch(statistics), layout)
                return (y, gradients.input ?? [])
            }
            let expected = try answer(.zca)
            for iterations in [40, 1000] {
                let found = try answer(.newton(iterations: iterations))
                for (a, b) in zip(found.0, expected.0) { #expect(abs(a - b) <= 1e-10) }
                for (a, b) in zip(found.1, expected.1) { #expect(abs(a - b) <= 1e-9) }
            }
        }
    }

    // MARK: Helpers

    private func expectDifferences(
        _ engine: Engine, _ method: WhiteningMethod, _ layout: Layout, _ form: AffineForm,
        _ x: [Double], groupSize: Int, epsilon: Double? = nil, using generator: inout SplitMix64
    ) throws {
        let channels = try layout.geometry.channels
        let (gamma, beta) = form.parameters(channels: channels, using: &generator)
        let cotangent = generator.values(x.count)
        let mixing = generator.values(channels * groupSize)
        let running = try RunningWhitening(
            mean: generator.values(channels),
            covariance: (0..<channels * groupSize).map { index in
                let (d, first) = (groupSize, index / (groupSize * groupSize) * groupSize)
                let (i, j) = (index / d % d, index % d)
                var sum = i == j ? 0.5 : 0
                for l in 0..<d { sum += mixing[(first + i) * d + l] * mixing[(first + j) * d + l] }
                return sum
            }, groupSize: groupSize)
        let parts = WhiteningParts(
            channels: channels, groupSize: groupSize, method: method, gamma: gamma, beta: beta,
            epsilon: epsilon, running: running)
        let statistics = try parts.layer(engine, Double.self).forward(doubles: x, layout).statistics
        for normalizing in [NormalizingWhitening.batch(statistics), .running] {
            func loss(
                _ x: [Double], _ gamma: AffineParameter<Double>, _ beta: AffineParameter<Double>
            ) throws -> Double {
                var parts = parts
                (parts.gamma, parts.beta) = (gamma, beta)
                let layer: WhiteningNorm<Double> = try parts.layer(engine)
                let y =
                    try normalizing == .running
                    ? layer.inference(doubles: x, layout) : layer.forward(doubles: x, layout).output
                return zip(y, cotangent).reduce(0) { $0 + $1.0 * $1.1 }
            }
            let found = try parts.layer(engine, Double.self).backward(
                doubles: cotangent, input: x, normalizedBy: normalizing, layout)
            let label = "\(engine) \(method) \(layout.testDescription) \(form.testDescription)"
            try expectClose(found.input, differences(at: x) { try loss($0, gamma, beta) }, label)
            func like(_ parameter: AffineParameter<Double>, _ values: [Double])
                -> AffineParameter<Double>
            {
                switch parameter {
                case .absent: .absent
                case .shared: .shared(values[0])
                case .perChannel: .perChannel(values)
                }
            }
            #expect((found.gamma == nil) == (gamma == .absent))
            #expect((found.beta == nil) == (beta == .absent))
            if found.gamma != nil {
                try expectClose(
                    found.gamma,
                    differences(at: gamma.values) { try loss(x, like(gamma, $0), beta) }, label)
            }
            if found.beta != nil {
                try expectClose(
                    found.beta, differences(at: beta.values) { try loss(x, gamma, like(beta, $0)) },
                    label)
            }
        }
    }

    /// (f(v + h) − f(v − h)) / 2h along each axis, h = 10⁻⁵: its cut of the Taylor series and rounding both stay
    /// near 10⁻⁹ where everything is near 1.
    private func differences(
        at point: [Double], _ f: ([Double]) throws -> Double
    ) rethrows -> [Double] {
        let h = 1e-5
        return try point.indices.map { index in
            var moved = point
            moved[index] = point[index] + h
            let above = try f(moved)
            moved[index] = point[index] - h
            return (above - (try f(moved))) / (2 * h)
        }
    }

    /// To 10⁻⁶ of the largest number of the gradient.
    private func expectClose(
        _ analytic: [Double]?, _ numeric: [Double], _ label: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let analytic = try #require(analytic, sourceLocation: sourceLocation)
        #expect(analytic.count == numeric.count, sourceLocation: sourceLocation)
        let size = numeric.map { abs($0) }.max() ?? 0
        #expect(size > 1e-3, "the gradient is too small", sourceLocation: sourceLocation)
        let worst = zip(analytic, numeric).map { abs($0 - $1) }.max() ?? 0
        #expect(worst <= 1e-6 * size, "\(label)", sourceLocation: sourceLocation)
    }
}

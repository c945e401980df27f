import Normalization
import SeededRandom
import Testing

/// Ghost batches: the parts of a batch, each normalized by itself.
@Suite struct GhostTests {
    struct Problem: CustomTestStringConvertible, Sendable {
        var layout: Layout
        var size: Int
        /// The samples of each part.
        var parts: [Int]

        init(_ shape: [Int], axis: Int = 1, size: Int, parts: [Int]) {
            (layout, self.size, self.parts) = (Layout(shape, axis: axis), size, parts)
        }

        var testDescription: String { "\(layout.testDescription) in \(parts)" }

        static let all = [
            Problem([7, 3, 5], size: 3, parts: [3, 2, 2]),
            Problem([8, 3, 5], size: 3, parts: [3, 3, 2]),
            Problem([6, 5, 3, 3], size: 1, parts: [1, 1, 1, 1, 1, 1]),

            Problem([5, 4, 3, 6], axis: -1, size: 2, parts: [2, 2, 1]),
            Problem([4, 2, 3, 5], axis: 2, size: 2, parts: [2, 2]),
            Problem([5, 8, 41, 43], size: 2, parts: [2, 2, 1]),
            Problem([3, 2, 40_001], size: 2, parts: [2, 1]),
            Problem([8, 12], size: 3, parts: [3, 3, 2]),
        ]
    }

    /// A problem's layer and tensors, and what plain calls on the parts give.
    private struct Example<Scalar: NormalizationScalar> {
        let problem: Problem
        let layer: BatchNorm<Scalar>
        let x, g, residual: [Scalar]
        var shape: [Int] { problem.layout.shape }
        var axis: Int { problem.layout.axis }

        init(_ problem: Problem, _ engine: Engine, threadLimit: Int? = nil) throws {
            self.problem = problem
            let example = try RenormExample(problem.layout)
            layer = try example.layer(Scalar.self, engine, threadLimit: threadLimit)
            x = converted(example.x, to: Scalar.self)
            g = converted(example.g, to: Scalar.self)
            residual = converted(example.g.map { 0.5 - $0 }, to: Scalar.self)
        }

        struct Answer: Equatable {
            var y: [Scalar] = []
            var statistics: [BatchStatistics] = []
            var dx: [Scalar] = []
            var dResidual: [Scalar] = []
            var dGamma: [Scalar] = []
            var dBeta: [Scalar] = []
        }

        func ghost(_ activation: Activation) throws -> Answer {
            let (y, parts) = try layer.forward(
                x, ghostSize: problem.size, adding: residual, then: activation, shape: shape,
                channelAxis: axis)
            let gradients = try layer.backward(
                g, input: x, adding: residual, through: activation, normalizedBy: parts,
                shape: shape, channelAxis: axis, wanting: [.all, .residual])
            return Answer(
                y: y, statistics: parts, dx: gradients.input ?? [],
                dResidual: gradients.residual ?? [], dGamma: gradients.gamma ?? [],
                dBeta: gradients.beta ?? [])
        }

        /// Plain calls on each part. The sums are added up in Double and rounded once.
        func partByPart(_ activation: Activation) throws -> Answer {
            var answer = Answer()
            var sums: GradientSums?
            let sampleSize = x.count / shape[0]
            var first = 0
            for samples in problem.parts {
                let own = first * sampleSize..<(first + samples) * sampleSize
                first += samples
                var shape = shape
                shape[0] = samples
                let (x, g, added) = (Array(x[own]), Array(g[own]), Array(residual[own]))
                let (y, statistics) = try layer.forward(
                    x, adding: added, then: activation, shape: shape, channelAxis: axis)
                let gradients = try layer.backward(
                    g, input: x, adding: added, through: activation,
                    normalizedBy: .batch(statistics), shape: shape, channelAxis: axis,
                    wanting: [.all, .residual])
                answer.y += y
                answer.statistics.append(statistics)
                answer.dx += gradients.input ?? []
                let dz = gradients.residual ?? []
                answer.dResidual += dz
                let part = try layer.gradientSums(
                    dz.span, input: x.span, normalizedBy: .batch(statistics),
                    geometry: Geometry(shape, channelAxis: axis))
                sums = try sums?.merging(part) ?? part
            }
            let parameters = layer.parameterGradients(from: try #require(sums))
            answer.dGamma = parameters.gamma ?? []
            answer.dBeta = parameters.beta ?? []
            return answer
        }
    }

    @Test(
        "each part has the bits of plain calls on it, and ∂γ and ∂β are their sums in order",
        arguments: Subject.all, Problem.all)
    func partsHaveThePlainBits(_ subject: Subject, problem: Problem) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let example = try Example<Scalar>(problem, subject.engine)
            for activation in [Activation.identity, .relu] {
                #expect(try example.ghost(activation) == example.partByPart(activation))
            }
        }
        try check(subject.element.scalar)
    }

    @Test("random parts have the bits of plain calls", arguments: 0..<60)
    func randomPartsHaveThePlainBits(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let (samples, size) = (random.logarithmic(1...12), random.logarithmic(1...6))
        let count = (samples + size - 1) / size
        let parts = (0..<count).map { samples / count + ($0 < samples % count ? 1 : 0) }
        #expect(parts.allSatisfy { $0 <= size } && parts.reduce(0, +) == samples)
        let problem = Problem(
            [samples, random.logarithmic(1...30), random.logarithmic(2...60)],
            axis: random.next() % 3 == 0 ? -1 : 1, size: size, parts: parts)
        // Channels last, the positions are in front of the channels.
        guard problem.layout.axis == 1 || problem.layout.shape[1] > 1 else { return }
        for engine in Engine.allCases {
            let example = try Example<Float>(problem, engine)
            #expect(
                try example.ghost(.relu) == example.partByPart(.relu),
                "seed \(seed), \(engine), \(problem.testDescription)")
        }
    }

    @Test(
        "a batch of no more samples than a part is plain batch normalization, to the bit",
        arguments: Subject.all, [5, 6, Int.max])
    func oneGhostIsBatchNormalization(_ subject: Subject, size: Int) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let example = try Example<Scalar>(
                Problem([5, 4, 7], size: size, parts: [5]), subject.engine)
            let plain = try example.layer.forward(example.x, shape: [5, 4, 7])
            let gradients = try example.layer.backward(
                example.g, input: example.x, normalizedBy: .batch(plain.statistics),
                shape: [5, 4, 7])
            let found = try example.layer.forward(example.x, ghostSize: size, shape: [5, 4, 7])
            #expect(found.output == plain.output && found.parts == [plain.statistics])
            #expect(
                try example.layer.backward(
                    example.g, input: example.x, normalizedBy: found.parts, shape: [5, 4, 7])
                    == gradients)
            for contribution in GhostContribution.allCases {
                var (one, other) = (example.layer, example.layer)
                try one.commit(plain.statistics)
                try other.commit(found.parts, as: contribution)
                #expect(one.runningStatistics == other.runningStatistics)
            }
        }
        try check(subject.element.scalar)
    }

    @Test(
        "∂x, ∂γ and ∂β are the central differences of the loss", arguments: Engine.allCases,
        [
            Problem([5, 3, 2], size: 2, parts: [2, 2, 1]),
            Problem([4, 3, 2], axis: -1, size: 2, parts: [2, 2]),
        ])
    func gradientsAreCentralDifferences(_ engine: Engine, problem: Problem) throws {
        let example = try RenormExample(problem.layout)
        let (shape, axis) = (problem.layout.shape, problem.layout.axis)
        func forward(_ example: RenormExample) throws -> (
            output: [Double], parts: [BatchStatistics]
        ) {
            try example.layer(Double.self, engine).forward(
                example.x, ghostSize: problem.size, shape: shape, channelAxis: axis)
        }
        func loss(_ example: RenormExample) throws -> Double {
            zip(try forward(example).output, example.g).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let gradients = try example.layer(Double.self, engine).backward(
            example.g, input: example.x, normalizedBy: forward(example).parts, shape: shape,
            channelAxis: axis)
        for (analytic, part) in [
            (gradients.input, \RenormExample.x), (gradients.gamma, \.gamma),
            (gradients.beta, \.beta),
        ] {
            let analytic = try #require(analytic)
            let numeric = try analytic.indices.map { index in
                var moved = example
                moved[keyPath: part][index] += 1e-5
                let above = try loss(moved)
                moved[keyPath: part][index] -= 2e-5
                return (above - (try loss(moved))) / 2e-5
            }
            let size = numeric.map { abs($0) }.max() ?? 0
            #expect(size > 1e-3)
            #expect(zip(analytic, numeric).allSatisfy { abs($0 - $1) <= 1e-6 * size })
        }
    }

    @Test(
        "results have the same bits for 1 to 8 threads", arguments: Subject.all,
        [
            Problem([6, 12, 61, 37], size: 4, parts: [3, 3]),
            Problem([9, 20, 40, 12], axis: -1, size: 5, parts: [5, 4]),
        ])
    func threadCountChangesNoBit(_ subject: Subject, problem: Problem) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            func answer(_ threads: Int) throws -> Example<Scalar>.Answer {
                try Example<Scalar>(problem, subject.engine, threadLimit: threads).ghost(.relu)
            }
            let expected = try answer(1)
            for threads in 2...8 { #expect(try answer(threads) == expected) }
        }
        try check(subject.element.scalar)
    }

    @Test(
        "spans, in place and a mask whose parts begin within a byte have the bits of arrays",
        arguments: Engine.allCases)
    func formsHaveTheSameBits(_ engine: Engine) throws {
        // A sample has 15 elements.
        let example = try Example<Float>(
            Problem([7, 3, 5], size: 3, parts: [3, 2, 2]), engine)
        let geometry = try Geometry([7, 3, 5])
        let expected = try example.ghost(.relu)
        var y = example.x
        var span = y.mutableSpan
        var mask = [UInt8](repeating: 255, count: geometry.maskByteCount)
        let parts = try example.layer.forward(
            example.x.span, ghostSize: 3, adding: example.residual.span, then: .relu, into: &span,
            activationMask: mask.mutableSpan, geometry: geometry)
        #expect(y == expected.y && parts == expected.statistics)
        for (index, value) in y.enumerated() {
            #expect((mask[index / 8] >> UInt8(index % 8) & 1 == 1) == (value > 0))
        }
        #expect(mask[13] >> 1 == 0)
        y = example.x
        span = y.mutableSpan
        _ = try example.layer.forwardInPlace(
            &span, ghostSize: 3, adding: example.residual.span, then: .relu, geometry: geometry)
        #expect(y == expected.y)

        var dx = example.g
        span = dx.mutableSpan
        var dResidual = example.g
        let ofSpans = try example.layer.backward(
            example.g.span, input: example.x.span, through: .relu, activationMask: mask.span,
            normalizedBy: parts, into: &span, residualGradient: dResidual.mutableSpan,
            geometry: geometry)
        #expect(dx == expected.dx && dResidual == expected.dResidual)
        #expect(ofSpans.gamma == expected.dGamma && ofSpans.beta == expected.dBeta)
        dx = example.g
        span = dx.mutableSpan
        _ = try example.layer.backwardInPlace(
            &span, input: example.x.span, adding: example.residual.span, through: .relu,
            normalizedBy: parts, geometry: geometry)
        #expect(dx == expected.dx)
    }
}

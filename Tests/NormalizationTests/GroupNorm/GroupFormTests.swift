import Normalization
import SeededRandom
import Testing

/// The forms of one call, and what follows the normalization: each has the numbers of the others.
@Suite struct GroupFormTests {
    static let problems = [
        GroupProblem(layout: Layout([3, 4, 37]), groups: 2),
        GroupProblem(
            layout: Layout([2, 5, 3, 6], axis: -1), groups: 3, affine: .perSample(scaleOffset: 1)),
        GroupProblem(layout: Layout([2, 6, 3, 3]), groups: 6, affine: .perSample(scaleOffset: 0)),
        GroupProblem(
            layout: Layout([3, 4, 3, 3]), groups: 1, affine: .perSample(scaleOffset: 1),
            isOfBatch: true),
    ]

    @Test(
        "spans, in place and arrays give the same bits, with what follows and without a mask",
        arguments: Engine.allCases, problems)
    func formsGiveTheSameBits(_ engine: Engine, problem: GroupProblem) throws {
        for activation in [Activation.identity, .relu, .leakyReLU(negativeSlope: 0.2), .silu] {
            let example = try FormExample(problem, engine, activation)
            let arrays = try example.arrays()
            for (name, other) in try [("spans", example.spans()), ("in place", example.inPlace())] {
                #expect(other.y == arrays.y, "\(name), \(activation)")
                #expect(other.inference == arrays.y, "\(name), \(activation)")
                #expect(other.dx == arrays.dx, "\(name), \(activation)")
                #expect(other.dResidual == arrays.dResidual, "\(name), \(activation)")
                #expect(other.gamma == arrays.gamma, "\(name), \(activation)")
                #expect(other.beta == arrays.beta, "\(name), \(activation)")
            }
        }
    }

    @Test("runs of samples change no bit of what a sample has alone", arguments: Engine.allCases)
    func runsOfSamplesChangeNoBit(_ engine: Engine) throws {
        // 17 · 3 elements a sample, and about 960 samples a run: bits of a mask begin at any place.
        let problem = GroupProblem(
            layout: Layout([2005, 17, 3]), groups: 17, affine: .perSample(scaleOffset: 1))
        let data = try GroupData(problem, .float)
        let layer = try data.layer(engine, as: Float.self)
        let (x, g) = (converted(data.x, to: Float.self), converted(data.gradient, to: Float.self))
        let gammas = converted(data.gammas, to: Float.self)
        let betas = converted(data.betas, to: Float.self)
        var y = x
        var mask = [UInt8](repeating: 255, count: data.geometry.maskByteCount)
        var output = y.mutableSpan
        let statistics = try layer.forward(
            x.span, scaledBy: gammas.span, shiftedBy: betas.span, scaleOffset: 1, then: .relu,
            into: &output, activationMask: mask.mutableSpan, geometry: data.geometry)
        let back = try layer.backward(
            g, input: x, scaledBy: gammas, shiftedBy: betas, scaleOffset: 1, through: .relu,
            activationMask: mask, normalizedBy: statistics, shape: problem.layout.shape)
        for place in y.indices {
            #expect((mask[place / 8] >> UInt8(place % 8) & 1 == 1) == (y[place] > 0), "\(place)")
        }
        for sample in [0, 959, 960, 961, 1500, 2004] {
            let (own, row) = (sample * 51..<sample * 51 + 51, sample * 17..<sample * 17 + 17)
            let alone = try layer.forward(
                Array(x[own]), scaledBy: Array(gammas[row]), shiftedBy: Array(betas[row]),
                scaleOffset: 1, then: .relu, shape: [1, 17, 3])
            #expect(alone.output == Array(y[own]), "sample \(sample)")
            #expect(alone.statistics.mean == Array(statistics.mean[row]))
            let gradients = try layer.backward(
                Array(g[own]), input: Array(x[own]), scaledBy: Array(gammas[row]),
                shiftedBy: Array(betas[row]), scaleOffset: 1, through: .relu,
                normalizedBy: alone.statistics, shape: [1, 17, 3])
            #expect(gradients.input == back.input.map { Array($0[own]) }, "sample \(sample)")
            #expect(gradients.gamma == back.gamma.map { Array($0[row]) })
            #expect(gradients.beta == back.beta.map { Array($0[row]) })
        }
    }

    @Test(
        "backward with the mask that forward wrote is backward without", arguments: Engine.allCases,
        [Activation.relu, .relu6, .leakyReLU(negativeSlope: 0.25)])
    func maskGivesTheSameGradients(_ engine: Engine, activation: Activation) throws {
        let problem = GroupProblem(layout: Layout([3, 4, 37]), groups: 2)
        let data = try GroupData(problem, .float)
        let layer = try data.layer(engine, as: Float.self)
        let (x, g) = (converted(data.x, to: Float.self), converted(data.gradient, to: Float.self))
        let residual = g.map { $0 * 0.5 }
        let shape = problem.layout.shape
        let (y, statistics, mask) = try layer.forwardWithMask(
            x, adding: residual, then: activation, shape: shape)
        #expect(
            try layer.forward(x, adding: residual, then: activation, shape: shape).output == y)
        let wanted: GradientSelection = [.all, .residual]
        #expect(
            try layer.backward(
                g, input: x, through: activation, activationMask: mask, normalizedBy: statistics,
                shape: shape, wanting: wanted)
                == layer.backward(
                    g, input: x, adding: residual, through: activation, normalizedBy: statistics,
                    shape: shape, wanting: wanted))
    }

    @Test(
        "∂γ and ∂β alone are those of the full call", arguments: Engine.allCases,
        GroupProblem.shapes)
    func parameterGradientsAreTheFullCalls(
        _ engine: Engine, shape: (layout: Layout, groups: Int)
    ) throws {
        let problem = GroupProblem(layout: shape.layout, groups: shape.groups)
        let data = try GroupData(problem, .double)
        let layer = try data.layer(engine, as: Double.self)
        let full = try GroupAnswer(data, layer)
        let alone = try layer.parameterGradients(
            data.gradient.span, input: data.x.span, normalizedBy: full.statistics,
            geometry: data.geometry)
        #expect(alone.gamma == full.gradients.gamma && alone.beta == full.gradients.beta)
    }

    @Test("the presets have their frameworks' ε, and named layers γ of 1 and β of 0")
    func presetsHaveTheirEpsilon() throws {
        let expected: [(GroupPreset, Double)] = [
            (.pyTorch, 1e-5), (.keras, 1e-3), (.onnx, 1e-5), (.flax, 1e-6), (.mlx, 1e-5),
        ]
        for (preset, epsilon) in expected {
            let layer = try GroupNorm<Float>(channels: 6, groups: 3, preset: preset)
            #expect(layer.epsilon == epsilon && layer.groups == 3)
            #expect(layer.gamma == .perChannel([1, 1, 1, 1, 1, 1]))
            #expect(layer.beta == .perChannel([0, 0, 0, 0, 0, 0]))
            #expect(try GroupNorm<Float>.instance(channels: 6, preset: preset).groups == 6)
        }
        #expect(try GroupNorm<Double>(channels: 2, groups: 1).epsilon == 1e-5)
    }
}

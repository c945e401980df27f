import Differentiation
import Normalization
import Testing
import _Differentiation

/// Gradients that Swift's differentiation finds, against those of the layers themselves.
@Suite struct GradientTests {
    /// γ and β in all nine combinations of absent, shared and per channel.
    @Test(arguments: 0..<9) func gradientsAreBackwardsToTheBit(_ form: Int) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws
        where Scalar: Differentiable, Scalar.TangentVector == Scalar {
            var random = SplitMix64(seed: form)
            func formed<Layer: DifferentiableLayer<Scalar>>(_ layer: Layer, _ width: Int) -> Layer {
                var layer = layer
                layer.gamma = random.parameter(form % 3, channels: width)
                layer.beta = random.parameter(form / 3, channels: width)
                return layer
            }
            let batch = formed(try BatchNorm<Scalar>.standard(channels: 4), 4)
            try compare(batch, seed: form)
            try compare(Frozen(batch), seed: form)
            try compare(formed(try GroupNorm<Scalar>(channels: 4, groups: 2), 4), seed: form)
            try compare(formed(try LayerNorm<Scalar>(width: 3), 3), seed: form)
            try compare(formed(try RMSNorm<Scalar>(width: 3), 3), seed: form)
        }
        try check(Float.self)
        try check(Double.self)
    }

    private func compare<Layer: DifferentiableLayer>(_ layer: Layer, seed: Int) throws
    where Layer.Scalar: Differentiable, Layer.Scalar.TangentVector == Layer.Scalar {
        var random = SplitMix64(seed: seed + 100)
        let x: Tensor<Layer.Scalar> = random.tensor([5, 4, 3])
        let weights: Tensor<Layer.Scalar> = random.tensor([5, 4, 3])
        let (y, statistics) = try layer.forward(x)
        let expected = try layer.backward(weights, input: x, normalizedBy: statistics)

        let norm = Differentiated(layer)
        let (value, found) = valueWithGradient(at: norm, x) { norm, x in norm(x).dot(weights) }
        try norm.check()
        let name = "\(Layer.self), seed \(seed)"
        #expect(value == Tensor(y, shape: x.shape).dot(weights), "\(name)")
        #expect(found.1.values == expected.input && found.1.shape == x.shape, "\(name)")
        #expect(found.0.gamma.values == expected.gamma ?? [], "\(name)")
        #expect(found.0.beta.values == expected.beta ?? [], "\(name)")
    }

    /// A network: batch norm, a product with itself, layer norm.
    struct Network: Differentiable {
        var first: Differentiated<BatchNorm<Float>>
        var second: Differentiated<LayerNorm<Float>>

        @differentiable(reverse)
        func callAsFunction(_ x: Tensor<Float>) -> Tensor<Float> {
            second(first(x).squared())
        }
    }

    @Test func layersCompose() throws {
        var random = SplitMix64(seed: 2)
        let x: Tensor<Float> = random.tensor([6, 5])
        let weights: Tensor<Float> = random.tensor([6, 5])
        let network = Network(
            first: Differentiated(try .standard(channels: 5)),
            second: Differentiated(try LayerNorm(width: 5)))
        let found = gradient(at: network, x) { network, x in network(x).dot(weights) }

        let (first, second) = (network.first.layer, network.second.layer)
        let (y, batch) = try first.forward(x.values, shape: x.shape)
        let (_, rows) = try second.forward(y.map { $0 * $0 }, shape: x.shape)
        let behind = try second.backward(
            weights.values, input: y.map { $0 * $0 }, normalizedBy: rows, shape: x.shape)
        let between = try #require(behind.input)
        let before = try first.backward(
            zip(y, between).map { 2 * $0 * $1 }, input: x.values, normalizedBy: .batch(batch),
            shape: x.shape)
        #expect(found.1.values == before.input)
        #expect(found.0.first.gamma.values == before.gamma)
        #expect(found.0.first.beta.values == before.beta)
        #expect(found.0.second.gamma.values == behind.gamma)
        #expect(found.0.second.beta.values == behind.beta)
    }

    @Test func anErrorOfALayerIsNotedAndThrownByTheCheck() throws {
        var norm = Differentiated(try BatchNorm<Float>.standard(channels: 2))
        let before = norm.layer
        let x = Tensor<Float>([1, 2], shape: [1, 2])
        let tooFew = NormalizationError.tooFewValuesPerChannel(shape: [1, 2])
        let (value, found) = valueWithGradient(at: norm) { norm in norm(x).dot(x) }
        #expect(value.isNaN && found == .zero)
        #expect(throws: tooFew) { try norm.check() }
        try norm.check()
        _ = norm(x)
        #expect(throws: tooFew) { try norm.commit() }
        try norm.commit()
        #expect(norm.layer == before)
    }

    @Test func aStepMovesAndCommitsWhatTrainingDoes() throws {
        var random = SplitMix64(seed: 3)
        let x: Tensor<Float> = random.tensor([8, 3])
        let weights: Tensor<Float> = random.tensor([8, 3])
        var norm = Differentiated(try BatchNorm<Float>.standard(channels: 3))
        let before = norm.layer
        var expected = before

        // Forward as often as one likes, and one commit.
        _ = norm(x)
        let found = gradient(at: norm) { norm in norm(x).dot(weights) }
        #expect(norm.layer == before)
        norm.move(by: found.scaled(by: -0.5))
        try norm.commit()
        try norm.commit()

        let (_, statistics) = try expected.forwardAndCommit(x.values, shape: x.shape)
        let gradients = try before.backward(
            weights.values, input: x.values, normalizedBy: .batch(statistics), shape: x.shape)
        func step(_ values: [Float], _ slope: [Float]?) throws -> AffineParameter<Float> {
            .perChannel(zip(values, try #require(slope)).map { $0 + -0.5 * $1 })
        }
        expected.gamma = try step(expected.gamma.values, gradients.gamma)
        expected.beta = try step(expected.beta.values, gradients.beta)
        #expect(norm.layer == expected)
    }

    @Test func zeroIsNothingToAnySum() {
        let a = Tensor<Float>([1, 2], shape: [2])
        #expect(a + .zero == a && .zero + a == a && a - .zero == a)
        #expect(.zero - a == Tensor([-1, -2], shape: [2]))
        #expect(a - a == Tensor([0, 0], shape: [2]))
    }
}

extension Tensor {
    /// Each number times itself.
    @differentiable(reverse)
    func squared() -> Tensor { Tensor(values.map { $0 * $0 }, shape: shape) }

    @derivative(of: squared)
    func squaredDerivative() -> (value: Tensor, pullback: (Tensor) -> Tensor) {
        (
            squared(),
            { slope in
                Tensor(zip(values, slope.values).map { 2 * $0 * $1 }, shape: shape)
            }
        )
    }
}

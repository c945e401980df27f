import Foundation
import Normalization
import NormalizationFiles
import SeededRandom
import Testing

/// Layers that PyTorch and Keras saved: Tests/Fixtures/weights, made by make_weights.py there.
@Suite struct PeerWeightsTests {
    private func weights(_ name: String) throws -> SafetensorsFile {
        try SafetensorsFile(contentsOf: fixture("../weights/\(name).safetensors"))
    }

    private struct Continuation: Decodable {
        struct Layer: Decodable {
            struct Update: Decodable {
                var kind: String
                var value: Double?
            }
            var epsilon: Double
            var update: Update
        }
        var shape: [Int]
        var steps: Int
        var learningRate: Double
        var layers: [String: Layer]
    }

    @Test func whatPyTorchSavedStaysWithWhatPyTorchContinued() throws {
        try checkContinuation("f32", Float.self)
        try checkContinuation("f64", Double.self)
    }

    /// PyTorch and this library both sum m values in some order, within m u of the sizes of the terms,
    /// where u is half of e, the type's unit in the last place of 1; x̂ has twice that from its mean
    /// and deviation, 5 u of its own and 5 u in the product. Two sides make (3 m + 10) e in units of
    ///
    ///     ∂β: Σ |g|    ∂γ: Σ |g| z, z = (|x| + mean |x|) s    mean: mean |x|    variance: mean x²
    ///
    /// and each update rounds four times. What one step leaves stays in all later ones, except that
    /// the running ones are taken down by 1 − w < 1.
    private func checkContinuation<Scalar: NormalizationScalar>(
        _ label: String, _: Scalar.Type
    ) throws {
        let saved = try weights("pytorch_saved_\(label)")
        let continued = try weights("pytorch_continued_\(label)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let plan = try decoder.decode(
            Continuation.self,
            from: Data(fileBytes(fixture("../weights/pytorch_continued.json"))))
        #expect(saved.batchNorms.map(\.prefix) == plan.layers.keys.sorted())
        let geometry = try Geometry(plan.shape)
        let (m, e) = (Double(geometry.valuesPerChannel), Double(Scalar.ulpOfOne))
        let rate = plan.learningRate

        for (prefix, of) in plan.layers {
            let weight = of.update.value.map { UpdateWeight.newWeight($0) } ?? .cumulative
            var layer = try saved.batchNorm(
                prefix, as: Scalar.self,
                preset: Preset(epsilon: of.epsilon, weight: weight, estimator: .unbiased))
            #expect(layer.runningStatistics?.updateCount == 5)
            var bounds = [[Double]](repeating: [0, 0, 0, 0], count: layer.channels)
            for step in 0..<plan.steps {
                let name = "\(prefix).step\(step)"
                let x = try continued.values(of: "\(name).x", as: Scalar.self)
                let dy = try continued.values(of: "\(name).dy", as: Scalar.self)
                let (_, statistics) = try layer.forwardAndCommit(x, shape: plan.shape)
                let gradients = try layer.backward(
                    dy, input: x, normalizedBy: .batch(statistics), shape: plan.shape,
                    wanting: .parameters)
                layer.gamma = .perChannel(
                    zip(layer.gamma.values, gradients.gamma!).map { $0 - Scalar(rate) * $1 })
                layer.beta = .perChannel(
                    zip(layer.beta.values, gradients.beta!).map { $0 - Scalar(rate) * $1 })

                for c in 0..<layer.channels {
                    let indices = x.indices.filter { $0 / geometry.inner % layer.channels == c }
                    let sizes = sizesOfTerms(
                        indices.map { abs(Double(x[$0])) }, indices.map { abs(Double(dy[$0])) },
                        s: 1 / (statistics.variance()[c] + of.epsilon).squareRoot(), rate: rate)
                    let numbers = [
                        Double(layer.gamma.values[c]), Double(layer.beta.values[c]),
                        layer.runningStatistics!.mean[c], layer.runningStatistics!.variance[c],
                    ]
                    let parts = ["weight", "bias", "running_mean", "running_var"]
                    for i in parts.indices {
                        bounds[c][i] += ((3 * m + 10) * sizes[i] + 4 * abs(numbers[i])) * e
                        let expected =
                            try continued.values(of: "\(name).\(parts[i])", as: Double.self)[c]
                        #expect(
                            abs(numbers[i] - expected) <= bounds[c][i],
                            "\(name).\(parts[i])[\(c)]: \(numbers[i]), \(expected)")
                    }
                }
                #expect(
                    try layer.runningStatistics?.updateCount
                        == Int(continued.integers(of: "\(name).num_batches_tracked")[0]))
            }
        }
    }

    /// The sizes of the terms of rate · ∂γ, rate · ∂β, mean and variance of a channel, from |x|, |g|.
    private func sizesOfTerms(
        _ values: [Double], _ g: [Double], s: Double, rate: Double
    ) -> [Double] {
        let m = Double(values.count)
        let mean = values.reduce(0, +) / m
        let products = zip(values, g).reduce(0) { $0 + $1.1 * ($1.0 + mean) * s }
        return [
            rate * products, rate * g.reduce(0, +), mean,
            values.reduce(0) { $0 + $1 * $1 } / (m - 1),
        ]
    }

    /// Each side evaluates y with at most six roundings of terms of size |γ| (|x| + |μ|) s + |β|.
    @Test func aKerasModelAnswersAsInKeras() throws {
        let model = try weights("keras_model")
        let answers = try weights("keras_answers")
        #expect(
            model.batchNorms.map(\.summary)
                == ["first keras 4 gamma beta", "second keras 4 beta"])
        let x = try answers.values(of: "x", as: Float.self)
        let shape = try #require(answers.entry(named: "x")).shape
        for (prefix, preset) in [
            ("first", Preset.keras),
            ("second", Preset(epsilon: 1e-2, weight: .decay(0.99), estimator: .biased)),
        ] {
            let layer = try model.batchNorm(prefix, as: Float.self, preset: preset)
            let y = try layer.inference(x, shape: shape, channelAxis: -1)
            let expected = try answers.values(of: "\(prefix).y", as: Double.self)
            let running = try #require(layer.runningStatistics)
            for i in y.indices {
                let c = i % 4
                let gamma = layer.gamma == .absent ? 1 : abs(Double(layer.gamma.values[c]))
                let s = 1 / (running.variance[c] + layer.epsilon).squareRoot()
                let size =
                    gamma * (abs(Double(x[i])) + abs(running.mean[c])) * s
                    + abs(Double(layer.beta.values[c]))
                #expect(abs(Double(y[i]) - expected[i]) <= 6 * Double(Float.ulpOfOne) * size)
            }
        }
    }

    @Test func aKerasLayerTakesKerasDefaults() throws {
        let layer = try weights("keras_model").batchNorm("first", as: Double.self)
        #expect(layer.epsilon == Preset.keras.epsilon)
        #expect(layer.runningStatistics?.weight == Preset.keras.weight)
        #expect(layer.runningStatistics?.estimator == .biased)
    }

    /// F16 and BF16 to the bit, NaN, infinities and subnormal numbers among them, also as γ, β and
    /// running statistics of a layer.
    @Test func halfPrecisionIsReadExactly() throws {
        let halves = try weights("half_precision")
        func bits(_ values: [Float]) -> [UInt32] { values.map { $0.isNaN ? 0 : $0.bitPattern } }
        let (f16, bf16) = (try halves.tensor("f16"), try halves.tensor("bf16"))
        let f16Values = try halves.values(of: "f16.as_f32", as: Float.self)
        let bf16Values = try halves.values(of: "bf16.as_f32", as: Float.self)
        #expect(try bits(halves.values(of: "f16")) == bits(f16Values))
        #expect(try bits(halves.values(of: "bf16")) == bits(bf16Values))
        #expect(f16Values[10].isNaN && bf16Values[10].isNaN)

        let file = try SafetensorsFile(
            parsing: SafetensorsFile.encoded([
                f16.renamed("weight"), bf16.renamed("bias"), bf16.renamed("running_mean"),
                f16.renamed("running_var"),
            ]))
        let layer = try file.batchNorm("", as: Float.self)
        let running = try #require(layer.runningStatistics)
        #expect(bits(layer.gamma.values) == bits(f16Values))
        #expect(bits(layer.beta.values) == bits(bf16Values))
        #expect(bits(running.mean.map { Float($0) }) == bits(bf16Values))
        #expect(bits(running.variance.map { Float($0) }) == bits(f16Values))
    }

    /// features.0, a convolution, features.1, and features.2, the next convolution, folded both ways,
    /// on patches that one output sees. With U of `Double` and K products an output: 2.01 u and 1.01 u
    /// as the docstrings say, and 4 (K + 8) U for arithmetic in `Double`.
    @Test func realWeightsFoldOnBothSides() throws {
        let file = try weights("pytorch_saved_f32")
        let norm = try file.batchNorm("features.1", as: Float.self)
        let running = try #require(norm.runningStatistics)
        var random = SplitMix64(seed: 1)
        for (isAfter, part) in [(true, "features.0"), (false, "features.2")] {
            let shape = try #require(file.entry(named: "\(part).weight")).shape
            let weights = try file.values(of: "\(part).weight", as: Float.self)
            let bias = try file.values(of: "\(part).bias", as: Float.self)
            let convolution = try LinearLayer.convolution(shape)
            let folded: (weights: [Float], bias: [Float])
            if isAfter {
                folded = try norm.folded(after: convolution, weights: weights, bias: bias)
            } else {
                let result = try norm.folded(
                    before: convolution, weights: weights, bias: bias, padding: .none)
                folded = (result.weights, result.bias)
            }
            let (length, kernel) = (weights.count / shape[0], shape[2] * shape[3])
            let maps = (0..<norm.channels).map { c in
                let scale =
                    Double(norm.gamma.values[c])
                    / (running.variance[c] + norm.epsilon).squareRoot()
                return (scale: scale, mean: running.mean[c], beta: Double(norm.beta.values[c]))
            }
            for _ in 0..<20 {
                let patch = (0..<length).map { _ in Double.random(in: -2...2, using: &random) }
                for o in 0..<shape[0] {
                    let (mine, original) = (Double(folded.bias[o]), Double(bias[o]))
                    var (y, unfolded, size, products) = (mine, original, abs(original), 0.0)
                    for i in 0..<length {
                        let w = Double(weights[o * length + i])
                        y += Double(folded.weights[o * length + i]) * patch[i]
                        let map = maps[isAfter ? o : i / kernel]
                        let shift = abs(map.beta) + abs(map.scale * map.mean)
                        unfolded +=
                            w * (isAfter ? patch[i] : map.scale * (patch[i] - map.mean) + map.beta)
                        products += abs(map.scale * w * patch[i])
                        size += isAfter ? 0 : abs(w) * shift
                    }
                    if isAfter {
                        let map = maps[o]
                        unfolded = map.scale * (unfolded - map.mean) + map.beta
                        size = abs(map.scale) * (abs(original) + abs(map.mean)) + abs(map.beta)
                    }
                    let bound =
                        (2.01 * products + 1.01 * abs(mine)) * 0x1p-24
                        + 4 * Double(length + 8) * 0x1p-53 * (products + size)
                    #expect(abs(y - unfolded) <= bound, "\(part), output \(o)")
                }
            }
        }
    }
}

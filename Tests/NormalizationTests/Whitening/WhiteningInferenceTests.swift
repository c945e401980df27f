import Normalization
import SeededRandom
import Testing

/// Inference with matrices made once, and folding of it into the layers beside it.
@Suite struct WhiteningInferenceTests {
    private func example(
        _ generator: inout SplitMix64, channels: Int, groupSize: Int,
        _ method: WhiteningMethod = .zca
    ) throws -> WhiteningNorm<Double> {
        var running = try RunningWhitening(
            channels: channels, groupSize: groupSize, weight: .newWeight(1))
        let layout = Layout([50, channels])
        let x = try correlated(layout, using: &generator)
        try running.update(
            with: WhiteningStatistics(of: x.span, geometry: layout.geometry, groupSize: groupSize))
        let (gamma, beta) = AffineForm.standard.parameters(channels: channels, using: &generator)
        return try WhiteningNorm(
            channels: channels, groupSize: groupSize, method: method, gamma: gamma, beta: beta,
            runningStatistics: running)
    }

    @Test("the prepared layer gives inference's bits, from spans, in place and from arrays")
    func preparedIsInference() throws {
        var generator = SplitMix64(seed: 3)
        let layer = try example(&generator, channels: 6, groupSize: 3)
        let layout = Layout([2, 6, 19])
        let geometry = try layout.geometry
        let x = try correlated(layout, using: &generator)
        let prepared = try layer.prepared()
        let expected = try layer.inference(x, shape: layout.shape)
        #expect(try prepared(x, shape: layout.shape) == expected)
        var buffer = x
        var span = buffer.mutableSpan
        try prepared.inPlace(&span, geometry: geometry)
        #expect(buffer == expected)
        // The definition, from the matrices it shows.
        for p in 0..<19 {
            for i in 0..<6 {
                var y = layer.beta.values[i]
                for j in 0..<3 {
                    let k = i / 3 * 3 + j
                    y +=
                        layer.gamma.values[i] * prepared.matrices[i * 3 + j]
                        * (x[k * 19 + p] - prepared.mean[k])
                }
                #expect(abs(expected[i * 19 + p] - y) <= 1e-12)
            }
        }
        let again = try WhiteningInference<Double>(
            matrices: prepared.matrices, mean: prepared.mean, groupSize: 3, gamma: layer.gamma,
            beta: layer.beta)
        #expect(try again(x, shape: layout.shape) == expected)
        #expect(throws: NormalizationError.wrongLength(.input, expected: 228, actual: 1)) {
            _ = try again([1], shape: layout.shape)
        }
        #expect(
            throws: NormalizationError.channelMismatch(
                shape: [1, 2], channelAxis: 1, expected: 6, actual: 2)
        ) { _ = try again([1, 2], shape: [1, 2]) }
    }

    @Test("the matrix of the running covariance whitens it", arguments: WhiteningMethod.tested)
    func matrixWhitensTheCovariance(_ method: WhiteningMethod) throws {
        var generator = SplitMix64(seed: 5)
        var layer = try example(&generator, channels: 4, groupSize: 4, method)
        layer.epsilon = 1e-9
        if case .newton = method { layer.method = .newton(iterations: 30) }
        let (w, covariance) = (try layer.prepared().matrices, layer.runningStatistics!.covariance)
        for i in 0..<4 {
            for j in 0..<4 {
                var sum = 0.0
                for k in 0..<4 {
                    for l in 0..<4 { sum += w[4 * i + k] * covariance[4 * k + l] * w[4 * j + l] }
                }
                #expect(abs(sum - (i == j ? 1 : 0)) <= 1e-7)
            }
        }
    }

    @Test("a layer without running statistics whitens with the batch's")
    func withoutRunningStatisticsTheBatchs() throws {
        var generator = SplitMix64(seed: 3)
        var layer = try example(&generator, channels: 4, groupSize: 2)
        layer.runningStatistics = nil
        let layout = Layout([5, 4])
        let x = try correlated(layout, using: &generator)
        let expected = try layer.forward(x, shape: layout.shape).output
        #expect(try layer.inference(x, shape: layout.shape) == expected)
        var buffer = x
        var span = buffer.mutableSpan
        try layer.inferenceInPlace(&span, geometry: layout.geometry)
        #expect(buffer == expected)
    }

    @Test("folded after a layer, that layer does the work of both")
    func foldedAfterIsTheComposition() throws {
        for (shape, groups) in [([6, 4, 3, 2], 1), ([6, 2, 3, 1], 2), ([6, 5], 1)] {
            var generator = SplitMix64(seed: 11)
            let layer = try example(&generator, channels: 6, groupSize: 3)
            let linear: LinearLayer =
                try shape.count == 2 ? .dense(shape) : .convolution(shape, groups: groups)
            let plain = PlainConvolution(
                shape: shape.count == 2 ? shape + [1] : shape, groups: groups, padding: 1)
            let space = shape.count == 2 ? [3] : [5, 4]
            let x: [Double] = generator.array(plain.inputs * space.reduce(1, *))
            let weights: [Double] = generator.array(shape.reduce(1, *))
            let bias: [Double] = generator.array(6)
            let folded = try layer.prepared().folded(after: linear, weights: weights, bias: bias)
            let output = plain(x, space: space, weights: weights, bias: bias)
            let expected = try layer.inference(output, shape: [1, 6, output.count / 6])
            let found = plain(x, space: space, weights: folded.weights, bias: folded.bias)
            for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 1e-12) }
            // Without a bias.
            let bare = try layer.prepared().folded(after: linear, weights: weights)
            #expect(bare.weights == folded.weights)
        }
    }

    @Test("folded before a layer, that layer does the work of both")
    func foldedBeforeIsTheComposition() throws {
        for (shape, groups) in [([4, 6, 1, 1], 1), ([4, 3, 1], 2), ([5, 6], 1)] {
            var generator = SplitMix64(seed: 12)
            let layer = try example(&generator, channels: 6, groupSize: 3)
            let linear: LinearLayer =
                try shape.count == 2 ? .dense(shape) : .convolution(shape, groups: groups)
            let plain = PlainConvolution(
                shape: shape.count == 2 ? shape + [1] : shape, groups: groups)
            let space = shape.count == 4 ? [2, 3] : [7]
            let x: [Double] = generator.array(6 * space.reduce(1, *))
            let weights: [Double] = generator.array(shape.reduce(1, *))
            let bias: [Double] = generator.array(plain.outputs)
            let folded = try layer.prepared().folded(before: linear, weights: weights, bias: bias)
            let whitened = try layer.inference(x, shape: [1, 6, x.count / 6])
            let expected = plain(whitened, space: space, weights: weights, bias: bias)
            let found = plain(x, space: space, weights: folded.weights, bias: folded.bias)
            for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 1e-12) }
        }
    }

    @Test("layers that cannot take a whitening are refused, with their shapes")
    func unfoldableLayersAreRefused() throws {
        let prepared = try WhiteningNorm<Float>(channels: 6, groupSize: 3).prepared()
        func expect(_ message: String, _ call: () throws -> Void) {
            let error = #expect(throws: FoldingError.self, performing: call)
            if let error { #expect(error.description == message) }
        }
        func message(_ kind: String, _ shape: [Int], _ groups: Int) -> String {
            "folding: expected a dense layer or a convolution, with a kernel of one place behind "
                + "the whitening and whole groups of 3 channels, got a \(kind) with weights of "
                + "shape \(shape) in \(groups) groups"
        }
        func zeros(_ shape: [Int]) -> [Float] {
            [Float](repeating: 0, count: shape.reduce(1, *))
        }
        let depthwise = [6, 1, 3]
        expect(message("convolution", depthwise, 6)) {
            _ = try prepared.folded(
                after: .convolution(depthwise, groups: 6), weights: zeros(depthwise))
        }
        expect(message("convolution", [6, 1, 1], 6)) {
            _ = try prepared.folded(
                before: .convolution([6, 1, 1], groups: 6), weights: zeros([6, 1, 1]))
        }
        expect(message("convolution", [2, 6, 3], 1)) {
            _ = try prepared.folded(before: .convolution([2, 6, 3]), weights: zeros([2, 6, 3]))
        }
        expect(message("transposed convolution", [2, 6, 1], 1)) {
            _ = try prepared.folded(
                after: .transposedConvolution([2, 6, 1]), weights: zeros([2, 6, 1]))
        }
        expect(message("transposed convolution", [6, 2, 1], 1)) {
            _ = try prepared.folded(
                before: .transposedConvolution([6, 2, 1]), weights: zeros([6, 2, 1]))
        }
        expect(
            "dense layer with weights of shape [5, 2] in 1 groups: "
                + "expected 6 channels on the side of the normalization, got 5"
        ) { _ = try prepared.folded(after: .dense([5, 2]), weights: zeros([5, 2])) }
        expect("weights: expected 12 elements, got 11") {
            _ = try prepared.folded(
                after: .dense([6, 2]), weights: [Float](repeating: 0, count: 11))
        }
        expect("bias: expected 6 elements, got 1") {
            _ = try prepared.folded(after: .dense([6, 2]), weights: zeros([6, 2]), bias: [0])
        }
        let large = try WhiteningInference<Float>(
            matrices: [2, 0, 0, 2], mean: [0, 0], groupSize: 2)
        expect("weights: expected finite numbers after folding, got \(0x1.8p128) at index 1") {
            _ = try large.folded(after: .dense([2, 1]), weights: [1, 0x1.8p127])
        }
    }
}

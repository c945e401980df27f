import Normalization
import SeededRandom
import Testing

/// Weights whose axes lie in another order than PyTorch's fold as they would in that one.
///
/// All numbers are small integers and the scales powers of two, so that sums are exact in any order, and folds are
/// compared to the bit.
@Suite struct AxisFoldingTests {
    /// A layer in PyTorch's order, and the same weights with the axes in another one.
    private struct Problem {
        let plain: LinearLayer
        let permuted: LinearLayer
        let weights: [Float]
        let lying: [Float]
        let bias: [Float]
        let places: [Int]

        init(_ kind: LinearLayer.Kind, _ random: inout SplitMix64) throws {
            let groups = kind == .dense ? 1 : random.integer(1...3)
            let rank = random.integer(kind == .dense ? 0...3 : 1...3)
            let shape =
                [random.integer(1...3) * groups, random.integer(1...4)]
                + (0..<rank).map { _ in random.integer(1...3) }
            // order[i] is the axis in PyTorch's order that lies at place i.
            let order = Array(shape.indices).shuffled(using: &random)
            let lengths = order.map { shape[$0] }
            let (whole, part) = (order.firstIndex(of: 0)!, order.firstIndex(of: 1)!)
            let dimensions = shape.count
            switch kind {
            case .convolution:
                plain = try .convolution(shape, groups: groups)
                permuted = try .convolution(
                    lengths, groups: groups, inputAxis: part - dimensions, outputAxis: whole)
            case .transposedConvolution:
                plain = try .transposedConvolution(shape, groups: groups)
                permuted = try .transposedConvolution(
                    lengths, groups: groups, inputAxis: whole, outputAxis: part - dimensions)
            case .dense:
                plain = try .dense(shape, inputAxis: 1, outputAxis: 0)
                permuted = try .dense(lengths, inputAxis: part, outputAxis: whole)
            }
            let count = shape.reduce(1, *)
            weights = (0..<count).map { _ in Float(random.integer(0...16) - 8) }
            bias = (0..<plain.outputs).map { _ in Float(random.integer(0...16) - 8) }
            // Where the number at each place of the permuted weights is in PyTorch's order.
            places = (0..<count).map { place in
                var rest = place
                var index = [Int](repeating: 0, count: dimensions)
                for axis in order.indices.reversed() {
                    index[order[axis]] = rest % lengths[axis]
                    rest /= lengths[axis]
                }
                return zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
            }
            lying = places.map { [weights] in weights[$0] }
        }
    }

    /// Scale ±2⁻², …, ±2², integral means and shifts.
    private func norm(_ channels: Int, _ random: inout SplitMix64) throws -> BatchNorm<Float> {
        func integers(_ range: ClosedRange<Int>) -> [Double] {
            (0..<channels).map { _ in Double(random.integer(range)) }
        }
        return try BatchNorm(
            channels: channels,
            gamma: .perChannel(
                integers(0...4).map {
                    Float(
                        sign: random.integer(0...1) == 0 ? .plus : .minus, exponent: Int($0) - 1,
                        significand: 1)
                }
            ),
            beta: .perChannel(integers(0...8).map { Float($0) }), epsilon: 1,
            runningStatistics: RunningStatistics(
                mean: integers(0...8), variance: Array(repeating: 3, count: channels)))
    }

    @Test(arguments: FoldingTests.kinds, 0..<60)
    func aFoldDoesNotDependOnTheOrderOfAxes(_ kind: LinearLayer.Kind, seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let problem = try Problem(kind, &random)
        #expect(problem.permuted.inputs == problem.plain.inputs)
        #expect(problem.permuted.outputs == problem.plain.outputs)

        let behind = try norm(problem.plain.outputs, &random)
        let after = try behind.folded(
            after: problem.plain, weights: problem.weights, bias: problem.bias)
        let lyingAfter = try behind.folded(
            after: problem.permuted, weights: problem.lying, bias: problem.bias)
        #expect(lyingAfter.weights == problem.places.map { after.weights[$0] }, "seed \(seed)")
        #expect(lyingAfter.bias == after.bias, "seed \(seed)")

        var inFront = try norm(problem.plain.inputs, &random)
        if kind == .transposedConvolution {
            inFront.beta = .absent
            inFront.runningStatistics = try RunningStatistics(
                mean: Array(repeating: 0, count: inFront.channels),
                variance: Array(repeating: 3, count: inFront.channels))
        }
        let before = try inFront.folded(
            before: problem.plain, weights: problem.weights, bias: problem.bias, padding: .none)
        let lyingBefore = try inFront.folded(
            before: problem.permuted, weights: problem.lying, bias: problem.bias, padding: .none)
        #expect(lyingBefore.weights == problem.places.map { before.weights[$0] }, "seed \(seed)")
        #expect(lyingBefore.bias == before.bias, "seed \(seed)")
    }

    /// A dense layer behind a flattened (H, W, C), with weights (out, H · W · C), and Keras's (H · W · C, out).
    @Test func aDenseLayerBehindAChannelsLastFlattenFolds() throws {
        let (positions, channels, outputs) = (6, 3, 4)
        var random = SplitMix64(seed: 7)
        let norm = try norm(channels, &random)
        let x = (0..<(positions * channels)).map { _ in Float(random.integer(0...8)) }
        let weights = (0..<(outputs * positions * channels)).map { _ in
            Float(random.integer(0...8) - 4)
        }
        let normalized = try norm.inference(x, shape: [positions, channels])
        func apply(_ weights: [Float], _ x: [Float], _ bias: [Float]) -> [Float] {
            (0..<outputs).map { o in
                x.indices.reduce(bias[o]) { $0 + weights[o * x.count + $1] * x[$1] }
            }
        }
        let expected = apply(weights, normalized, [0, 0, 0, 0])
        let folded = try norm.folded(
            before: .dense([outputs, positions, channels], inputAxis: 2, outputAxis: 0),
            weights: weights)
        #expect(apply(folded.weights, x, folded.bias) == expected)

        let kernel = (0..<weights.count).map { weights[$0 % outputs * x.count + $0 / outputs] }
        let keras = try norm.folded(
            before: .dense([positions, channels, outputs], inputAxis: 1, outputAxis: -1),
            weights: kernel)
        #expect(
            keras.weights
                == (0..<weights.count).map { folded.weights[$0 % outputs * x.count + $0 / outputs] }
        )
        #expect(keras.bias == folded.bias)
    }

    /// Output c · M + m of a depthwise convolution is made of channel c alone.
    @Test func kerasDepthwiseKernelsFoldAsTheyLie() throws {
        let (kernel, channels, multiplier) = (2, 3, 2)
        var random = SplitMix64(seed: 8)
        let layer = try LinearLayer.convolution(
            [kernel, 1, channels * multiplier], groups: channels, inputAxis: -2, outputAxis: -1)
        let weights = (0..<(kernel * channels * multiplier)).map { Float($0 + 1) }
        let before = try norm(channels, &random)
        let folded = try before.folded(before: layer, weights: weights, padding: .none)
        for (i, weight) in weights.enumerated() {
            let c = i / multiplier % channels
            let (scale, _, _) = before.map(ofChannel: c)
            #expect(folded.weights[i] == weight * Float(scale))
        }
    }

    @Test(arguments: 0..<20) func whiteningFoldsInAnyOrderOfAxes(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var layer = try WhiteningNorm<Double>(channels: 4, groupSize: 2)
        let x: [Double] = random.array(24 * 4)
        _ = try layer.forwardAndCommit(x, shape: [24, 4])
        let whitening = try layer.prepared()
        let plain = try LinearLayer.convolution([4, 4, 1])
        let weights: [Double] = random.array(16)
        let bias: [Double] = random.array(4)
        let lying = try LinearLayer.convolution([1, 4, 4], inputAxis: 1, outputAxis: 2)
        func transposed(_ values: [Double]) -> [Double] {
            (0..<16).map { values[$0 % 4 * 4 + $0 / 4] }
        }
        for isAfter in [true, false] {
            func fold(_ layer: LinearLayer, _ weights: [Double]) throws -> ([Double], [Double]) {
                isAfter
                    ? try whitening.folded(after: layer, weights: weights, bias: bias)
                    : try whitening.folded(before: layer, weights: weights, bias: bias)
            }
            let expected = try fold(plain, weights)
            let found = try fold(lying, transposed(weights))
            #expect(found.0 == transposed(expected.0) && found.1 == expected.1, "seed \(seed)")
        }
    }

    @Test func axesThatAreNoneAreRefused() throws {
        for (input, output) in [(0, 0), (3, 0), (1, -4), (-1, 2)] {
            let error = try #require(throws: FoldingError.self) {
                try LinearLayer.convolution([4, 2, 3], inputAxis: input, outputAxis: output)
            }
            #expect(
                error
                    == .invalidWeightShape(
                        kind: "convolution", shape: [4, 2, 3], groups: 1,
                        .invalidAxes(input: input, output: output)))
            #expect(error.description.contains("got input axis \(input) and output axis \(output)"))
        }
        #expect(throws: FoldingError.self) {
            try LinearLayer.dense([4], inputAxis: 0, outputAxis: 0)
        }
        // Groups divide the axis of all outputs.
        #expect(throws: FoldingError.self) {
            try LinearLayer.convolution([3, 1, 4], groups: 3, inputAxis: 1, outputAxis: 2)
        }
        #expect(
            try LinearLayer.convolution([3, 2, 6], groups: 3, inputAxis: 1, outputAxis: 2).inputs
                == 6)
    }
}

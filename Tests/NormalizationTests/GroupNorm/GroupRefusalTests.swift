import Normalization
import Testing

/// What group normalization, and γ and β per sample, refuse: by what message, and that nothing has changed.
@Suite struct GroupRefusalTests {
    private func expectRefusal(
        _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ call: () throws -> Void
    ) {
        let error = #expect(
            throws: NormalizationError.self, sourceLocation: sourceLocation, performing: call)
        if let error { #expect(error.description == message, sourceLocation: sourceLocation) }
    }

    @Test("groups that do not divide the channels are refused", arguments: [0, -1, 4, 7, 12])
    func groupsMustDivideTheChannels(_ groups: Int) {
        expectRefusal("groups: expected a number that divides 6 channels, got \(groups)") {
            _ = try GroupNorm<Float>(channels: 6, groups: groups)
        }
    }

    @Test("a layer needs channels, and parameters of as many numbers")
    func partsMustFit() {
        expectRefusal("channels: expected 1 to 67108864, got 0") {
            _ = try GroupNorm<Float>.instance(channels: 0)
        }
        expectRefusal("channels: expected 1 to 67108864, got 67108865") {
            _ = try GroupNorm<Float>(channels: (1 << 26) + 1, groups: 1)
        }
        expectRefusal("gamma: expected 4 elements, got 3") {
            _ = try GroupNorm<Float>(
                channels: 4, groups: 2, gamma: .perChannel([1, 2, 3]), beta: .absent)
        }
        expectRefusal("beta: expected 4 elements, got 5") {
            _ = try GroupNorm<Float>(
                channels: 4, groups: 2, gamma: .absent, beta: .perChannel([1, 2, 3, 4, 5]))
        }
        expectRefusal("thread limit: expected at least 1, got 0") {
            _ = try GroupNorm<Float>(
                channels: 4, groups: 2, gamma: .absent, beta: .absent, threadLimit: 0)
        }
    }

    @Test(
        "ε that is not finite and above zero is refused everywhere, in inference too",
        arguments: [0, -1e-5, .nan, .infinity] as [Double])
    func epsilonMustBeAboveZero(_ epsilon: Double) throws {
        let message = "epsilon: expected a finite number above zero, got \(epsilon)"
        expectRefusal(message) {
            _ = try GroupNorm<Float>(
                channels: 2, groups: 1, preset: GroupPreset(epsilon: epsilon))
        }
        var layer = try GroupNorm<Float>(channels: 2, groups: 1)
        layer.epsilon = epsilon
        let x: [Float] = [1, 2, 3, 4]
        expectRefusal(message) { _ = try layer.forward(x, shape: [2, 2]) }
        expectRefusal(message) { _ = try layer.inference(x, shape: [2, 2]) }
        expectRefusal(message) { _ = try layer.backward(x, input: x, shape: [2, 2]) }
    }

    @Test("channels on the axis of the samples are refused")
    func channelsMustLieBehindTheSamples() throws {
        let message =
            "shape [2, 3] with channel axis 0: "
            + "expected the samples at axis 0, and the channels behind them"
        let layer = try GroupNorm<Float>(channels: 2, groups: 1)
        let batch = try BatchNorm<Float>(
            channels: 2, gamma: .absent, beta: .absent, runningStatistics: nil)
        let x: [Float] = [1, 2, 3, 4, 5, 6]
        expectRefusal(message) { _ = try layer.forward(x, shape: [2, 3], channelAxis: 0) }
        expectRefusal(message) { _ = try layer.inference(x, shape: [2, 3], channelAxis: -2) }
        expectRefusal(message) {
            _ = try batch.forward(
                x, scaledBy: x, shiftedBy: x, shape: [2, 3], channelAxis: 0)
        }
    }

    @Test("another number of channels, and arrays of another length, are refused")
    func tensorsMustFit() throws {
        let layer = try GroupNorm<Float>(channels: 2, groups: 1)
        let x: [Float] = [1, 2, 3, 4]
        expectRefusal("shape [1, 4] has 4 channels at axis 1, expected 2") {
            _ = try layer.forward(x, shape: [1, 4])
        }
        expectRefusal("x: expected 6 elements, got 4") { _ = try layer.forward(x, shape: [3, 2]) }
        expectRefusal("dy: expected 4 elements, got 3") {
            _ = try layer.backward([1, 2, 3], input: x, shape: [2, 2])
        }
        expectRefusal("residual: expected 4 elements, got 1") {
            _ = try layer.forward(x, adding: [1], shape: [2, 2])
        }
        expectRefusal("mask: expected 1 bytes, one bit an element, got 2") {
            _ = try layer.backward(
                x, input: x, through: .relu, activationMask: [0, 0], shape: [2, 2])
        }
        expectRefusal(
            "mask: expected relu, relu6 or leakyReLU, whose derivative is one of two numbers, "
                + "got silu"
        ) { _ = try layer.forwardWithMask(x, then: .silu, shape: [2, 2]) }
    }

    @Test("statistics of another tensor are refused")
    func statisticsMustBeOfTheTensor() throws {
        let layer = try GroupNorm<Float>(channels: 4, groups: 2)
        let x = [Float](repeating: 1, count: 24)
        let other = try layer.forward(Array(x[..<16]), shape: [2, 4, 2]).statistics
        expectRefusal(
            "group statistics: expected 2 samples of 2 groups of 6 values, "
                + "got 2 samples of 2 groups of 4 values"
        ) {
            _ = try layer.backward(x, input: x, normalizedBy: other, shape: [2, 4, 3])
        }
        expectRefusal(
            "group statistics: expected 3 samples of 2 groups of 4 values, "
                + "got 2 samples of 2 groups of 4 values"
        ) {
            _ = try layer.backward(x, input: x, normalizedBy: other, shape: [3, 4, 2])
        }
        expectRefusal("group means: expected 2 elements, got 3") {
            _ = try GroupStatistics(
                groups: 2, count: 1, mean: [1, 2, 3], sumOfSquaredDeviations: [1, 2, 3])
        }
        expectRefusal("group sums of squared deviations: expected 2 elements, got 1") {
            _ = try GroupStatistics(
                groups: 2, count: 1, mean: [1, 2], sumOfSquaredDeviations: [1])
        }
        expectRefusal("count: expected zero or more values per channel, got -1") {
            _ = try GroupStatistics(
                groups: 1, count: -1, mean: [], sumOfSquaredDeviations: [])
        }
        expectRefusal("groups: expected a number that divides 0 channels, got 0") {
            _ = try GroupStatistics(groups: 0, count: 1, mean: [], sumOfSquaredDeviations: [])
        }
    }

    @Test("γ and β per sample must be N × C numbers, and the layer must have none")
    func sampleParametersMustFit() throws {
        let x: [Float] = [1, 2, 3, 4, 5, 6, 7, 8]
        let some: [Float] = [1, 1, 1, 1]
        let instance = try GroupNorm<Float>(
            channels: 2, groups: 2, gamma: .absent, beta: .absent)
        let batch = try BatchNorm<Float>(
            channels: 2, gamma: .absent, beta: .absent, runningStatistics: nil)
        for (gammas, betas, message) in [
            ([1, 1], some, "gammas: expected 4 elements, got 2"),
            (some, [1, 1, 1, 1, 1], "betas: expected 4 elements, got 5"),
        ] as [([Float], [Float], String)] {
            expectRefusal(message) {
                _ = try instance.forward(
                    x, scaledBy: gammas, shiftedBy: betas, shape: [2, 2, 2])
            }
            expectRefusal(message) {
                _ = try batch.inference(x, scaledBy: gammas, shiftedBy: betas, shape: [2, 2, 2])
            }
            expectRefusal(message) {
                _ = try instance.backward(
                    x, input: x, scaledBy: gammas, shiftedBy: betas, shape: [2, 2, 2])
            }
        }
        for offset in [Double.nan, .infinity] {
            expectRefusal("scale offset: expected a finite number, got \(offset)") {
                _ = try batch.forward(
                    x, scaledBy: some, shiftedBy: some, scaleOffset: offset, shape: [2, 2, 2])
            }
        }
        var own = instance
        own.gamma = .shared(1)
        expectRefusal("gamma: expected none in the layer, where it is given per sample") {
            _ = try own.forward(x, scaledBy: some, shiftedBy: some, shape: [2, 2, 2])
        }
        var ownBatch = batch
        ownBatch.beta = .perChannel([0, 0])
        expectRefusal("beta: expected none in the layer, where it is given per sample") {
            _ = try ownBatch.forward(x, scaledBy: some, shiftedBy: some, shape: [2, 2, 2])
        }
        // A product of dimensions that overflows, in an empty tensor.
        expectRefusal("gammas: expected \(Int.max) elements, got 4") {
            _ = try instance.forward([], scaledBy: some, shiftedBy: some, shape: [.max, 2, 0])
        }
    }

    @Test("what is refused leaves the outputs as they were")
    func refusalLeavesOutputsAlone() throws {
        let layer = try GroupNorm<Float>(channels: 2, groups: 1)
        let x: [Float] = [1, 2, 3, 4]
        var output: [Float] = [9, 9, 9, 9]
        let geometry = try Geometry([2, 2])
        let wrong = try GroupStatistics(groups: 1, count: 2, mean: [1], sumOfSquaredDeviations: [1])
        #expect(throws: NormalizationError.self) {
            var dx = output.mutableSpan
            _ = try layer.backward(
                x.span, input: x.span, normalizedBy: wrong, into: &dx, geometry: geometry)
        }
        #expect(throws: NormalizationError.self) {
            var y = output.mutableSpan
            _ = try layer.forward(x.span, into: &y, geometry: Geometry([4, 2]))
        }
        #expect(output == [9, 9, 9, 9])
    }

    @Test("outputs that overlap γ, β or each other are refused")
    func overlapsAreRefused() throws {
        let instance = try GroupNorm<Float>(
            channels: 2, groups: 2, gamma: .absent, beta: .absent)
        let geometry = try Geometry([2, 2, 2])
        let x = [Float](repeating: 1, count: 8)
        let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 12)
        defer { memory.deallocate() }
        memory.initialize(repeating: 1)
        let parameters = UnsafeBufferPointer(rebasing: memory[0..<4])
        let output = UnsafeMutableBufferPointer(rebasing: memory[2..<10])
        let betas: [Float] = [0, 0, 0, 0]
        expectRefusal("gammas and y overlap without being the same buffer") {
            var y = output.mutableSpan
            _ = try instance.forward(
                x.span, scaledBy: parameters.span, shiftedBy: betas.span, into: &y,
                geometry: geometry)
        }
        expectRefusal("betas and dx overlap without being the same buffer") {
            var dx = output.mutableSpan
            _ = try instance.backward(
                x.span, input: x.span, scaledBy: betas.span, shiftedBy: parameters.span,
                into: &dx, geometry: geometry)
        }
        #expect(memory.allSatisfy { $0 == 1 })
    }
}

import Normalization
import Testing

/// What whitening refuses: by what message, and that nothing has changed.
@Suite struct WhiteningRefusalTests {
    private func expectRefusal(
        _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ call: () throws -> Void
    ) {
        let error = #expect(
            throws: NormalizationError.self, sourceLocation: sourceLocation, performing: call)
        if let error { #expect(error.description == message, sourceLocation: sourceLocation) }
    }

    @Test("group sizes that do not divide the channels, or are above 256, are refused")
    func groupSizeMustFit() {
        for size in [0, -1, 4, 7, 12] {
            expectRefusal(
                "group size: expected a divisor of 6 channels up to 256, and at most 67108864 "
                    + "covariances, got \(size)"
            ) { _ = try WhiteningNorm<Float>(channels: 6, groupSize: size) }
        }
        expectRefusal(
            "group size: expected a divisor of 512 channels up to 256, and at most 67108864 "
                + "covariances, got 512"
        ) { _ = try WhiteningNorm<Float>(channels: 512, groupSize: 512) }
        expectRefusal(
            "group size: expected a divisor of 67108864 channels up to 256, and at most 67108864 "
                + "covariances, got 2"
        ) { _ = try RunningWhitening(channels: 1 << 26, groupSize: 2) }
        expectRefusal("channels: expected 1 to 67108864, got 0") {
            _ = try WhiteningNorm<Float>(channels: 0)
        }
        expectRefusal(
            "group size: expected a divisor of 2 channels up to 256, and at most 67108864 "
                + "covariances, got 16"
        ) {
            let x: [Float] = [1, 2, 3, 4]
            _ = try WhiteningStatistics(of: x.span, geometry: Geometry([2, 2]), groupSize: 16)
        }
    }

    @Test("parts that do not fit are refused")
    func partsMustFit() throws {
        func make(
            gamma: AffineParameter<Float> = .absent, beta: AffineParameter<Float> = .absent,
            method: WhiteningMethod = .zca, epsilon: Double? = nil,
            running: RunningWhitening? = nil, threadLimit: Int? = nil
        ) throws {
            _ = try WhiteningNorm<Float>(
                channels: 4, groupSize: 2, method: method, gamma: gamma, beta: beta,
                epsilon: epsilon, runningStatistics: running, threadLimit: threadLimit)
        }
        expectRefusal("gamma: expected 4 elements, got 3") {
            try make(gamma: .perChannel([1, 2, 3]))
        }
        expectRefusal("beta: expected 4 elements, got 1") { try make(beta: .perChannel([1])) }
        expectRefusal("thread limit: expected at least 1, got 0") { try make(threadLimit: 0) }
        for count in [0, -1, 1001] {
            expectRefusal("iterations: expected 1 to 1000, got \(count)") {
                try make(method: .newton(iterations: count))
            }
        }
        for epsilon in [0, -1e-5, Double.nan, .infinity] {
            expectRefusal("epsilon: expected a finite number above zero, got \(epsilon)") {
                try make(epsilon: epsilon)
            }
        }
        expectRefusal(
            "whitening statistics: expected 4 channels in groups of 2, "
                + "got 4 channels in groups of 4"
        ) { try make(running: RunningWhitening(channels: 4, groupSize: 4)) }
    }

    @Test("a changed layer is checked at each call")
    func changedLayersAreChecked() throws {
        var layer = try WhiteningNorm<Float>(channels: 2, groupSize: 2)
        layer.epsilon = 0
        let x: [Float] = [1, 2, 3, 5]
        let message = "epsilon: expected a finite number above zero, got 0.0"
        expectRefusal(message) { _ = try layer.forward(x, shape: [2, 2]) }
        expectRefusal(message) { _ = try layer.inference(x, shape: [2, 2]) }
        expectRefusal(message) { _ = try layer.prepared() }
        expectRefusal(message) {
            _ = try layer.backward(x, input: x, normalizedBy: .running, shape: [2, 2])
        }
    }

    @Test("tensors and statistics that do not fit are refused")
    func tensorsMustFit() throws {
        let layer = try WhiteningNorm<Float>(channels: 2, groupSize: 2)
        let x: [Float] = [1, 2, 3, 5]
        let statistics = try layer.forward(x, shape: [2, 2]).statistics
        expectRefusal("shape [1, 4] has 4 channels at axis 1, expected 2") {
            _ = try layer.forward(x, shape: [1, 4])
        }
        expectRefusal("x: expected 6 elements, got 4") { _ = try layer.forward(x, shape: [3, 2]) }
        expectRefusal("dy: expected 4 elements, got 3") {
            _ = try layer.backward(
                [1, 2, 3], input: x, normalizedBy: .batch(statistics), shape: [2, 2])
        }
        expectRefusal("expected more than one value per channel when training, got shape [1, 2]") {
            _ = try layer.forward([1, 2], shape: [1, 2])
        }
        expectRefusal("batch statistics: expected 3 values per channel, got 2") {
            _ = try layer.backward(
                x + x[..<2], input: x + x[..<2], normalizedBy: .batch(statistics), shape: [3, 2])
        }
        let other = try WhiteningStatistics(
            count: 2, groupSize: 1, mean: [0, 0], sumsOfProducts: [1, 1])
        let message =
            "whitening statistics: expected 2 channels in groups of 2, "
            + "got 2 channels in groups of 1"
        expectRefusal(message) {
            _ = try layer.backward(x, input: x, normalizedBy: .batch(other), shape: [2, 2])
        }
        expectRefusal(message) { _ = try statistics.merging(other) }
        var committed = layer
        expectRefusal(message) { try committed.commit(other) }
        expectRefusal("batch sums of products: expected 4 elements, got 3") {
            _ = try WhiteningStatistics(
                count: 1, groupSize: 2, mean: [0, 0], sumsOfProducts: [1, 2, 3])
        }
        expectRefusal("count: expected zero or more values per channel, got -1") {
            _ = try WhiteningStatistics(
                count: -1, groupSize: 1, mean: [0], sumsOfProducts: [1])
        }
        expectRefusal("running covariance: expected 4 elements, got 2") {
            _ = try RunningWhitening(mean: [0, 0], covariance: [1, 1], groupSize: 2)
        }
        expectRefusal("update count: expected zero or more, got -1") {
            _ = try RunningWhitening(
                mean: [0], covariance: [1], groupSize: 1, updateCount: -1)
        }
        expectRefusal("matrices: expected 4 elements, got 2") {
            _ = try WhiteningInference<Float>(matrices: [1, 1], mean: [0, 0], groupSize: 2)
        }
        expectRefusal("thread limit: expected at least 1, got 0") {
            _ = try WhiteningInference<Float>(
                matrices: [1, 1], mean: [0, 0], groupSize: 1, threadLimit: 0)
        }
    }

    @Test("inference refuses running statistics that have no W")
    func runningStatisticsMustHaveAMatrix() throws {
        func layer(
            _ covariance: [Double], mean: [Double] = [0, 0], _ method: WhiteningMethod = .zca,
            policy: NonFinitePolicy = .throw
        ) throws -> WhiteningNorm<Double> {
            try WhiteningNorm(
                channels: 2, groupSize: 2, method: method, gamma: .absent, beta: .absent,
                runningStatistics: RunningWhitening(
                    mean: mean, covariance: covariance, groupSize: 2, nonFinite: policy))
        }
        expectRefusal(
            "running covariance: expected finite numbers and no eigenvalue below zero, "
                + "got -1.0 in group 0"
        ) { _ = try layer([1, 2, 2, 1]).inference([1, 2], shape: [1, 2]) }
        expectRefusal(
            "covariance: expected one that is positive definite with epsilon, "
                + "got one that cannot be decomposed in group 0"
        ) { _ = try layer([1, 2, 2, 1], .cholesky).prepared() }
        expectRefusal(
            "running covariance: expected finite numbers and no eigenvalue below zero, "
                + "got nan in group 0"
        ) { _ = try layer([1, .nan, 0, 1]).prepared() }
        expectRefusal("running mean: expected finite numbers, got inf in channel 1") {
            _ = try layer([1, 0, 0, 1], mean: [0, .infinity]).prepared()
        }
        let propagated = try layer([1, .nan, 0, 1], policy: .propagate)
        #expect(try propagated.inference([1, 2], shape: [1, 2]).allSatisfy { $0.isNaN })
        // What rounding to Float makes of a zero eigenvalue is none below zero.
        let rounded = try layer([1, 1 + 1e-8, 1 + 1e-8, 1])
        #expect(try rounded.inference([1, 2], shape: [1, 2]).allSatisfy { $0.isFinite })
        var bare = try layer([1, 0, 0, 1])
        bare.runningStatistics = nil
        expectRefusal("running statistics: the call needs them, and the layer has none") {
            _ = try bare.prepared()
        }
        expectRefusal("running statistics: the call needs them, and the layer has none") {
            _ = try bare.backward([1, 2], input: [1, 2], normalizedBy: .running, shape: [1, 2])
        }
    }

    @Test("an output that overlaps an input without being it is refused")
    func overlapsAreRefused() throws {
        let layer = try WhiteningNorm<Float>(channels: 2, groupSize: 2)
        let prepared = try layer.prepared()
        let geometry = try Geometry([2, 2])
        let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 6)
        defer { memory.deallocate() }
        memory.initialize(repeating: 1)
        let x = UnsafeBufferPointer(rebasing: memory[0..<4])
        let output = UnsafeMutableBufferPointer(rebasing: memory[2..<6])
        let g: [Float] = [1, 2, 3, 4]
        expectRefusal("x and y overlap without being the same buffer") {
            var y = output.mutableSpan
            _ = try layer.forward(x.span, into: &y, geometry: geometry)
        }
        expectRefusal("x and y overlap without being the same buffer") {
            var y = output.mutableSpan
            try prepared(x.span, into: &y, geometry: geometry)
        }
        expectRefusal("x and dx overlap without being the same buffer") {
            var dx = output.mutableSpan
            _ = try layer.backward(
                g.span, input: x.span, normalizedBy: .running, into: &dx, geometry: geometry)
        }
        expectRefusal("y: expected 4 elements, got 3") {
            var y = UnsafeMutableBufferPointer(rebasing: memory[3..<6]).mutableSpan
            _ = try layer.forward(g.span, into: &y, geometry: geometry)
        }
        #expect(memory.allSatisfy { $0 == 1 })
    }
}

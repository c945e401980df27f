import Normalization
import Testing

/// What a layer of rows refuses, by the message that it gives.
@Suite struct RowRefusalTests {
    private func expect(_ message: String, by call: () throws -> Void) {
        let error = #expect(throws: NormalizationError.self) { try call() }
        #expect(error?.description == message)
    }

    @Test("Geometries that are none are refused")
    func geometries() throws {
        expect("normalized axes: expected axes of shape [2, 3], got 1...2") {
            _ = try RowGeometry([2, 3], normalizing: 1...2)
        }
        expect("normalized axes: expected axes of shape [2, 3], got -1...0") {
            _ = try RowGeometry([2, 3], normalizing: -1...0)
        }
        for count in [0, 3, -1, .max, .min] {
            expect("last axes: expected 1 or more of shape [2, 3], got \(count)") {
                _ = try RowGeometry([2, 3], lastAxes: count)
            }
        }
        expect("last axes: expected 1 or more of shape [], got 1") { _ = try RowGeometry([]) }
        expect("shape [2, -3]: expected no negative dimension") { _ = try RowGeometry([2, -3]) }
        expect("shape [4611686018427387904, 4]: the number of elements overflows Int") {
            _ = try RowGeometry([1 << 62, 4])
        }
        for shape in [[2, 1 << 27], [0, 1 << 27]] {
            expect("shape \(shape): expected at most 67108864 elements normalized together") {
                _ = try RowGeometry(shape)
            }
        }
        let geometry = try RowGeometry([2, 3, 4, 5], normalizing: 1...2)
        #expect((geometry.rows, geometry.width, geometry.inner) == (2, 12, 5))
        #expect(geometry.count == 120 && geometry.statisticsCount == 10)
    }

    @Test("Layers whose parts do not fit are refused")
    func parts() {
        expect("width: expected 0 to 67108864, got -1") { _ = try LayerNorm<Float>(width: -1) }
        expect("width: expected 0 to 67108864, got \(Int.max)") {
            _ = try RMSNorm<Double>(width: .max)
        }
        expect("gamma: expected 3 elements, got 2") {
            _ = try LayerNorm<Float>(width: 3, gamma: .perChannel([1, 2]), beta: .absent)
        }
        expect("beta: expected 3 elements, got 2") {
            _ = try RMSNorm<Float>(
                width: 3, gamma: .absent, beta: .perChannel([1, 2]), epsilon: 1)
        }
        for epsilon in [0, -1, .nan, .infinity] {
            expect("epsilon: expected a finite number above zero, got \(epsilon)") {
                _ = try RMSNorm<Float>(width: 3, gamma: .absent, epsilon: epsilon)
            }
        }
        expect("scale offset: expected a finite number, got nan") {
            _ = try RMSNorm<Float>(width: 3, gamma: .absent, epsilon: 1, scaleOffset: .nan)
        }
        expect("thread limit: expected at least 1, got 0") {
            _ = try RMSNorm<Float>(width: 3, gamma: .absent, epsilon: 1, threadLimit: 0)
        }
    }

    @Test("ε that is not above zero is refused in inference, too")
    func epsilonInInference() throws {
        var layer = try LayerNorm<Float>(width: 2)
        layer.epsilon = 0
        expect("epsilon: expected a finite number above zero, got 0.0") {
            _ = try layer.inference([1, 2], shape: [1, 2])
        }
    }

    @Test("Centered rows of one value are refused in forward, inference and backward")
    func singleValues() throws {
        let layer = try LayerNorm<Float>(width: 1)
        let message = "expected more than one value in the axes 1...1, got shape [3, 1]"
        expect(message) { _ = try layer.forward([1, 2, 3], shape: [3, 1]) }
        expect(message) { _ = try layer.inference([1, 2, 3], shape: [3, 1]) }
        expect(message) { _ = try layer.backward([1, 2, 3], input: [1, 2, 3], shape: [3, 1]) }
    }

    @Test("Tensors that do not fit are refused, and outputs stay what they were")
    func tensors() throws {
        let layer = try RMSNorm<Float>(width: 4)
        expect("shape [2, 3] has 3 elements in the axes 1...1, expected 4") {
            _ = try layer.forward([Float](repeating: 1, count: 6), shape: [2, 3])
        }
        expect("x: expected 8 elements, got 7") {
            _ = try layer.forward([Float](repeating: 1, count: 7), shape: [2, 4])
        }
        expect("residual: expected 8 elements, got 7") {
            _ = try layer.forward(
                [Float](repeating: 1, count: 8), adding: [Float](repeating: 1, count: 7),
                shape: [2, 4])
        }
        let geometry = try RowGeometry([2, 4])
        let x = [Float](repeating: 1, count: 8)
        var short = [Float](repeating: 5, count: 7)
        var span = short.mutableSpan
        expect("y: expected 8 elements, got 7") {
            try layer.inference(x.span, into: &span, geometry: geometry)
        }
        #expect(short == [Float](repeating: 5, count: 7))
        expect("sum gradient: expected 8 elements, got 7") {
            _ = try layer.backward(x, input: x, sumGradient: short, shape: [2, 4])
        }
    }

    @Test("Statistics of another tensor or layer are refused")
    func statistics() throws {
        let (layer, rms) = (try LayerNorm<Float>(width: 4), try RMSNorm<Float>(width: 4))
        let x = (0..<8).map { Float($0) }
        let own = try layer.forward(x, shape: [2, 4]).statistics
        func backward(_ statistics: RowStatistics) throws {
            _ = try layer.backward(x, input: x, normalizedBy: statistics, shape: [2, 4])
        }
        expect("row means: expected 0 elements, got 2") {
            _ = try rms.backward(x, input: x, normalizedBy: own, shape: [2, 4])
        }
        expect("row means: expected 2 elements, got 0") {
            try backward(rms.forward(x, shape: [2, 4]).statistics)
        }
        expect("row sums of squares: expected 2 elements, got 1") {
            try backward(layer.forward(Array(x[..<4]), shape: [1, 4]).statistics)
        }
        expect("row statistics: expected 4 values a row, got 2") {
            try backward(LayerNorm<Float>(width: 2).forward(x, shape: [4, 2]).statistics)
        }
        expect("row sums of squares: expected 2 elements, got 1") {
            _ = try RowStatistics(count: 4, mean: [1, 2], sumOfSquaredDeviations: [1])
        }
        expect("count: expected zero or more values per channel, got -1") {
            _ = try RowStatistics(count: -1, mean: [], sumOfSquaredDeviations: [])
        }
        // Numbers that no row has are answered by the statistics of x.
        let nonsense = try RowStatistics(
            count: 4, mean: [0, .nan], sumOfSquaredDeviations: [-1, .infinity])
        let found = try layer.backward(x, input: x, normalizedBy: nonsense, shape: [2, 4])
        let expected = try layer.backward(x, input: x, normalizedBy: own, shape: [2, 4])
        for (found, expected) in zip(found.input ?? [], expected.input ?? []) {
            #expect(abs(found - expected) < 1e-5)
        }
    }

    @Test("Outputs that overlap an input otherwise than as the same buffer are refused")
    func overlaps() throws {
        let layer = try RMSNorm<Float>(width: 4)
        let geometry = try RowGeometry([2, 4])
        var memory = [Float](repeating: 1, count: 20)
        memory.withUnsafeMutableBufferPointer { memory in
            func part(_ start: Int) -> UnsafeMutableBufferPointer<Float> {
                UnsafeMutableBufferPointer(rebasing: memory[start..<start + 8])
            }
            let x = UnsafeBufferPointer(part(0)).span
            var y = part(4).mutableSpan
            expect("x and y overlap without being the same buffer") {
                try layer.inference(x, into: &y, geometry: geometry)
            }
            var same = part(0).mutableSpan
            let other = UnsafeBufferPointer(part(12)).span
            expect("x and y overlap without being the same buffer") {
                try layer.inference(
                    sumOf: x, and: other, sum: &y, into: &same, geometry: geometry)
            }
            expect("residual and dx overlap without being the same buffer") {
                _ = try layer.backward(
                    other, input: other, adding: UnsafeBufferPointer(part(4)).span, through: .relu,
                    into: &y, geometry: geometry)
            }
            expect("x and dx overlap without being the same buffer") {
                _ = try layer.backward(
                    other, input: x, through: .relu, into: &same, geometry: geometry)
            }
        }
    }
}

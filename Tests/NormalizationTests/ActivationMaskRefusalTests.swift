import Testing

@testable import Normalization

/// What cannot be a mask of an activation, and what may not share its memory.
@Suite struct ActivationMaskRefusalTests {
    @Test(arguments: Engine.allCases)
    func wrongMasksAreRefusedAndNothingIsWritten(_ engine: Engine) throws {
        var layer = try BatchNorm<Float>.standard(channels: 2)
        layer.engine = engine
        let geometry = try Geometry([3, 2, 3])
        #expect(geometry.maskByteCount == 3)
        let x = (0..<18).map { Float($0 * $0) }
        let statistics = try BatchStatistics(of: x.span, geometry: geometry)
        func expect(_ error: NormalizationError, _ activation: Activation, bytes: Int) {
            var y = [Float](repeating: 7, count: 18)
            var dx = y
            var mask = [UInt8](repeating: 9, count: bytes)
            var ySpan = y.mutableSpan
            #expect(throws: error) {
                try layer.forward(
                    x.span, then: activation, into: &ySpan,
                    activationMask: mask.mutableSpan, geometry: geometry)
            }
            var dxSpan = dx.mutableSpan
            #expect(throws: error) {
                try layer.backward(
                    x.span, input: x.span, through: activation, activationMask: mask.span,
                    normalizedBy: .batch(statistics), into: &dxSpan, geometry: geometry)
            }
            #expect(y == Array(repeating: 7, count: 18) && dx == y)
            #expect(mask == Array(repeating: 9, count: bytes))
        }
        for bytes in [0, 2, 4] {
            expect(.wrongMaskLength(expected: 3, actual: bytes), .relu, bytes: bytes)
        }
        for activation in [Activation.identity, .silu, .hardSwish] {
            #expect(!activation.hasMask)
            expect(.noMask(activation: "\(activation)"), activation, bytes: 3)
        }
        #expect(
            NormalizationError.wrongMaskLength(expected: 3, actual: 2).description
                == "mask: expected 3 bytes, one bit an element, got 2")
        #expect(
            NormalizationError.noMask(activation: "silu").description
                == "mask: expected relu, relu6 or leakyReLU, whose derivative is one of two numbers, "
                + "got silu")
    }

    @Test func overlapsAreRefused() throws {
        let layer = try BatchNorm<Float>.standard(channels: 2)
        let geometry = try Geometry([2, 2, 8])
        let x = (0..<32).map { Float($0 * $0) }
        let statistics = try BatchStatistics(of: x.span, geometry: geometry)
        var memory = x + x + x + x
        memory.withUnsafeMutableBufferPointer { memory in
            let all = memory
            func part(_ start: Int) -> UnsafeMutableBufferPointer<Float> {
                UnsafeMutableBufferPointer(rebasing: all[start..<start + 32])
            }
            let input = UnsafeBufferPointer(part(0)).span
            let y = part(32)
            let gradient = UnsafeBufferPointer(y).span
            var output = y.mutableSpan
            let inY = UnsafeMutableRawBufferPointer(
                rebasing: UnsafeMutableRawBufferPointer(y)[8..<12]
            )
            .bindMemory(to: UInt8.self)
            #expect(throws: NormalizationError.overlap(.output, .mask)) {
                try layer.forward(
                    input, then: .relu, into: &output, activationMask: inY.mutableSpan,
                    geometry: geometry)
            }
            func backward(
                _ dx: UnsafeMutableBufferPointer<Float>,
                _ residualGradient: UnsafeMutableBufferPointer<Float>?
            ) throws {
                var target = dx.mutableSpan
                _ = try layer.backward(
                    gradient, input: input, through: .relu, normalizedBy: .batch(statistics),
                    into: &target, residualGradient: residualGradient?.mutableSpan,
                    geometry: geometry)
            }
            #expect(throws: NormalizationError.overlap(.input, .inputGradient)) {
                try backward(part(0), nil)
            }
            #expect(throws: NormalizationError.overlap(.gradient, .inputGradient)) {
                try backward(part(40), nil)
            }
            #expect(throws: NormalizationError.overlap(.inputGradient, .residualGradient)) {
                try backward(part(64), part(70))
            }
            // ∂residual where the gradient was is as good as elsewhere.
            #expect(throws: Never.self) { try backward(part(64), y) }
        }
    }

    @Test func anEmptyBatchHasAnEmptyMask() throws {
        let layer = try BatchNorm<Float>.standard(channels: 2)
        let (y, statistics, mask) = try layer.forwardWithMask([], then: .relu, shape: [0, 2, 3])
        #expect(y.isEmpty && mask.isEmpty && statistics.count == 0)
        #expect(try Geometry([0, 2, 3]).maskByteCount == 0)
        #expect(try Geometry([1, 1, 8]).maskByteCount == 1)
        #expect(try Geometry([1, 1, 9]).maskByteCount == 2)
    }
}

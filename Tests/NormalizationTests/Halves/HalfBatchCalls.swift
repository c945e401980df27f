import Normalization

/// Calls of batch norm on tensors of any element.
enum BatchOperation: CaseIterable, Sendable {
    case forward, forwardInPlace, forwardWithMask, inference, inferenceInPlace, normalize, inverse
    case backward, backwardInPlace, backwardThroughMask, backwardThroughSiLU, backwardThroughInPlace
    case scaledBackward, scaledBackwardThrough, halves, activationBackward
    case perSample, perSampleInference, perSampleBackward, perSampleScaledBackward
    case renormalized, ghosts, ghostBackward, weighted, masked, maskedBackward
}

struct BatchCall: HalfCall {
    var layer: BatchNorm<Float>
    let geometry: Geometry
    let operation: BatchOperation

    var description: String {
        "\(layer.engine) \(operation) \(geometry.shape) axis \(geometry.channelAxis)"
    }

    func run<Element: NormalizationElement>(
        _ t: HalfTensors<Element>
    ) throws -> HalfResult<Element> where Element.Arithmetic == Float {
        switch operation {
        case .forward, .forwardInPlace, .forwardWithMask, .inference, .inferenceInPlace,
            .normalize, .inverse:
            try runForward(t)
        case .backward, .backwardInPlace, .backwardThroughMask, .backwardThroughSiLU,
            .backwardThroughInPlace, .scaledBackward, .scaledBackwardThrough:
            try runBackward(t)
        case .halves, .activationBackward: try runHalves(t)
        case .perSample, .perSampleInference, .perSampleBackward, .perSampleScaledBackward:
            try runPerSample(t)
        case .renormalized, .ghosts, .ghostBackward, .weighted, .masked, .maskedBackward:
            try runOthers(t)
        }
    }

    func statistics<Element: NormalizationElement>(
        _ t: HalfTensors<Element>
    ) throws -> NormalizingStatistics where Element.Arithmetic == Float {
        .batch(try layer.statistics(of: t.x.span, geometry: geometry))
    }

    private func runForward<Element: NormalizationElement>(
        _ t: HalfTensors<Element>
    ) throws -> HalfResult<Element> where Element.Arithmetic == Float {
        var result = HalfResult<Element>()
        var (output, x) = (t.empty, t.x)
        var mask = [UInt8](repeating: 0, count: geometry.maskByteCount)
        var y = output.mutableSpan
        switch operation {
        case .forward:
            result.add(
                try layer.forward(
                    t.x.span, adding: t.residual.span, then: .hardSwish, into: &y,
                    geometry: geometry))
        case .forwardInPlace:
            var place = x.mutableSpan
            result.add(try layer.forwardInPlace(&place, geometry: geometry))
        case .forwardWithMask:
            result.add(
                try layer.forward(
                    t.x.span, adding: t.residual.span, then: .relu, into: &y,
                    activationMask: mask.mutableSpan, geometry: geometry))
        case .inference:
            try layer.inference(
                t.x.span, adding: t.residual.span, then: .silu, into: &y, geometry: geometry)
        case .inferenceInPlace:
            var place = x.mutableSpan
            try layer.inferenceInPlace(&place, geometry: geometry)
        case .normalize:
            let statistics = try layer.statistics(of: t.x.span, geometry: geometry)
            try layer.normalize(
                t.x.span, with: statistics, then: .leakyReLU(negativeSlope: 0.125), into: &y,
                activationMask: mask.mutableSpan, geometry: geometry)
        default:
            try layer.inverse(t.x.span, normalizedBy: .running, into: &y, geometry: geometry)
        }
        result.tensors = [output, x]
        result.masks = [mask]
        return result
    }

    private func runBackward<Element: NormalizationElement>(
        _ t: HalfTensors<Element>
    ) throws -> HalfResult<Element> where Element.Arithmetic == Float {
        var result = HalfResult<Element>()
        var (input, added, gradient) = (t.empty, t.empty, t.gradient)
        let mask = (0..<geometry.maskByteCount).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        let batch = try statistics(t)
        var dx = input.mutableSpan
        var place = gradient.mutableSpan
        switch operation {
        case .backward, .scaledBackward:
            result.add(
                try layer.backward(
                    t.gradient.span, input: t.x.span,
                    normalizedBy: operation == .backward ? batch : .running, into: &dx,
                    geometry: geometry))
        case .backwardInPlace:
            result.add(
                try layer.backwardInPlace(
                    &place, input: t.x.span, normalizedBy: batch, geometry: geometry))
        case .backwardThroughMask:
            result.add(
                try layer.backward(
                    t.gradient.span, input: t.x.span,
                    through: .leakyReLU(negativeSlope: 0.25), activationMask: mask.span,
                    normalizedBy: batch, into: &dx, residualGradient: added.mutableSpan,
                    geometry: geometry))
        case .backwardThroughSiLU, .scaledBackwardThrough:
            let isScaled = operation == .scaledBackwardThrough
            result.add(
                try layer.backward(
                    t.gradient.span, input: t.x.span, adding: t.residual.span, through: .silu,
                    normalizedBy: isScaled ? .running : batch, into: &dx,
                    residualGradient: added.mutableSpan, geometry: geometry,
                    wanting: isScaled ? [] : .all))
        default:
            result.add(
                try layer.backwardInPlace(
                    &place, input: t.x.span, adding: t.residual.span, through: .relu6,
                    normalizedBy: batch, geometry: geometry))
        }
        result.tensors = [input, added, gradient]
        return result
    }
}

extension HalfResult {
    mutating func add(_ statistics: BatchStatistics) {
        numbers += [statistics.mean, statistics.sumOfSquaredDeviations]
    }

    mutating func add(_ sums: GradientSums) {
        numbers += [sums.gradient, sums.gradientTimesNormalized]
    }
}

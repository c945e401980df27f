import Normalization

/// Calls of group norm on tensors of any element.
enum GroupOperation: CaseIterable, Sendable {
    case forward, forwardInPlace, inference, backward, backwardThrough, perSample
    case perSampleBackward
}

struct GroupCall: HalfCall {
    var layer: GroupNorm<Float>
    let geometry: Geometry
    let operation: GroupOperation

    var description: String {
        "\(layer.engine) \(operation) \(geometry.shape) axis \(geometry.channelAxis), "
            + "groups \(layer.groups)"
    }

    func run<Element: NormalizationElement>(
        _ t: HalfTensors<Element>
    ) throws -> HalfResult<Element> where Element.Arithmetic == Float {
        var result = HalfResult<Element>()
        var (output, added, x) = (t.empty, t.empty, t.x)
        var mask = [UInt8](repeating: 0, count: geometry.maskByteCount)
        var place = output.mutableSpan
        var plain = layer
        (plain.gamma, plain.beta) = (.absent, .absent)
        let count = geometry.shape[0] * geometry.channels
        let gammas = (0..<count).map { Float($0 % 7) / 4 - 0.5 }
        let betas = (0..<count).map { Float($0 % 5) / 8 }
        switch operation {
        case .forward:
            result.add(
                try layer.forward(
                    t.x.span, adding: t.residual.span, then: .relu, into: &place,
                    activationMask: mask.mutableSpan, geometry: geometry))
        case .forwardInPlace:
            var own = x.mutableSpan
            result.add(try layer.forwardInPlace(&own, geometry: geometry))
        case .inference:
            try layer.inference(t.x.span, then: .silu, into: &place, geometry: geometry)
        case .backward:
            result.add(
                try layer.backward(
                    t.gradient.span, input: t.x.span, into: &place, geometry: geometry))
        case .backwardThrough:
            result.add(
                try layer.backward(
                    t.gradient.span, input: t.x.span, adding: t.residual.span, through: .hardSwish,
                    normalizedBy: layer.statistics(of: t.x.span, geometry: geometry), into: &place,
                    residualGradient: added.mutableSpan, geometry: geometry))
        case .perSample:
            result.add(
                try plain.forward(
                    t.x.span, scaledBy: gammas.span, shiftedBy: betas.span, into: &place,
                    geometry: geometry))
        case .perSampleBackward:
            result.add(
                try plain.backward(
                    t.gradient.span, input: t.x.span, scaledBy: gammas.span,
                    shiftedBy: betas.span, through: .relu, into: &place, geometry: geometry))
        }
        result.tensors = [output, added, x]
        result.masks = [mask]
        return result
    }
}

extension HalfResult {
    mutating func add(_ statistics: GroupStatistics) {
        numbers += [statistics.mean, statistics.sumOfSquaredDeviations]
    }
}

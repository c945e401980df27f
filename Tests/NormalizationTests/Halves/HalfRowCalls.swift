import Normalization

/// Calls of layer or RMS norm on tensors of any element.
enum RowOperation: CaseIterable, Sendable {
    case forward, forwardInPlace, inference, sum, sumInPlace, backward, backwardInPlace
    case backwardThrough, parameterGradients
}

struct RowCall<Layer: RowNormalization>: HalfCall where Layer.Scalar == Float {
    var layer: Layer
    let geometry: RowGeometry
    let operation: RowOperation

    var description: String {
        "\(Layer.self) \(layer.engine) \(operation) \(geometry.rows) x \(geometry.width) x "
            + "\(geometry.inner)"
    }

    func run<Element: NormalizationElement>(
        _ t: HalfTensors<Element>
    ) throws -> HalfResult<Element> where Element.Arithmetic == Float {
        var result = HalfResult<Element>()
        var (output, added) = (t.empty, t.empty)
        var (x, gradient) = (t.x, t.gradient)
        var place = output.mutableSpan
        switch operation {
        case .forward:
            result.add(
                try layer.forward(
                    t.x.span, adding: t.residual.span, then: .silu, into: &place,
                    geometry: geometry))
        case .forwardInPlace:
            var own = x.mutableSpan
            result.add(try layer.forwardInPlace(&own, geometry: geometry))
        case .inference:
            try layer.inference(t.x.span, into: &place, geometry: geometry)
        case .sum:
            var sum = added.mutableSpan
            result.add(
                try layer.forward(
                    sumOf: t.x.span, and: t.residual.span, sum: &sum, into: &place,
                    geometry: geometry))
        case .sumInPlace:
            var own = x.mutableSpan
            try layer.inference(
                adding: t.residual.span, to: &own, into: &place, geometry: geometry)
        case .backward:
            result.add(
                try layer.backward(
                    t.gradient.span, input: t.x.span, sumGradient: t.residual.span, into: &place,
                    geometry: geometry))
        case .backwardInPlace:
            let found = try layer.forward(t.x.span, into: &place, geometry: geometry)
            var own = gradient.mutableSpan
            result.add(
                try layer.backwardInPlace(
                    &own, input: t.x.span, normalizedBy: found, geometry: geometry))
        case .backwardThrough:
            result.add(
                try layer.backward(
                    t.gradient.span, input: t.x.span, adding: t.residual.span, through: .silu,
                    into: &place, residualGradient: added.mutableSpan, geometry: geometry))
        case .parameterGradients:
            result.add(
                try layer.parameterGradients(
                    t.gradient.span, input: t.x.span, geometry: geometry))
        }
        result.tensors = [output, added, x, gradient]
        return result
    }
}

extension HalfResult {
    mutating func add(_ statistics: RowStatistics) {
        numbers += [statistics.mean, statistics.sumOfSquaredDeviations]
    }
}

import Normalization

extension BatchCall {
    func runHalves<Element: NormalizationElement>(
        _ t: HalfTensors<Element>
    ) throws -> HalfResult<Element> where Element.Arithmetic == Float {
        var result = HalfResult<Element>()
        var output = t.empty
        var place = output.mutableSpan
        let batch = try layer.statistics(of: t.x.span, geometry: geometry)
        if operation == .activationBackward {
            try layer.activationBackward(
                t.gradient.span, input: t.x.span, adding: t.residual.span, through: .hardSwish,
                normalizedBy: .batch(batch), into: &place, geometry: geometry)
        } else {
            result.add(batch)
            let sums = try layer.gradientSums(
                t.gradient.span, input: t.x.span, normalizedBy: .batch(batch), geometry: geometry)
            result.add(sums)
            try layer.inputGradient(
                t.gradient.span, input: t.x.span, normalizedBy: batch, with: sums, into: &place,
                geometry: geometry)
            result.add(
                try layer.parameterGradients(
                    t.gradient.span, input: t.x.span, normalizedBy: .running, geometry: geometry))
        }
        result.tensors = [output]
        return result
    }

    func runPerSample<Element: NormalizationElement>(
        _ t: HalfTensors<Element>
    ) throws -> HalfResult<Element> where Element.Arithmetic == Float {
        var result = HalfResult<Element>()
        var (output, added) = (t.empty, t.empty)
        var place = output.mutableSpan
        var plain = layer
        (plain.gamma, plain.beta) = (.absent, .absent)
        let count = geometry.shape[0] * geometry.channels
        let gammas = (0..<count).map { Float($0 % 7) / 4 - 0.5 }
        let betas = (0..<count).map { Float($0 % 5) / 8 }
        switch operation {
        case .perSample:
            result.add(
                try plain.forward(
                    t.x.span, scaledBy: gammas.span, shiftedBy: betas.span, then: .relu,
                    into: &place, geometry: geometry))
        case .perSampleInference:
            try plain.inference(
                t.x.span, scaledBy: gammas.span, shiftedBy: betas.span, scaleOffset: 1,
                into: &place, geometry: geometry)
        default:
            let isScaled = operation == .perSampleScaledBackward
            result.add(
                try plain.backward(
                    t.gradient.span, input: t.x.span, scaledBy: gammas.span,
                    shiftedBy: betas.span, adding: t.residual.span, through: .silu,
                    normalizedBy: isScaled ? .running : try statistics(t), into: &place,
                    residualGradient: added.mutableSpan, geometry: geometry))
        }
        result.tensors = [output, added]
        return result
    }

    func runOthers<Element: NormalizationElement>(
        _ t: HalfTensors<Element>
    ) throws -> HalfResult<Element> where Element.Arithmetic == Float {
        var result = HalfResult<Element>()
        var output = t.empty
        var place = output.mutableSpan
        let isValid = (0..<geometry.count / geometry.channels).map { $0 % 5 < 3 }
        let valid = try PositionMask(isValid, geometry: geometry)
        switch operation {
        case .renormalized:
            let found = try layer.forwardRenormalized(
                t.x.span, then: .relu, into: &place, geometry: geometry)
            result.add(found.batch)
        case .ghosts, .ghostBackward:
            let parts = try layer.forward(
                t.x.span, ghostSize: 2, then: .relu, into: &place, geometry: geometry)
            for part in parts { result.add(part) }
            guard operation == .ghostBackward else { break }
            result.add(
                try layer.backward(
                    t.gradient.span, input: t.x.span, through: .relu, normalizedBy: parts,
                    into: &place, geometry: geometry))
        case .weighted:
            try layer.inference(
                t.x.span, into: &place, geometry: geometry, weighingEachSample: 0.25)
        case .masked:
            result.add(
                try layer.forward(
                    t.x.span, into: &place, geometry: geometry, mask: valid, maskedOutput: .zero))
        default:
            let found = try BatchStatistics(
                of: t.x.span, geometry: geometry, mask: valid, engine: layer.engine)
            result.add(
                try layer.backward(
                    t.gradient.span, input: t.x.span, normalizedBy: .batch(found), into: &place,
                    geometry: geometry, mask: valid, maskedOutput: .normalized))
        }
        result.tensors = [output]
        return result
    }
}

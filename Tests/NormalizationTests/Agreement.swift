import Normalization

/// Comparing an answer with the reference's, within `ErrorBounds`.
struct Agreement {
    let data: ProblemData
    let reference: Answer
    /// The first difference that is too large: what, where, both numbers and the bound.
    private(set) var difference: String?

    init(_ data: ProblemData, reference: Answer) {
        self.data = data
        self.reference = reference
    }

    /// Compares `answer`, whose backward was given the reference's statistics.
    ///
    /// - Returns: the first difference that is too large, `nil` where there is none.
    static func difference(_ answer: Answer, _ reference: Answer, _ data: ProblemData) -> String? {
        var agreement = Agreement(data, reference: reference)
        if let statistics = reference.statistics {
            agreement.compareTraining(answer, statistics)
        }
        agreement.compareInference(answer)
        return agreement.difference
    }

    private mutating func compareTraining(_ answer: Answer, _ statistics: BatchStatistics) {
        let variance = statistics.variance()
        var gradients = (gamma: ParameterSum(), beta: ParameterSum())
        for channel in 0..<data.geometry.channels {
            let (mean, s) = normalization(channel, statistics.mean[channel], variance[channel])
            let bounds = bounds(channel, mean, variance[channel], s)
            check(
                "batch mean", channel, answer.statistics?.mean[channel], mean, bounds.mean)
            check(
                "M2", channel, answer.statistics?.sumOfSquaredDeviations[channel],
                statistics.sumOfSquaredDeviations[channel], bounds.deviations)
            Self.forEachIndex(ofChannel: channel, data.geometry) { index in
                let z = abs(data.x[index] - mean) * s
                check(
                    "training y", index, answer.training[index], reference.training[index],
                    bounds.training(z))
                check(
                    "∂x", index, answer.backward?.input?[index],
                    reference.backward?.input?[index],
                    bounds.inputGradient(z, data.gradient[index]))
            }
            gradients.gamma.add(bounds.gradientTimesNormalized)
            gradients.beta.add(bounds.gradientSum)
        }
        check("∂γ", answer.backward?.gamma, reference.backward?.gamma, gradients.gamma)
        check("∂β", answer.backward?.beta, reference.backward?.beta, gradients.beta)
    }

    private mutating func compareInference(_ answer: Answer) {
        var gradients = (gamma: ParameterSum(), beta: ParameterSum())
        for channel in 0..<data.geometry.channels {
            let variance = data.running.variance[channel]
            let (mean, s) = normalization(channel, data.running.mean[channel], variance)
            let bounds = bounds(channel, mean, variance, s)
            Self.forEachIndex(ofChannel: channel, data.geometry) { index in
                let z = abs(data.x[index] - mean) * s
                check(
                    "inference y", index, answer.inference[index], reference.inference[index],
                    bounds.inference(z))
                check(
                    "∂x in inference", index, answer.inferenceBackward.input?[index],
                    reference.inferenceBackward.input?[index],
                    bounds.inferenceInputGradient(data.gradient[index]))
            }
            gradients.gamma.add(bounds.gradientTimesNormalized)
            gradients.beta.add(bounds.gradientSum)
        }
        check(
            "∂γ in inference", answer.inferenceBackward.gamma,
            reference.inferenceBackward.gamma, gradients.gamma)
        check(
            "∂β in inference", answer.inferenceBackward.beta, reference.inferenceBackward.beta,
            gradients.beta)
    }

    // MARK: Helpers

    /// The bounds of each channel's sum, and of the sum over all of them.
    private struct ParameterSum {
        var perChannel: [Double] = []
        var total = 0.0

        mutating func add(_ bound: Double) {
            perChannel.append(bound)
            total += bound
        }
    }

    private func normalization(_ channel: Int, _ mean: Double, _ variance: Double) -> (
        mean: Double, s: Double
    ) {
        (mean, 1 / (variance + data.problem.epsilon).squareRoot())
    }

    private func bounds(_ channel: Int, _ mean: Double, _ variance: Double, _ s: Double)
        -> ErrorBounds
    {
        var bounds = ErrorBounds(
            data.problem.element, count: data.geometry.valuesPerChannel, mean: mean,
            variance: variance, epsilon: data.problem.epsilon,
            gamma: data.value(data.gamma, channel, absent: 1),
            beta: data.value(data.beta, channel, absent: 0))
        var (magnitudes, products) = (0.0, 0.0)
        Self.forEachIndex(ofChannel: channel, data.geometry) { index in
            let g = abs(data.gradient[index])
            magnitudes += g
            products += g * abs(data.x[index] - mean) * s
        }
        bounds.setGradient(sumOfMagnitudes: magnitudes, sumOfProducts: products)
        return bounds
    }

    private static func forEachIndex(
        ofChannel channel: Int, _ geometry: Geometry, _ body: (Int) -> Void
    ) {
        for outer in 0..<geometry.outer {
            let plane = (outer * geometry.channels + channel) * geometry.inner
            for index in plane..<plane + geometry.inner { body(index) }
        }
    }

    private mutating func check(
        _ name: String, _ actual: [Double]?, _ expected: [Double]?, _ bounds: ParameterSum
    ) {
        guard let actual, let expected, actual.count == expected.count else {
            if actual != nil || expected != nil { difference = difference ?? "\(name) is missing" }
            return
        }
        let isShared = actual.count == 1
        for index in actual.indices {
            // Each channel's bound is above 11 w times its sum; adding C of them rounds C times, in
            // both engines: 2C w.
            let channels = Double(data.geometry.channels)
            let bound = isShared ? bounds.total * (1 + channels / 5) : bounds.perChannel[index]
            check(
                name, index, actual[index], expected[index],
                bound + 2 * data.problem.element.unitRoundoff * abs(expected[index]))
        }
    }

    private mutating func check(
        _ name: String, _ index: Int, _ actual: Double?, _ expected: Double?, _ bound: Double
    ) {
        guard difference == nil else { return }
        guard let actual, let expected, abs(actual - expected) <= bound else {
            difference =
                "\(name)[\(index)]: \(actual.map { "\($0)" } ?? "missing"), reference "
                + "\(expected.map { "\($0)" } ?? "missing"), bound \(bound)"
            return
        }
    }
}

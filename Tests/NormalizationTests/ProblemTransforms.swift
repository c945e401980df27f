import Normalization
import SeededRandom

/// What properties do to a problem, and what must then become of its answer.
extension ProblemData {
    /// Channel c becomes the one that was `order[c]`.
    mutating func permuteChannels(_ order: [Int]) {
        let places = geometry.places(channels: order)
        x = places.map { x[$0] }
        gradient = places.map { gradient[$0] }
        gamma = gamma.permuted(order)
        beta = beta.permuted(order)
        replaceRunning(
            mean: order.map { running.mean[$0] }, variance: order.map { running.variance[$0] })
    }

    /// Sample n becomes the one that was `order[n]`.
    mutating func permuteSamples(_ order: [Int]) {
        let places = geometry.places(samples: order)
        x = places.map { x[$0] }
        gradient = places.map { gradient[$0] }
    }

    /// x times 2^exponent and ε with it, g times a power of its own: no digit changes.
    mutating func scale(by exponent: Int, gradient gradientExponent: Int) {
        x = x.map { $0.scaled(exponent) }
        gradient = gradient.map { $0.scaled(gradientExponent) }
        problem.epsilon = problem.epsilon.scaled(2 * exponent)
        replaceRunning(
            mean: running.mean.map { $0.scaled(exponent) },
            variance: running.variance.map { $0.scaled(2 * exponent) })
    }

    /// Makes x multiples of 2⁻²⁰ with at most 12 bits, so that a shift of at most 12 bits more loses
    /// none.
    mutating func roundToGrid() {
        let count = geometry.count
        var generator = SplitMix64(seed: problem.seed &+ 4)
        x = (0..<count).map { _ in (generator.unit() * 0x1p10).rounded() * 0x1p-10 }
        replaceRunning(
            mean: running.mean.map { _ in generator.unit() / 2 },
            variance: running.variance.map { _ in 0.5 + abs(generator.unit()) })
    }

    /// Moves each channel by up to 2048 in steps of 1.
    ///
    /// - Returns: by how much.
    mutating func shift() -> [Double] {
        var generator = SplitMix64(seed: problem.seed &+ 5)
        let shifts = (0..<geometry.channels).map { _ in (generator.unit() * 0x1p11).rounded() }
        for index in x.indices { x[index] += shifts[geometry.channel(of: index)] }
        replaceRunning(
            mean: zip(running.mean, shifts).map { $0 + $1 }, variance: running.variance)
        return shifts
    }
}

extension Answer {
    func permuted(_ geometry: Geometry, channels order: [Int]) -> Answer {
        var result = moved(geometry.places(channels: order))
        result.statistics = statistics.map { statistics in
            statistics.replacing(
                mean: order.map { statistics.mean[$0] },
                deviations: order.map { statistics.sumOfSquaredDeviations[$0] })
        }
        result.backward = result.backward.map { $0.permuted(order) }
        result.inferenceBackward = result.inferenceBackward.permuted(order)
        return result
    }

    func permuted(_ geometry: Geometry, samples order: [Int]) -> Answer {
        moved(geometry.places(samples: order))
    }

    func scaled(by exponent: Int, gradient: Int) -> Answer {
        var result = self
        result.statistics = statistics.map { statistics in
            statistics.replacing(
                mean: statistics.mean.map { $0.scaled(exponent) },
                deviations: statistics.sumOfSquaredDeviations.map { $0.scaled(2 * exponent) })
        }
        result.backward = backward.map { $0.scaled(gradient, input: gradient - exponent) }
        result.inferenceBackward = inferenceBackward.scaled(gradient, input: gradient - exponent)
        return result
    }

    func shifted(_ shifts: [Double]) -> Answer {
        var result = self
        result.statistics = statistics.map { statistics in
            statistics.replacing(
                mean: zip(statistics.mean, shifts).map { $0 + $1 },
                deviations: statistics.sumOfSquaredDeviations)
        }
        return result
    }

    /// y and ∂x with the element at each place that was at `places`.
    private func moved(_ places: [Int]) -> Answer {
        var result = self
        result.inference = places.map { inference[$0] }
        result.inferenceBackward.input = inferenceBackward.input.map { input in
            places.map { input[$0] }
        }
        guard statistics != nil else { return result }
        result.training = places.map { training[$0] }
        result.backward?.input = backward?.input.map { input in places.map { input[$0] } }
        return result
    }
}

// MARK: Pieces

extension Geometry {
    fileprivate func channel(of index: Int) -> Int { index / inner % channels }

    /// Where each element comes from when channel c is what `order[c]` was.
    fileprivate func places(channels order: [Int]) -> [Int] {
        (0..<count).map { index in
            let (outer, rest) = index.quotientAndRemainder(dividingBy: channels * inner)
            return (outer * channels + order[rest / inner]) * inner + rest % inner
        }
    }

    /// Where each element comes from when sample n is what `order[n]` was.
    fileprivate func places(samples order: [Int]) -> [Int] {
        let sample = channels * inner
        return (0..<count).map { order[$0 / sample] * sample + $0 % sample }
    }
}

extension Double {
    fileprivate func scaled(_ exponent: Int) -> Double {
        self * Double(sign: .plus, exponent: exponent, significand: 1)
    }
}

extension AffineParameter<Double> {
    fileprivate func permuted(_ order: [Int]) -> AffineParameter<Double> {
        guard case .perChannel(let values) = self else { return self }
        return .perChannel(order.map { values[$0] })
    }
}

extension GradientsInDouble {
    /// γ's and β's per channel in another order; `input` as it is.
    fileprivate func permuted(_ order: [Int]) -> GradientsInDouble {
        func permuted(_ values: [Double]?) -> [Double]? {
            values.map { values in
                values.count == order.count ? order.map { values[$0] } : values
            }
        }
        return GradientsInDouble(input: input, gamma: permuted(gamma), beta: permuted(beta))
    }

    fileprivate func scaled(_ exponent: Int, input inputExponent: Int) -> GradientsInDouble {
        GradientsInDouble(
            input: input.map { $0.map { $0.scaled(inputExponent) } },
            gamma: gamma.map { $0.map { $0.scaled(exponent) } },
            beta: beta.map { $0.map { $0.scaled(exponent) } })
    }
}

extension BatchStatistics {
    fileprivate func replacing(mean: [Double], deviations: [Double]) -> BatchStatistics {
        // Lists of the same length as those of a valid value.
        (try? BatchStatistics(count: count, mean: mean, sumOfSquaredDeviations: deviations))
            ?? self
    }
}

import Foundation
import Normalization
import SeededRandom

/// Seeded numbers for the tests of folding and inversion.
extension SplitMix64 {
    mutating func integer(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }

    mutating func array<Scalar: NormalizationScalar>(
        _ count: Int, _ range: ClosedRange<Double> = -1...1, as: Scalar.Type = Scalar.self
    ) -> [Scalar] {
        (0..<count).map { _ in Scalar(Double.random(in: range, using: &self)) }
    }

    /// A number whose magnitude lies anywhere between two powers of two, of either sign.
    mutating func power(_ exponents: ClosedRange<Double>) -> Double {
        let magnitude = exp2(Double.random(in: exponents, using: &self))
        return integer(0...1) == 0 ? magnitude : -magnitude
    }

    /// γ or β in one of its three forms.
    mutating func parameter<Scalar: NormalizationScalar>(
        _ form: Int, channels: Int, _ range: ClosedRange<Double>, as: Scalar.Type = Scalar.self
    ) -> AffineParameter<Scalar> {
        switch form % 3 {
        case 0: .perChannel(array(channels, range))
        case 1: .shared(array(1, range)[0])
        default: .absent
        }
    }

    /// A layer whose γ and β have one of the nine combinations of forms.
    mutating func layer<Scalar: NormalizationScalar>(
        channels: Int, form: Int, as: Scalar.Type = Scalar.self
    ) throws -> BatchNorm<Scalar> {
        let running = try RunningStatistics(
            mean: array(channels, -2...2), variance: array(channels, 0.05...4))
        return try BatchNorm(
            channels: channels, gamma: parameter(form, channels: channels, -2...2),
            beta: parameter(form / 3, channels: channels, -1...1),
            epsilon: form.isMultiple(of: 2) ? 1e-5 : 1e-3, runningStatistics: running)
    }
}

extension BatchNorm {
    /// y = scale · (x − mean) + beta of a channel, in `Double`, straight from the formula.
    func map(ofChannel c: Int) -> (scale: Double, mean: Double, beta: Double) {
        func number(_ parameter: AffineParameter<Scalar>, _ absent: Double) -> Double {
            switch parameter {
            case .absent: absent
            case .shared(let value): Double(value)
            case .perChannel(let values): Double(values[c])
            }
        }
        let variance = runningStatistics!.variance[c]
        return (
            number(gamma, 1) / (variance + epsilon).squareRoot(), runningStatistics!.mean[c],
            number(beta, 0)
        )
    }
}

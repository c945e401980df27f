import Foundation
import Normalization
import Testing

/// Activations over the whole line: the value and the derivative where they are tiny, and the limits at both
/// infinities.
@Suite struct ActivationLineTests {
    /// Layers that pass x on: mean 0, variance 1, no ε.
    private func layer<Scalar: NormalizationScalar>(
        _ engine: Engine, as: Scalar.Type
    ) throws -> BatchNorm<Scalar> {
        try BatchNorm<Scalar>(
            channels: 1, gamma: .absent, beta: .absent, epsilon: 0,
            runningStatistics: RunningStatistics(mean: [0], variance: [1]), engine: engine)
    }

    private func activated<Scalar: NormalizationScalar>(
        _ x: [Scalar], _ activation: Activation, _ engine: Engine
    ) throws -> (y: [Scalar], derivative: [Scalar]) {
        let layer = try layer(engine, as: Scalar.self)
        let y = try layer.inference(x, then: activation, shape: [x.count, 1])
        let ones = [Scalar](repeating: 1, count: x.count)
        let gradients = try layer.backward(
            ones, input: x, through: activation, normalizedBy: .running, shape: [x.count, 1],
            wanting: .input)
        return (y, try #require(gradients.input))
    }

    @Test("SiLU and its derivative are right in the tail", arguments: Engine.allCases)
    func siluTailIsRight(_ engine: Engine) throws {
        let x = (60...100).map { -Float($0) } + [-3.4e38, -1e30, -1000, -120, 88, 89, 1e30]
        let (y, derivative) = try activated(x, .silu, engine)
        for (i, z) in x.enumerated() {
            // In Double, e⁻ᶻ does not leave the range here.
            let z = Double(z)
            let truth = z < -700 ? 0 : z / (1 + exp(-z))
            let slope =
                z < -700 ? 0 : z > 700 ? 1 : (1 + z * (1 - 1 / (1 + exp(-z)))) / (1 + exp(-z))
            for (found, truth) in [(y[i], truth), (derivative[i], slope)] {
                // Below the normal numbers digits are fewer: a unit of the smallest.
                let bound = max(6 * Double(Float.ulpOfOne) * abs(truth), 0x1p-126)
                #expect(abs(Double(found) - truth) <= bound, "z = \(z)")
            }
        }
        let wide = [-750.0, -705, -701, -700, -690, -1e300, 1e300, 710]
        let (values, slopes) = try activated(wide, .silu, engine)
        for (i, z) in wide.enumerated() {
            let truth = z > 0 ? z : z < -800 ? 0 : z * exp(z / 2) * exp(z / 2)
            let slope = z > 0 ? 1 : z < -800 ? 0 : (1 + z) * exp(z / 2) * exp(z / 2)
            for (found, truth) in [(values[i], truth), (slopes[i], slope)] {
                let bound = max(1e-12 * abs(truth), 0x1p-1022)
                #expect(abs(found - truth) <= bound, "z = \(z)")
            }
        }
    }

    @Test("activations have their limits at both infinities", arguments: Subject.all)
    func limitsAtInfinity(_ subject: Subject) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let limits: [(Activation, below: Scalar, above: Scalar)] = [
                (.identity, -.infinity, .infinity), (.relu, 0, .infinity), (.relu6, 0, 6),
                (.leakyReLU(negativeSlope: 0.1), -.infinity, .infinity), (.silu, 0, .infinity),
                (.hardSwish, 0, .infinity),
            ]
            // More than a vector, so that whole vectors and ends are tried.
            for (activation, below, above) in limits {
                let x = (0..<37).map { $0 % 2 == 0 ? -Scalar.infinity : .infinity }
                let layer = try layer(subject.engine, as: Scalar.self)
                let y = try layer.inference(x, then: activation, shape: [x.count, 1])
                for i in x.indices {
                    #expect(y[i] == (x[i] < 0 ? below : above), "\(activation) of \(x[i])")
                }
                let nan = [Scalar](repeating: .nan, count: 37)
                let z = try layer.inference(nan, then: activation, shape: [nan.count, 1])
                #expect(z.allSatisfy { $0.isNaN }, "\(activation) of NaN")
            }
        }
        try check(subject.element.scalar)
    }
}

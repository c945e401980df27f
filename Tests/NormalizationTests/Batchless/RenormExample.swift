import Normalization
import SeededRandom

/// A layer with running statistics, a tensor and a cotangent, and batch renormalization of them in plain
/// formulas, in the order that Keras has them: x̂ first, then r and d, then γ and β.
struct RenormExample {
    let layout: Layout
    let geometry: Geometry
    let limits: RenormLimits
    let epsilon = 1e-3
    var x: [Double]
    var g: [Double]
    var gamma: [Double]
    var beta: [Double]
    var running: RunningStatistics

    init(
        _ layout: Layout, seed: UInt64 = 5, rMax: Double = 3, dMax: Double = 5,
        distance: Double = 1
    ) throws {
        self.layout = layout
        geometry = try layout.geometry
        limits = try RenormLimits(rMax: rMax, dMax: dMax)
        var random = SplitMix64(seed: seed)
        x = random.values(geometry.count, mean: 0.5)
        g = random.values(geometry.count)
        gamma = random.values(geometry.channels, mean: 1, spread: 0.5)
        beta = random.values(geometry.channels, spread: 2)
        running = try RunningStatistics(
            mean: random.values(geometry.channels, spread: distance),
            variance: random.values(geometry.channels, mean: 0.5 * distance, spread: 0.25))
    }

    func layer<Scalar: NormalizationScalar>(
        _: Scalar.Type, _ engine: Engine, threadLimit: Int? = nil
    ) throws -> BatchNorm<Scalar> {
        try BatchNorm(
            channels: geometry.channels, gamma: .perChannel(converted(gamma, to: Scalar.self)),
            beta: .perChannel(converted(beta, to: Scalar.self)), epsilon: epsilon,
            runningStatistics: running, engine: engine, threadLimit: threadLimit)
    }

    /// Forward and backward on arrays, read in `Double`.
    func answer<Scalar: NormalizationScalar>(
        _: Scalar.Type, _ engine: Engine, threadLimit: Int? = nil
    ) throws -> RenormAnswer {
        let layer = try layer(Scalar.self, engine, threadLimit: threadLimit)
        let x = converted(x, to: Scalar.self)
        let (y, statistics) = try layer.forwardRenormalized(
            x, shape: layout.shape, channelAxis: layout.axis, limits: limits)
        let gradients = try layer.backward(
            converted(g, to: Scalar.self), input: x, normalizedBy: .renormalized(statistics),
            shape: layout.shape, channelAxis: layout.axis)
        return RenormAnswer(
            y: converted(y, to: Double.self), statistics: statistics,
            dx: converted(gradients.input ?? [], to: Double.self),
            dGamma: converted(gradients.gamma ?? [], to: Double.self),
            dBeta: converted(gradients.beta ?? [], to: Double.self))
    }

    func answer(_ subject: Subject, threadLimit: Int? = nil) throws -> RenormAnswer {
        switch subject.element {
        case .float: try answer(Float.self, subject.engine, threadLimit: threadLimit)
        case .double: try answer(Double.self, subject.engine, threadLimit: threadLimit)
        }
    }

    /// What the formulas give, and how far rounding may take an engine from it.
    ///
    /// The terms of each number are rounded up to 16 times; the mean of x is up to 2 deviations from 0 where
    /// x · scale + shift is taken. The BLAS engine's mean and variance are sums in the element type, of which
    /// d has the absolute error and r the relative one.
    func plain(_ element: ElementType) -> (answer: RenormAnswer, bounds: RenormAnswer) {
        // The plain sums round in `Double` as often as they have terms.
        let sums = Double(geometry.valuesPerChannel) * 0x1p-53
        let u = 16 * element.unitRoundoff + sums
        var found = RenormAnswer(like: self)
        var bounds = found
        for c in 0..<geometry.channels {
            let places = indices(ofChannel: c, geometry)
            let m = Double(places.count)
            let mean = places.reduce(0) { $0 + x[$1] } / m
            let variance = places.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / m
            let deviation = (variance + epsilon).squareRoot()
            let renormDeviation = (running.variance[c] + epsilon).squareRoot()
            let r = min(max(deviation / renormDeviation, 1 / limits.rMax), limits.rMax)
            let d = min(
                max((mean - running.mean[c]) / renormDeviation, -limits.dMax), limits.dMax)
            (found.r[c], found.d[c]) = (r, d)
            let reach = abs(d) + (abs(mean) + deviation) / renormDeviation
            (bounds.r[c], bounds.d[c]) = (u * r, u * reach)
            var (a, b, sizeA, sizeB) = (0.0, 0.0, 0.0, 0.0)
            for i in places {
                let z = (x[i] - mean) / deviation
                found.y[i] = gamma[c] * (z * r + d) + beta[c]
                bounds.y[i] =
                    u * (abs(gamma[c]) * (r * (abs(z) + 2) + reach) + abs(beta[c]))
                (a, b) = (a + g[i], b + g[i] * z)
                (sizeA, sizeB) = (sizeA + abs(g[i]), sizeB + abs(g[i]) * (abs(z) + 2))
            }
            (found.dBeta[c], found.dGamma[c]) = (a, r * b + d * a)
            (bounds.dBeta[c], bounds.dGamma[c]) = (u * sizeA, u * (r * sizeB + reach * sizeA))
            let scale = gamma[c] * r / deviation
            for i in places {
                let z = (x[i] - mean) / deviation
                found.dx[i] = scale * (g[i] - a / m - z * b / m)
                bounds.dx[i] =
                    u * abs(scale) * (abs(g[i]) + sizeA / m + (abs(z) + 2) * sizeB / m)
            }
        }
        return (found, bounds)
    }
}

struct RenormAnswer: Equatable {
    var y: [Double]
    var r: [Double]
    var d: [Double]
    var dx: [Double]
    var dGamma: [Double]
    var dBeta: [Double]

    init(
        y: [Double], statistics: RenormStatistics, dx: [Double], dGamma: [Double], dBeta: [Double]
    ) {
        (self.y, r, d) = (y, statistics.r, statistics.d)
        (self.dx, self.dGamma, self.dBeta) = (dx, dGamma, dBeta)
    }

    init(like example: RenormExample) {
        y = Array(repeating: 0, count: example.x.count)
        r = Array(repeating: 0, count: example.gamma.count)
        (d, dx, dGamma, dBeta) = (r, y, r, r)
    }

    /// The first number that is farther from `expected` than its bound.
    func difference(_ expected: RenormAnswer, within bounds: RenormAnswer) -> String? {
        for (name, found, expected, bounds) in [
            ("y", y, expected.y, bounds.y), ("r", r, expected.r, bounds.r),
            ("d", d, expected.d, bounds.d), ("∂x", dx, expected.dx, bounds.dx),
            ("∂γ", dGamma, expected.dGamma, bounds.dGamma),
            ("∂β", dBeta, expected.dBeta, bounds.dBeta),
        ] {
            guard found.count == expected.count else { return "\(name): \(found.count) numbers" }
            for i in found.indices where !(abs(found[i] - expected[i]) <= bounds[i]) {
                return "\(name)[\(i)]: \(found[i]), expected \(expected[i]) ± \(bounds[i])"
            }
        }
        return nil
    }
}

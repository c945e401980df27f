import Normalization
import Testing

/// Data that are hard to normalize but whose true result is known exactly: values M ± D in equal
/// numbers have mean M, variance D² and y = ±D/√(D² + ε).
@Suite("Numerics")
struct NumericsTests {
    /// Planes, short planes and columns, resident and striped, and what once failed.
    static let layouts =
        [Layout([8, 3, 32]), Layout([64, 2, 9]), Layout([4096, 3]), Layout([2, 1, 50000])]
        + Fixtures.shapes("regression")

    /// Sums of these data are exact but where D's share of M ± D rounds. What is left are eight
    /// roundings, of center, scale and shift (with the product in it), difference, product, sum and
    /// two of s, each of at most 2u: terms are at most 2 |y| where the map is folded (|μ| · s ≤ 2).
    private static let units = 16.0

    @Test(
        "a mean of up to 10⁷ deviations costs no digits of y", arguments: Subject.all,
        (0...7).map { $0 })
    func largeMeanCostsNothing(_ subject: Subject, power: Int) throws {
        let mean = (0..<power).reduce(1.0) { result, _ in result * 10 }
        for layout in Self.layouts { try check(subject, layout, mean: mean, deviation: 1) }
    }

    @Test(
        "y is right for deviations from 10⁻³⁰ to near the largest number", arguments: Subject.all,
        [0x1p-100, 0x1p-40, 0x1p-12, 0x1p62, 0x1p64, 0x1p100, 0x1p127])
    func anyScaleIsNormalized(_ subject: Subject, deviation: Double) throws {
        for layout in Self.layouts { try check(subject, layout, mean: 0, deviation: deviation) }
    }

    private func check(
        _ subject: Subject, _ layout: Layout, mean: Double, deviation: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let geometry = try layout.geometry
        var x = [Double](repeating: 0, count: geometry.count)
        for channel in 0..<geometry.channels {
            for (position, index) in indices(ofChannel: channel, geometry).enumerated() {
                // Not in step with vectors or rows.
                x[index] = mean + (position / 3 % 2 == 0 ? deviation : -deviation)
            }
        }
        // Equal numbers of both: the positions come in sixes, and what is left over is made even.
        for channel in 0..<geometry.channels {
            let places = indices(ofChannel: channel, geometry)
            for (position, index) in places.suffix(places.count % 6).enumerated() {
                x[index] = mean + (position % 2 == 0 ? deviation : -deviation)
            }
        }
        let layer = try subject.layer(channels: geometry.channels)
        let (y, statistics) = try layer.forward(
            doubles: x, shape: layout.shape, channelAxis: layout.axis)
        let u = subject.element.unitRoundoff
        let variance = deviation * deviation
        for channel in 0..<geometry.channels {
            #expect(
                abs(statistics.mean[channel] - mean) <= Self.units * u * max(mean, deviation),
                "\(subject) \(layout.testDescription) mean \(mean) deviation \(deviation)",
                sourceLocation: sourceLocation)
            #expect(
                abs(statistics.variance()[channel] - variance) <= Self.units * u * variance,
                "\(subject) \(layout.testDescription) mean \(mean) deviation \(deviation)",
                sourceLocation: sourceLocation)
        }
        let expected = 1 / (1 + 1e-5 / variance).squareRoot()
        let bound = Self.units * u * expected
        let isRight = zip(x, y).allSatisfy { (x: Double, y: Double) -> Bool in
            let truth = x > mean ? expected : -expected
            return abs(y - truth) <= bound
        }
        #expect(
            isRight, "\(subject) \(layout.testDescription) mean \(mean) deviation \(deviation)",
            sourceLocation: sourceLocation)
    }

    /// γ · s from the smallest number up to the smallest with all its digits: (x − μ) · (γ · s) has lost
    /// what γ · s has, though y is an ordinary number.
    @Test(
        "coefficients among the subnormal numbers cost no digits of y", arguments: Engine.allCases,
        [-1074, -1060, -1050, -1043, -1042, -1030, -1022])
    func subnormalCoefficientsCostNothing(_ engine: Engine, exponent: Int) throws {
        let deviation = 0x1p200
        let gamma = 1.75 * Double(sign: .plus, exponent: exponent + 200, significand: 1)
        for layout in [Layout([64, 3]), Layout([4, 3, 50]), Layout([2, 3, 40, 40])] {
            var layer = try BatchNorm<Double>.standard(channels: 3)
            layer.engine = engine
            layer.gamma = .perChannel([gamma, 1, -gamma])
            let geometry = try layout.geometry
            var x = [Double](repeating: 0, count: geometry.count)
            for channel in 0..<geometry.channels {
                for (position, index) in indices(ofChannel: channel, geometry).enumerated() {
                    x[index] = position % 2 == 0 ? deviation : -deviation
                }
            }
            let (y, _) = try layer.forward(x, shape: layout.shape)
            for (channel, scale) in [gamma, 1, -gamma].enumerated() {
                for index in indices(ofChannel: channel, geometry) {
                    let truth = x[index] > 0 ? scale : -scale
                    let found = y[index]
                    guard abs(found - truth) <= 16 * 0x1p-53 * abs(truth) else {
                        Issue.record(
                            "\(layout.testDescription) channel \(channel): \(found), not \(truth)")
                        return
                    }
                }
            }
        }
    }

    /// Three values M for each M + 1, whose mean M + ¼ falls between two numbers of the type where M
    /// is 2²³ in Float, 2⁵² in Double: the variance is 3/16, deviations are −¼ and ¾.
    @Test("a mean between two numbers of the type costs no digits of y", arguments: Subject.all)
    func meanBetweenNumbersCostsNothing(_ subject: Subject) throws {
        let large = 0.5 / subject.element.unitRoundoff
        for layout in Self.layouts {
            let geometry = try layout.geometry
            guard geometry.valuesPerChannel % 4 == 0 else { continue }
            var x = [Double](repeating: large, count: geometry.count)
            for channel in 0..<geometry.channels {
                for (position, index) in indices(ofChannel: channel, geometry).enumerated()
                where position % 4 == 2 { x[index] += 1 }
            }
            let layer = try subject.layer(channels: geometry.channels)
            let (y, _) = try layer.forward(
                doubles: x, shape: layout.shape, channelAxis: layout.axis)
            let s = 1 / (3.0 / 16 + 1e-5).squareRoot()
            let bound = Self.units * subject.element.unitRoundoff * s
            let isRight = zip(x, y).allSatisfy { (x: Double, y: Double) -> Bool in
                abs(y - (x > large ? 0.75 : -0.25) * s) <= bound
            }
            #expect(isRight, "\(subject) \(layout.testDescription)")
        }
    }

    @Test("a constant channel is exactly β, whatever its value", arguments: Subject.all)
    func constantChannelIsBeta(_ subject: Subject) throws {
        let values = [0, 0.1, -3, 16_777_217, 1e-30, 3e38, -1e-44, .pi]
        let betas = values.indices.map { Double(Float($0) / 3 - 1) }
        for outer in [2, 7, 3000] {
            let x = (0..<outer * 8 * 5).map { values[$0 / 5 % 8] }
            let layer = try subject.layer(
                channels: 8, gamma: .shared(1.7), beta: .perChannel(betas))
            let (y, statistics) = try layer.forward(
                doubles: x, shape: [outer, 8, 5], channelAxis: 1)
            #expect(y == (0..<y.count).map { betas[$0 / 5 % 8] }, "\(subject) \(outer)")
            #expect(statistics.sumOfSquaredDeviations == Array(repeating: 0, count: 8))
        }
    }

    @Test("gradients of huge values are finite, and those of the reference", arguments: Subject.all)
    func hugeGradientsAreFinite(_ subject: Subject) throws {
        let count = 4096
        // x and g so large that their products overflow Float.
        let x = (0..<count).map { (index: Int) -> Double in
            index / 3 % 2 == 0 ? 0x1p100 : -0x1p100
        }
        let g = (0..<count).map { (index: Int) -> Double in
            0x1p80 * (Double(index % 7) - 2.5)
        }
        let shape = [count, 1]
        var layer = try subject.layer(channels: 1)
        func gradients() throws -> [Double] {
            let (_, statistics) = try layer.forward(doubles: x, shape: shape, channelAxis: 1)
            let result = try layer.backward(
                doubles: g, input: x, normalizedBy: .batch(statistics), shape: shape,
                channelAxis: 1, wanting: .all)
            return try #require(result.input)
        }
        let found = try gradients()
        layer.engine = .reference
        let expected = try gradients()
        let scale = expected.reduce(0) { max($0, abs($1)) }
        #expect(scale > 0 && scale.isFinite)
        let bound = 64 * subject.element.unitRoundoff * scale
        let areClose = zip(found, expected).allSatisfy {
            (found: Double, expected: Double) -> Bool in
            abs(found - expected) <= bound
        }
        #expect(areClose)
    }
}

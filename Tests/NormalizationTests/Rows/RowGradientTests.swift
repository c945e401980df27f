import Normalization
import SeededRandom
import Testing

/// Gradients of rows against central differences of the loss L = Σ g · y, with a random cotangent g, and
/// against identities of the formulas.
@Suite struct RowGradientTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var shape: [Int]
        var axes: ClosedRange<Int>
        var form: AffineForm
        var activation: Activation
        var scaleOffset: Double

        var testDescription: String {
            "\(shape) \(axes), \(form.testDescription), \(activation), offset \(scaleOffset)"
        }

        static let all =
            AffineForm.all.map {
                Case(
                    shape: [3, 5], axes: 1...1, form: $0, activation: .identity, scaleOffset: 0)
            } + [
                Case(
                    shape: [2, 3, 4], axes: 1...2, form: .standard, activation: .silu,
                    scaleOffset: 0),
                Case(
                    shape: [2, 3, 4], axes: 1...1, form: .standard, activation: .silu,
                    scaleOffset: 1),
                Case(
                    shape: [2, 19], axes: 1...1, form: .weightShared, activation: .hardSwish,
                    scaleOffset: 1),
                Case(
                    shape: [6, 9], axes: 0...0, form: .standard, activation: .identity,
                    scaleOffset: 0),
            ]
    }

    @Test(
        "∂x, ∂γ, ∂β and ∂residual are central differences, to 10⁻⁶", arguments: RowSubject.inDouble)
    func centralDifferences(_ subject: RowSubject) throws {
        for problem in Case.all {
            var generator = SplitMix64(seed: 21)
            let geometry = try RowGeometry(problem.shape, normalizing: problem.axes)
            var data = RowData(
                geometry, problem.form, scaleOffset: problem.scaleOffset, using: &generator)
            data.parts.epsilon = 1e-3
            let residual = generator.values(geometry.count, spread: 3)
            let options = RowOptions(residual: residual, activation: problem.activation)
            func loss(_ parts: RowParts, _ x: [Double], _ residual: [Double]) throws -> Double {
                var options = options
                options.residual = residual
                let y = try subject.forward(parts, x, geometry, options).output
                return zip(y, data.g).reduce(0) { $0 + $1.0 * $1.1 }
            }
            var wanted = options
            wanted.wanted = [.all, .residual]
            let found = try subject.backward(data.parts, data.g, data.x, geometry, wanted)

            try expect(found.input, are: data.x, "\(subject) \(problem): ∂x") {
                try loss(data.parts, $0, residual)
            }
            try expect(found.residual, are: residual, "\(subject) \(problem): ∂residual") {
                try loss(data.parts, data.x, $0)
            }
            try expect(
                found.gamma ?? [], are: data.parts.gamma.values, "\(subject) \(problem): ∂γ"
            ) {
                var parts = data.parts
                parts.gamma = parts.gamma.replacing($0)
                return try loss(parts, data.x, residual)
            }
            try expect(
                found.beta ?? [], are: data.parts.beta.values, "\(subject) \(problem): ∂β"
            ) {
                var parts = data.parts
                parts.beta = parts.beta.replacing($0)
                return try loss(parts, data.x, residual)
            }
        }
    }

    /// Compares a gradient with the central differences of a loss at a point.
    private func expect(
        _ gradient: [Double]?, are point: [Double], _ name: String,
        _ loss: ([Double]) throws -> Double
    ) throws {
        let gradient = try #require(gradient, "\(name)")
        try #require(gradient.count == point.count, "\(name)")
        let step = 1e-5
        for i in point.indices {
            var (above, below) = (point, point)
            above[i] += step
            below[i] -= step
            let difference = try (loss(above) - loss(below)) / (2 * step)
            let tolerance = 1e-6 * (1 + abs(difference))
            try #require(
                abs(gradient[i] - difference) <= tolerance,
                "\(name)[\(i)]: \(gradient[i]) for \(difference)")
        }
    }

    @Test("The sum's other gradient is added to ∂x", arguments: RowSubject.all)
    func sumGradient(_ subject: RowSubject) throws {
        for shape in [[5, 40], [3, 1000], [2, 7]] {
            var generator = SplitMix64(seed: 4)
            let data = RowData(try RowGeometry(shape), using: &generator)
            let other = generator.values(data.geometry.count)
            let alone = try subject.backward(data.parts, data.g, data.x, data.geometry)
            let both = try subject.backward(
                data.parts, data.g, data.x, data.geometry, RowOptions(sumGradient: other))
            let expected = try zip(#require(alone.input), other).map { $0 + $1 }
            for (found, expected) in try zip(#require(both.input), expected) {
                let bound = 4 * subject.element.unitRoundoff * (abs(expected) + 4)
                try #require(abs(found - expected) <= bound, "\(subject) \(shape)")
            }
            #expect(both.gamma == alone.gamma && both.beta == alone.beta)
        }
    }

    /// With γ = 1: Σ ∂x = 0 where rows are centered, and Σ x̂ · ∂x = s · Q · ε/(σ² + ε).
    @Test("∂x has the sums that the formulas give it", arguments: RowSubject.inDouble)
    func identities(_ subject: RowSubject) throws {
        for width in [9, 64, 768] {
            var generator = SplitMix64(seed: UInt64(width))
            var data = RowData(
                try RowGeometry([3, width]), AffineForm(gamma: .absent, beta: .absent),
                using: &generator)
            data.parts.epsilon = 0.25
            let found = try subject.backward(data.parts, data.g, data.x, data.geometry)
            let dx = try #require(found.input)
            for row in 0..<3 {
                let range = row * width..<(row + 1) * width
                let k = Double(width)
                let mean =
                    subject.isCentered ? data.x[range].reduce(0, +) / k : 0
                let variance = data.x[range].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / k
                let s = 1 / (variance + 0.25).squareRoot()
                let q = zip(data.x[range], data.g[range]).reduce(0) {
                    $0 + ($1.0 - mean) * s * $1.1
                }
                let normalizedSum = zip(data.x[range], dx[range]).reduce(0) {
                    $0 + ($1.0 - mean) * s * $1.1
                }
                let expected = s * q * 0.25 / (variance + 0.25)
                #expect(abs(normalizedSum - expected) <= 1e-12 * k, "\(width)")
                if subject.isCentered {
                    #expect(abs(dx[range].reduce(0, +)) <= 1e-13 * k, "\(width)")
                }
            }
        }
    }

    @Test("Any subset of gradients has the numbers of all of them", arguments: RowSubject.all)
    func subsets(_ subject: RowSubject) throws {
        for (shape, axes) in [([70, 33], 1...1), ([3, 6, 20], 1...1)] {
            var generator = SplitMix64(seed: 8)
            let data = RowData(try RowGeometry(shape, normalizing: axes), using: &generator)
            let all = try subject.backward(data.parts, data.g, data.x, data.geometry)
            for bits in UInt8(0)..<8 {
                let wanted = GradientSelection(rawValue: bits)
                let some = try subject.backward(
                    data.parts, data.g, data.x, data.geometry, RowOptions(wanted: wanted))
                #expect(some.input == (wanted.contains(.input) ? all.input : nil), "\(bits)")
                #expect(some.gamma == (wanted.contains(.gamma) ? all.gamma : nil), "\(bits)")
                #expect(some.beta == (wanted.contains(.beta) ? all.beta : nil), "\(bits)")
            }
        }
    }
}

extension AffineParameter<Double> {
    /// The same form with other numbers.
    fileprivate func replacing(_ values: [Double]) -> AffineParameter {
        switch self {
        case .absent: .absent
        case .shared: .shared(values[0])
        case .perChannel: .perChannel(values)
        }
    }
}

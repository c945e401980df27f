import Normalization
import SeededRandom

/// A layer, a tensor, a cotangent and a mask, and what plain formulas make of them.
struct MaskExample {
    var example: RenormExample
    /// One a position, outer × inner.
    var valid: [Bool]
    var output: MaskedOutput
    /// Whether x̂ is made with the running statistics.
    var isRunning = false

    var geometry: Geometry { example.geometry }
    var shape: [Int] { example.layout.shape }
    var axis: Int { example.layout.axis }
    var mask: PositionMask { get throws { try PositionMask(valid, geometry: geometry) } }

    /// Which positions are valid, for tests to choose from.
    enum Pattern: String, CaseIterable {
        case lengths, random, alternating, one, none, all

        func valid(_ geometry: Geometry, _ random: inout SplitMix64) -> [Bool] {
            let count = geometry.valuesPerChannel
            let size = max(1, count / max(1, geometry.shape[0]))
            let lengths = (0..<max(1, geometry.shape[0])).map { _ in
                random.integer(0...size)
            }
            return (0..<count).map { position in
                switch self {
                case .lengths: position % size < lengths[position / size]
                case .random: random.next() % 3 != 0
                case .alternating: position % 2 == 0
                case .one: position == count / 2
                case .none: false
                case .all: true
                }
            }
        }
    }

    init(_ layout: Layout, _ pattern: Pattern, _ output: MaskedOutput, seed: UInt64 = 5) throws {
        example = try RenormExample(layout, seed: seed)
        var random = SplitMix64(seed: seed + 1)
        valid = pattern.valid(example.geometry, &random)
        self.output = output
    }

    /// Whether an element's position is valid.
    func isValid(_ index: Int) -> Bool {
        let row = geometry.channels * geometry.inner
        return valid[index / row * geometry.inner + index % geometry.inner]
    }

    struct Answer: Equatable {
        var y: [Double]
        var statistics: BatchStatistics?
        var dx: [Double]
        var dGamma: [Double]
        var dBeta: [Double]
    }

    /// Forward, or inference, and backward.
    func answer<Scalar: NormalizationScalar>(
        _: Scalar.Type, _ engine: Engine, threadLimit: Int? = nil
    ) throws -> Answer {
        let layer = try example.layer(Scalar.self, engine, threadLimit: threadLimit)
        let (x, g) = (converted(example.x, to: Scalar.self), converted(example.g, to: Scalar.self))
        var found: (output: [Scalar], statistics: BatchStatistics)?
        let y: [Scalar]
        if isRunning {
            y = try layer.inference(
                x, shape: shape, channelAxis: axis, mask: mask, maskedOutput: output)
        } else {
            found = try layer.forward(
                x, shape: shape, channelAxis: axis, mask: mask, maskedOutput: output)
            y = found?.output ?? []
        }
        let gradients = try layer.backward(
            g, input: x, normalizedBy: found.map { .batch($0.statistics) } ?? .running,
            shape: shape, channelAxis: axis, mask: mask, maskedOutput: output)
        return Answer(
            y: converted(y, to: Double.self), statistics: found?.statistics,
            dx: converted(gradients.input ?? [], to: Double.self),
            dGamma: converted(gradients.gamma ?? [], to: Double.self),
            dBeta: converted(gradients.beta ?? [], to: Double.self))
    }

    func answer(_ subject: Subject, threadLimit: Int? = nil) throws -> Answer {
        switch subject.element {
        case .float: try answer(Float.self, subject.engine, threadLimit: threadLimit)
        case .double: try answer(Double.self, subject.engine, threadLimit: threadLimit)
        }
    }

    /// What the formulas give, and how far rounding may take an engine from it, as in `RenormExample`.
    func plain(_ element: ElementType) -> (answer: Answer, bounds: Answer) {
        let zero = example.x.map { _ in 0.0 }
        let perChannel = example.gamma.map { _ in 0.0 }
        var found = Answer(y: zero, dx: zero, dGamma: perChannel, dBeta: perChannel)
        var bounds = found
        let u = 16 * element.unitRoundoff + Double(geometry.valuesPerChannel) * 0x1p-53
        for c in 0..<geometry.channels {
            let all = indices(ofChannel: c, geometry)
            let places = all.filter(isValid)
            let k = Double(places.count)
            if places.isEmpty && !isRunning { continue }
            let mean =
                isRunning ? example.running.mean[c] : places.reduce(0) { $0 + example.x[$1] } / k
            let variance =
                isRunning
                ? example.running.variance[c]
                : places.reduce(0) { $0 + (example.x[$1] - mean) * (example.x[$1] - mean) } / k
            let s = 1 / (variance + example.epsilon).squareRoot()
            let scale = example.gamma[c] * s
            // Where the mean is far from the values, the roundings are of its size.
            let reach = 2 + abs(mean) * s
            let counted = output == .normalized ? all : places
            var (a, b, sizeA, sizeB) = (0.0, 0.0, 0.0, 0.0)
            for i in counted {
                let z = (example.x[i] - mean) * s
                found.y[i] = example.gamma[c] * z + example.beta[c]
                bounds.y[i] =
                    u * (abs(example.gamma[c]) * (abs(z) + reach) + abs(example.beta[c]))
                (a, b) = (a + example.g[i], b + example.g[i] * z)
                sizeA += abs(example.g[i])
                sizeB += abs(example.g[i]) * (abs(z) + reach)
            }
            (found.dBeta[c], found.dGamma[c]) = (a, b)
            (bounds.dBeta[c], bounds.dGamma[c]) = (u * sizeA, u * sizeB)
            for i in counted {
                let z = (example.x[i] - mean) * s
                let v: Double = isValid(i) && !isRunning ? 1 : 0
                found.dx[i] = scale * (example.g[i] - v * a / max(1, k) - v * z * b / max(1, k))
                bounds.dx[i] =
                    u * abs(scale)
                    * (abs(example.g[i]) + sizeA / max(1, k)
                        + (abs(z) + reach) * sizeB / max(1, k))
            }
        }
        return (found, bounds)
    }
}

extension MaskExample.Answer {
    init(y: [Double], dx: [Double], dGamma: [Double], dBeta: [Double]) {
        self.init(y: y, statistics: nil, dx: dx, dGamma: dGamma, dBeta: dBeta)
    }

    /// The first number that is farther from `expected` than its bound.
    func difference(
        _ expected: MaskExample.Answer, within bounds: MaskExample.Answer
    ) -> String? {
        for (name, found, expected, bounds) in [
            ("y", y, expected.y, bounds.y), ("∂x", dx, expected.dx, bounds.dx),
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

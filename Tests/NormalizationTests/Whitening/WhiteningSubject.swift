import Normalization
import SeededRandom
import Testing

/// A whitening layer of either element type that is fed and read in `Double`.
protocol TestedWhitening {
    func forward(doubles x: [Double], _ layout: Layout) throws -> (
        output: [Double], statistics: WhiteningStatistics
    )
    func inference(doubles x: [Double], _ layout: Layout) throws -> [Double]
    func backward(
        doubles gradient: [Double], input x: [Double],
        normalizedBy statistics: NormalizingWhitening,
        _ layout: Layout
    ) throws -> GradientsInDouble
}

extension WhiteningNorm: TestedWhitening {
    func forward(doubles x: [Double], _ layout: Layout) throws -> (
        output: [Double], statistics: WhiteningStatistics
    ) {
        let (output, statistics) = try forward(
            converted(x, to: Scalar.self), shape: layout.shape, channelAxis: layout.axis)
        return (converted(output, to: Double.self), statistics)
    }

    func inference(doubles x: [Double], _ layout: Layout) throws -> [Double] {
        try converted(
            inference(
                converted(x, to: Scalar.self), shape: layout.shape, channelAxis: layout.axis),
            to: Double.self)
    }

    func backward(
        doubles gradient: [Double], input x: [Double],
        normalizedBy statistics: NormalizingWhitening,
        _ layout: Layout
    ) throws -> GradientsInDouble {
        let gradients = try backward(
            converted(gradient, to: Scalar.self), input: converted(x, to: Scalar.self),
            normalizedBy: statistics, shape: layout.shape, channelAxis: layout.axis)
        return GradientsInDouble(
            input: gradients.input.map { converted($0, to: Double.self) },
            gamma: gradients.gamma.map { converted($0, to: Double.self) },
            beta: gradients.beta.map { converted($0, to: Double.self) })
    }
}

/// What a layer is made of, beside its engine and element type.
struct WhiteningParts: Sendable {
    var channels: Int
    var groupSize: Int
    var method = WhiteningMethod.zca
    var gamma = AffineParameter<Double>.absent
    var beta = AffineParameter<Double>.absent
    var epsilon: Double?
    var running: RunningWhitening?
    var threadLimit: Int?

    func layer<Scalar: NormalizationScalar>(
        _ engine: Engine, _: Scalar.Type = Scalar.self
    ) throws -> WhiteningNorm<Scalar> {
        try WhiteningNorm(
            channels: channels, groupSize: groupSize, method: method, gamma: gamma.converted(),
            beta: beta.converted(), epsilon: epsilon, runningStatistics: running, engine: engine,
            threadLimit: threadLimit)
    }

    func layer(_ subject: Subject) throws -> any TestedWhitening {
        func make<Scalar: NormalizationScalar>(_: Scalar.Type) throws -> any TestedWhitening {
            try layer(subject.engine, Scalar.self)
        }
        return try make(subject.element.scalar)
    }
}

extension Subject {
    /// The engines that whiten.
    static let whitening = [Engine.reference, .blas].flatMap { engine in
        ElementType.allCases.map { Subject(engine: engine, element: $0) }
    }
}

extension WhiteningMethod {
    static let tested: [WhiteningMethod] = [.zca, .cholesky, .newton(iterations: 5)]
}

/// Numbers of correlated channels, which `Float` holds, laid out as a tensor.
func correlated(
    _ layout: Layout, mean: Double = 1, using generator: inout SplitMix64
) throws -> [Double] {
    let geometry = try layout.geometry
    let c = geometry.channels
    let mixing = generator.values(c * c)
    var x = [Double](repeating: 0, count: geometry.count)
    for outer in 0..<geometry.outer {
        for position in 0..<geometry.inner {
            let source = generator.values(c)
            for i in 0..<c {
                // Each channel, and a part of the one before: far from independent, well conditioned.
                let mixed = source[i] + 0.5 * source[(i + 1) % c] + 0.25 * mixing[i * c] * source[0]
                x[(outer * c + i) * geometry.inner + position] = Double(
                    Float(mean * (1 + mixing[i]) + mixed))
            }
        }
    }
    return x
}

/// Whitening by the definition, in loops over `Double`: for tensors of few values.
struct PlainWhitening {
    /// x of each channel, m values.
    let channels: [[Double]]
    let groupSize: Int

    init(_ x: [Double], _ geometry: Geometry, groupSize: Int) {
        channels = (0..<geometry.channels).map { c in indices(ofChannel: c, geometry).map { x[$0] }
        }
        self.groupSize = groupSize
    }

    var count: Int { channels[0].count }

    func mean(_ c: Int) -> Double {
        let first = channels[c][0]
        return first + channels[c].reduce(0) { $0 + ($1 - first) } / Double(count)
    }

    func covariance(_ i: Int, _ j: Int) -> Double {
        let (a, b) = (mean(i), mean(j))
        var sum = 0.0
        for p in 0..<count { sum += (channels[i][p] - a) * (channels[j][p] - b) }
        return sum / Double(count)
    }

    /// The largest distance of an element of a group's covariance from what it should be.
    func largestDeviation(from expected: (Int, Int) -> Double) -> Double {
        var largest = 0.0
        for i in channels.indices {
            for j in i / groupSize * groupSize..<(i / groupSize + 1) * groupSize {
                largest = max(largest, abs(covariance(i, j) - expected(i, j)))
            }
        }
        return largest
    }
}

import Normalization

/// Makes shapes, a layer and tensors of bytes, and calls everything the layer has.
@Sendable
func fuzzLayer(_ bytes: [UInt8]) {
    var numbers = Numbers(bytes)
    if numbers.byte() % 2 == 0 {
        LayerCase<Float>(&numbers).run()
    } else {
        LayerCase<Double>(&numbers).run()
    }
}

/// Numbers made of bytes; zeros once there are no more.
private struct Numbers {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func bits() -> UInt64 { (0..<8).reduce(0) { bits, _ in bits << 8 | UInt64(byte()) } }

    /// A small number most of the time, else any.
    mutating func integer() -> Int {
        let first = byte()
        return first < 240 ? Int(first % 12) : Int(Int64(bitPattern: bits()))
    }

    /// A number of modest size, one of the special ones, or any bit pattern.
    mutating func double() -> Double {
        let first = byte()
        return switch first {
        case 255: Double(bitPattern: bits())
        case 254: .nan
        case 253: .infinity
        case 252: -.infinity
        case 251: .greatestFiniteMagnitude
        case 250: .leastNonzeroMagnitude
        case 249: Double(Float.greatestFiniteMagnitude)
        case 248: Double(Float.leastNonzeroMagnitude)
        case 247: -0.0
        default: (Double(first) - 120) / 16
        }
    }

    mutating func scalars<Scalar: NormalizationScalar>(_ count: Int) -> [Scalar] {
        // A few numbers of their own, repeated.
        let period = (0..<min(count, 24)).map { _ in Scalar(double()) }
        return (0..<count).map { period[$0 % 24] }
    }
}

private struct LayerCase<Scalar: NormalizationScalar> {
    private static var mostElements: Int { 2048 }

    private let shape: [Int]
    private let axis: Int
    private let count: Int
    private let layer: BatchNorm<Scalar>?
    private let x: [Scalar]
    private let gradient: [Scalar]
    private let activation: Activation
    private let wanted: GradientSelection
    private let batch: BatchStatistics?

    init(_ numbers: inout Numbers) {
        let shape = (0..<Int(numbers.byte() % 6)).map { _ in numbers.integer() }
        let axis = numbers.byte() % 4 == 0 ? numbers.integer() : 1
        self.shape = shape
        self.axis = axis
        let geometry = refused { () throws(NormalizationError) in
            try Geometry(shape, channelAxis: axis)
        }
        if let geometry {
            precondition(geometry.count >= 0 && geometry.channels > 0)
            precondition(
                geometry.count == geometry.outer * geometry.channels * geometry.inner)
        }
        // Lengths that fit, unless the shape is too large or a byte says otherwise.
        let channels = min(geometry?.channels ?? 3, Self.mostElements)
        let fits = (geometry?.count ?? .max) <= Self.mostElements
        count = fits ? geometry?.count ?? 0 : Self.mostElements
        func length(_ right: Int) -> Int {
            numbers.byte() < 250 ? right : Int(numbers.byte())
        }
        func parameter() -> AffineParameter<Scalar> {
            switch numbers.byte() % 3 {
            case 0: .perChannel(numbers.scalars(length(channels)))
            case 1: .shared(Scalar(numbers.double()))
            default: .absent
            }
        }
        let (gamma, beta) = (parameter(), parameter())
        let epsilon = numbers.byte() < 200 ? 1e-5 : numbers.double()
        var running: RunningStatistics?
        if numbers.byte() % 4 != 0 {
            let mean: [Double] = numbers.scalars(length(channels))
            var variance: [Double] = numbers.scalars(length(channels))
            if numbers.byte() < 220 { variance = variance.map(\.magnitude) }
            let weight: UpdateWeight =
                switch numbers.byte() % 3 {
                case 0: .newWeight(numbers.double())
                case 1: .decay(numbers.double())
                default: .cumulative
                }
            let policy = NonFinitePolicy.allCases[Int(numbers.byte() % 3)]
            let updates = numbers.integer()
            running = refused { () throws(NormalizationError) in
                try RunningStatistics(
                    mean: mean, variance: variance, updateCount: updates, weight: weight,
                    estimator: updates % 2 == 0 ? .biased : .unbiased, nonFinite: policy)
            }
        }
        let engine = Engine.allCases[Int(numbers.byte()) % Engine.allCases.count]
        let limit = numbers.byte() < 200 ? nil : numbers.integer()
        let layerChannels = numbers.byte() < 240 ? channels : numbers.integer()
        layer = refused { () throws(NormalizationError) in
            try BatchNorm(
                channels: layerChannels, gamma: gamma, beta: beta, epsilon: epsilon,
                runningStatistics: running, engine: engine, threadLimit: limit)
        }
        activation =
            switch numbers.byte() % 6 {
            case 0: .identity
            case 1: .relu
            case 2: .relu6
            case 3: .leakyReLU(slope: numbers.double())
            case 4: .silu
            default: .hardSwish
            }
        wanted = GradientSelection(rawValue: numbers.byte())
        let batchCount = numbers.integer()
        batch = refused { () throws(NormalizationError) in
            try BatchStatistics(
                count: batchCount, mean: numbers.scalars(length(channels)),
                sumOfSquaredDeviations: numbers.scalars(length(channels)))
        }
        x = numbers.scalars(length(count))
        gradient = numbers.scalars(length(count))
    }

    func run() {
        guard var layer else { return }
        let original = layer.runningStatistics
        func sized(_ result: [Scalar]?) {
            if let result { precondition(result.count == x.count) }
        }
        sized(
            refused { () throws(NormalizationError) in
                try layer.inference(x, shape: shape, channelAxis: axis)
            })
        sized(
            refused { () throws(NormalizationError) in
                try layer.inverse(
                    x, normalizedBy: .running, shape: shape, channelAxis: axis)
            })
        backward(layer, .running)
        if let batch { backward(layer, .batch(batch)) }
        activated(layer)
        precondition(same(layer.runningStatistics, original), "inference changed the layer")

        let result = refused { () throws(NormalizationError) in
            try layer.forward(x, shape: shape, channelAxis: axis)
        }
        precondition(same(layer.runningStatistics, original), "forward changed the layer")
        guard let (y, statistics) = result else { return }
        sized(y)
        backward(layer, .batch(statistics))
        let committed: Void? = refused { () throws(NormalizationError) in
            try layer.commit(statistics)
        }
        if committed == nil {
            precondition(same(layer.runningStatistics, original), "a refused commit changed it")
        }
        if let batch {
            _ = refused { () throws(NormalizationError) in try statistics.merging(batch) }
            _ = refused { () throws(NormalizationError) in try layer.commit(batch) }
        }
    }

    private func backward(_ layer: BatchNorm<Scalar>, _ statistics: NormalizingStatistics) {
        let gradients = refused { () throws(NormalizationError) in
            try layer.backward(
                gradient, input: x, normalizedBy: statistics, shape: shape, channelAxis: axis,
                wanting: wanted)
        }
        guard let gradients else { return }
        if let input = gradients.input { precondition(input.count == x.count) }
        if let gamma = gradients.gamma { precondition(gamma.count == layer.gamma.count) }
        if let beta = gradients.beta { precondition(beta.count == layer.beta.count) }
    }

    private func activated(_ layer: BatchNorm<Scalar>) {
        guard
            let geometry = refused({ () throws(NormalizationError) in
                try Geometry(shape, channelAxis: axis)
            })
        else { return }
        var output = x
        for residual in [nil, gradient] {
            refused { () throws(NormalizationError) in
                var y = output.mutableSpan
                if let residual {
                    try layer.inference(
                        x.span, adding: residual.span, then: activation, into: &y,
                        geometry: geometry)
                } else {
                    try layer.inference(x.span, then: activation, into: &y, geometry: geometry)
                }
            }
        }
    }
}

/// The result, or nil where the library refuses with an error that says something.
@discardableResult
private func refused<Result>(
    _ body: () throws(NormalizationError) -> Result
) -> Result? {
    do throws(NormalizationError) {
        return try body()
    } catch {
        precondition(!error.description.isEmpty)
        return nil
    }
}

/// Equal to the bit, so that a NaN is the same as itself.
private func same(_ a: RunningStatistics?, _ b: RunningStatistics?) -> Bool {
    guard let a, let b else { return a == nil && b == nil }
    return a.mean.map(\.bitPattern) == b.mean.map(\.bitPattern)
        && a.variance.map(\.bitPattern) == b.variance.map(\.bitPattern)
        && a.updateCount == b.updateCount
}

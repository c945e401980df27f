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
        Self.makeLayers(channels: numbers.byte() < 200 ? 3 : numbers.integer())
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
        let running =
            numbers.byte() % 4 == 0 ? nil : Self.running(&numbers, channels: channels)
        let engine = Engine.allCases[Int(numbers.byte()) % Engine.allCases.count]
        let limit = numbers.byte() < 200 ? nil : numbers.integer()
        let layerChannels = numbers.byte() < 240 ? channels : numbers.integer()
        layer = refused { () throws(NormalizationError) in
            try BatchNorm(
                channels: layerChannels, gamma: gamma, beta: beta, epsilon: epsilon,
                runningStatistics: running, engine: engine, threadLimit: limit)
        }
        activation = Self.activation(&numbers)
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

    private static func activation(_ numbers: inout Numbers) -> Activation {
        switch numbers.byte() % 6 {
        case 0: .identity
        case 1: .relu
        case 2: .relu6
        case 3: .leakyReLU(negativeSlope: numbers.double())
        case 4: .silu
        default: .hardSwish
        }
    }

    /// Running statistics of about so many channels, or what the library refuses.
    private static func running(_ numbers: inout Numbers, channels: Int) -> RunningStatistics? {
        func length() -> Int { numbers.byte() < 250 ? channels : Int(numbers.byte()) }
        let meanCount = length()
        let mean: [Double] = numbers.scalars(meanCount)
        let varianceCount = length()
        var variance: [Double] = numbers.scalars(varianceCount)
        if numbers.byte() < 220 { variance = variance.map(\.magnitude) }
        let weight: UpdateWeight =
            switch numbers.byte() % 3 {
            case 0: .newWeight(numbers.double())
            case 1: .decay(numbers.double())
            default: .cumulative
            }
        let policy = NonFinitePolicy.allCases[Int(numbers.byte() % 3)]
        let updates = numbers.integer()
        return refused { () throws(NormalizationError) in
            try RunningStatistics(
                mean: mean, variance: variance, updateCount: updates, weight: weight,
                estimator: updates % 2 == 0 ? .biased : .unbiased, nonFinite: policy)
        }
    }

    /// Layers that own as many numbers as they have channels: refused, or made; a number between, which
    /// is legal and takes a fuzzer's memory, is not tried.
    private static func makeLayers(channels: Int) {
        guard channels <= mostElements || channels > Geometry.mostChannels else { return }
        refused { () throws(NormalizationError) in
            try BatchNorm<Scalar>.standard(channels: channels)
        }
        refused { () throws(NormalizationError) in
            try BatchNorm<Scalar>.weightShared(channels: channels)
        }
        refused { () throws(NormalizationError) in try RunningStatistics(channels: channels) }
        refused { () throws(NormalizationError) in try Geometry([0, channels]) }
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
        inPlace(layer)
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

    /// Inference, training and backward with an activation, with a residual and without.
    private func activated(_ layer: BatchNorm<Scalar>) {
        guard
            let geometry = refused({ () throws(NormalizationError) in
                try Geometry(shape, channelAxis: axis)
            })
        else { return }
        var (output, residualGradient) = (x, x)
        for residual in [nil, gradient] {
            refused { () throws(NormalizationError) in
                var y = output.mutableSpan
                try layer.inference(
                    x.span, adding: residual?.span, then: activation, into: &y, geometry: geometry)
            }
            let statistics = refused { () throws(NormalizationError) in
                var y = output.mutableSpan
                return try layer.forward(
                    x.span, adding: residual?.span, then: activation, into: &y, geometry: geometry)
            }
            var normalizations = [NormalizingStatistics.running]
            if let statistics { normalizations.append(.batch(statistics)) }
            for normalizing in normalizations {
                refused { () throws(NormalizationError) in
                    var dx = output.mutableSpan
                    if let residual {
                        return try layer.backward(
                            gradient.span, input: x.span, adding: residual.span,
                            through: activation, normalizedBy: normalizing, into: &dx,
                            residualGradient: residualGradient.mutableSpan, geometry: geometry,
                            wanting: wanted)
                    }
                    return try layer.backward(
                        gradient.span, input: x.span, through: activation,
                        normalizedBy: normalizing, into: &dx, geometry: geometry,
                        wanting: wanted)
                }
            }
        }
    }

    /// In place gives the bits of out of place, or the same refusal and the input as it was.
    private func inPlace(_ layer: BatchNorm<Scalar>) {
        guard
            let geometry = refused({ () throws(NormalizationError) in
                try Geometry(shape, channelAxis: axis)
            })
        else { return }
        let expected = refused { () throws(NormalizationError) in
            try layer.inference(x, shape: shape, channelAxis: axis)
        }
        var buffer = x
        let done: Void? = refused { () throws(NormalizationError) in
            var span = buffer.mutableSpan
            try layer.inferenceInPlace(&span, geometry: geometry)
        }
        precondition((done == nil) == (expected == nil), "in place is refused, or not, like others")
        precondition(sameNumbers(buffer, expected ?? x), "in place gives other bits")
    }
}

/// Equal to the bit, but that any NaN is like any other.
private func sameNumbers<Scalar: NormalizationScalar>(_ a: [Scalar], _ b: [Scalar]) -> Bool {
    a.count == b.count
        && zip(a, b).allSatisfy { ($0 == $1 && $0.sign == $1.sign) || ($0.isNaN && $1.isNaN) }
}

/// Equal to the bit, so that a NaN is the same as itself.
private func same(_ a: RunningStatistics?, _ b: RunningStatistics?) -> Bool {
    guard let a, let b else { return a == nil && b == nil }
    return a.mean.map(\.bitPattern) == b.mean.map(\.bitPattern)
        && a.variance.map(\.bitPattern) == b.variance.map(\.bitPattern)
        && a.updateCount == b.updateCount
}

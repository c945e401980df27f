extension BatchNorm: Codable {
    private enum Key: String, CodingKey {
        case channels
        case gamma
        case beta
        case epsilon
        case runningStatistics
        case engine
        case threadLimit
    }

    /// Writes everything, γ and β as ``AffineParameter`` does; a layer read from that equals this one.
    ///
    /// Numbers that are not finite are an error of formats that have none, such as JSON.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(channels, forKey: .channels)
        try container.encode(gamma, forKey: .gamma)
        try container.encode(beta, forKey: .beta)
        try container.encode(epsilon, forKey: .epsilon)
        try container.encodeIfPresent(runningStatistics, forKey: .runningStatistics)
        try container.encode(engine, forKey: .engine)
        try container.encodeIfPresent(threadLimit, forKey: .threadLimit)
    }

    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError`, also where the parts make no layer.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let channels = try container.decode(Int.self, forKey: .channels)
        let gamma = try container.parameter(Scalar.self, .gamma)
        let beta = try container.parameter(Scalar.self, .beta)
        let epsilon = try container.decode(Double.self, forKey: .epsilon)
        let running = try container.decodeIfPresent(
            RunningStatistics.self, forKey: .runningStatistics)
        let engine = try container.decode(Engine.self, forKey: .engine)
        let threadLimit = try container.decodeIfPresent(Int.self, forKey: .threadLimit)
        do throws(NormalizationError) {
            try self.init(
                channels: channels, gamma: gamma, beta: beta, epsilon: epsilon,
                runningStatistics: running, engine: engine, threadLimit: threadLimit)
        } catch { throw DecodingError.invalid(error, decoder) }
    }
}

extension BatchNorm: CustomStringConvertible {
    /// One line: `BatchNorm of 64 channels, gamma per channel, beta per channel, epsilon 1e-05, 100 updates`.
    public var description: String {
        let running = runningStatistics.map {
            "\($0.updateCount) update\($0.updateCount == 1 ? "" : "s")"
        }
        return "BatchNorm of \(channels) channel\(channels == 1 ? "" : "s"), "
            + "\(gamma.words("gamma", "channel")), \(beta.words("beta", "channel")), "
            + "epsilon \(epsilon), \(running ?? "no running statistics")"
    }
}

extension BatchNorm {
    /// A layer from the four arrays that frameworks keep, C numbers each.
    ///
    /// ```swift
    /// let layer = try BatchNorm(
    ///     gamma: gamma, beta: beta, runningMean: mean, runningVariance: variance)
    /// ```
    ///
    /// - Parameters:
    ///   - gamma: the scale, or `nil` for a layer without.
    ///   - beta: the shift, or `nil` for a layer without.
    ///   - runningMean: the running mean.
    ///   - runningVariance: the running variance.
    ///   - updateCount: how many updates have been made; it matters to a cumulative average.
    ///   - preset: ε, update weight and variance estimator.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)`` where an array has another length
    ///   than `runningMean`, ``NormalizationError/invalidChannelCount(_:)`` where that is empty, and
    ///   ``NormalizationError`` naming any other part that does not fit.
    public init(
        gamma: [Scalar]?, beta: [Scalar]?, runningMean: [Scalar], runningVariance: [Scalar],
        updateCount: Int = 0, preset: Preset = .pyTorch
    ) throws(NormalizationError) {
        try self.init(
            channels: runningMean.count, gamma: gamma.map { .perChannel($0) } ?? .absent,
            beta: beta.map { .perChannel($0) } ?? .absent, epsilon: preset.epsilon,
            runningStatistics: RunningStatistics(
                mean: runningMean.map { Double($0) }, variance: runningVariance.map { Double($0) },
                updateCount: updateCount, weight: preset.weight, estimator: preset.estimator))
    }
}

extension KeyedDecodingContainer {
    /// γ or β; absent where there is no such key, as after an encoder that leaves out nil.
    func parameter<Scalar: NormalizationScalar>(
        _: Scalar.Type, _ key: Key
    ) throws -> AffineParameter<Scalar> {
        try contains(key) ? decode(AffineParameter<Scalar>.self, forKey: key) : .absent
    }
}

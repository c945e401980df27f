extension RunningStatistics: Codable {
    private enum Key: String, CodingKey {
        case mean
        case variance
        case updateCount
        case skippedUpdates
        case weight
        case estimator
        case nonFinite
    }

    /// Writes everything, so that training goes on from what is read as from what was written.
    ///
    /// Numbers that are not finite are an error of formats that have none, such as JSON.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(mean, forKey: .mean)
        try container.encode(variance, forKey: .variance)
        try container.encode(updateCount, forKey: .updateCount)
        if !skippedUpdates.isEmpty { try container.encode(skippedUpdates, forKey: .skippedUpdates) }
        try container.encode(weight, forKey: .weight)
        try container.encode(estimator, forKey: .estimator)
        try container.encode(nonFinite, forKey: .nonFinite)
    }

    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError`, also where the numbers make no running statistics.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let mean = try container.decode([Double].self, forKey: .mean)
        let variance = try container.decode([Double].self, forKey: .variance)
        let count = try container.decode(Int.self, forKey: .updateCount)
        let skipped = try container.decodeIfPresent([Int].self, forKey: .skippedUpdates) ?? []
        let weight = try container.decode(UpdateWeight.self, forKey: .weight)
        let estimator = try container.decode(VarianceEstimator.self, forKey: .estimator)
        let nonFinite = try container.decode(NonFinitePolicy.self, forKey: .nonFinite)
        do throws(NormalizationError) {
            try self.init(
                mean: mean, variance: variance, updateCount: count, weight: weight,
                estimator: estimator, nonFinite: nonFinite)
        } catch { throw DecodingError.invalid(error, decoder) }
        guard skipped.isEmpty || skipped.count == channels,
            skipped.allSatisfy({ 0...updateCount ~= $0 })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .skippedUpdates, in: container,
                debugDescription: "expected \(channels) numbers from 0 to \(updateCount)")
        }
        skippedUpdates = skipped
    }
}

extension RunningStatistics: CustomStringConvertible {
    /// One line, such as `running statistics of 64 channels, 100 updates`.
    public var description: String {
        "running statistics of \(channels) channel\(channels == 1 ? "" : "s"), "
            + "\(updateCount) update\(updateCount == 1 ? "" : "s")"
    }
}

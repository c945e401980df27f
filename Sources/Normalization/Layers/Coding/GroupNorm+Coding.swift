extension GroupNorm: Codable {
    private enum Key: String, CodingKey {
        case channels
        case groups
        case gamma
        case beta
        case epsilon
        case engine
        case threadLimit
    }

    /// Writes everything; a layer read from that equals this one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(channels, forKey: .channels)
        try container.encode(groups, forKey: .groups)
        try container.encode(gamma, forKey: .gamma)
        try container.encode(beta, forKey: .beta)
        try container.encode(epsilon, forKey: .epsilon)
        try container.encode(engine, forKey: .engine)
        try container.encodeIfPresent(threadLimit, forKey: .threadLimit)
    }

    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError`, also where the parts make no layer.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let channels = try container.decode(Int.self, forKey: .channels)
        let groups = try container.decode(Int.self, forKey: .groups)
        let gamma = try container.parameter(Scalar.self, .gamma)
        let beta = try container.parameter(Scalar.self, .beta)
        let epsilon = try container.decode(Double.self, forKey: .epsilon)
        let engine = try container.decode(Engine.self, forKey: .engine)
        let threadLimit = try container.decodeIfPresent(Int.self, forKey: .threadLimit)
        do throws(NormalizationError) {
            try self.init(
                channels: channels, groups: groups, gamma: gamma, beta: beta, epsilon: epsilon,
                engine: engine, threadLimit: threadLimit)
        } catch { throw DecodingError.invalid(error, decoder) }
    }
}

extension GroupNorm: CustomStringConvertible {
    /// One line: `GroupNorm of 64 channels in 32 groups, gamma per channel, beta per channel, epsilon 1e-05`.
    public var description: String {
        "GroupNorm of \(channels) channel\(channels == 1 ? "" : "s") in \(groups) "
            + "group\(groups == 1 ? "" : "s"), \(gamma.words("gamma", "channel")), "
            + "\(beta.words("beta", "channel")), epsilon \(epsilon)"
    }
}

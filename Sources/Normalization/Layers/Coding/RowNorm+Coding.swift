extension LayerNorm: Codable {
    /// Writes everything; a layer read from that equals this one.
    public func encode(to encoder: any Encoder) throws {
        try RowLayerParts(self).encode(to: encoder)
    }

    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError`, also where the parts make no layer.
    public init(from decoder: any Decoder) throws {
        let parts = try RowLayerParts<Scalar>(from: decoder)
        do throws(NormalizationError) {
            try self.init(
                width: parts.width, gamma: parts.gamma, beta: parts.beta, epsilon: parts.epsilon,
                scaleOffset: parts.scaleOffset, engine: parts.engine,
                threadLimit: parts.threadLimit)
        } catch { throw DecodingError.invalid(error, decoder) }
    }
}

extension LayerNorm: CustomStringConvertible {
    /// One line: `LayerNorm of 768 values, gamma per value, beta per value, epsilon 1e-05`.
    public var description: String { "LayerNorm" + RowLayerParts(self).words }
}

extension RMSNorm: Codable {
    /// Writes everything; a layer read from that equals this one.
    public func encode(to encoder: any Encoder) throws {
        try RowLayerParts(self).encode(to: encoder)
    }

    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError`, also where the parts make no layer.
    public init(from decoder: any Decoder) throws {
        let parts = try RowLayerParts<Scalar>(from: decoder)
        do throws(NormalizationError) {
            try self.init(
                width: parts.width, gamma: parts.gamma, beta: parts.beta, epsilon: parts.epsilon,
                scaleOffset: parts.scaleOffset, engine: parts.engine,
                threadLimit: parts.threadLimit)
        } catch { throw DecodingError.invalid(error, decoder) }
    }
}

extension RMSNorm: CustomStringConvertible {
    /// One line: `RMSNorm of 4096 values, gamma per value, no beta, epsilon 1e-05`.
    public var description: String { "RMSNorm" + RowLayerParts(self).words }
}

/// What a layer of rows consists of.
private struct RowLayerParts<Scalar: NormalizationScalar>: Codable {
    let width: Int
    let gamma: AffineParameter<Scalar>
    let beta: AffineParameter<Scalar>
    let epsilon: Double
    let scaleOffset: Double
    let engine: Engine
    let threadLimit: Int?

    private enum Key: String, CodingKey {
        case width
        case gamma
        case beta
        case epsilon
        case scaleOffset
        case engine
        case threadLimit
    }

    init(_ layer: some RowNormalization<Scalar>) {
        (width, gamma, beta) = (layer.width, layer.gamma, layer.beta)
        (epsilon, scaleOffset) = (layer.epsilon, layer.scaleOffset)
        (engine, threadLimit) = (layer.engine, layer.threadLimit)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        width = try container.decode(Int.self, forKey: .width)
        gamma = try container.parameter(Scalar.self, .gamma)
        beta = try container.parameter(Scalar.self, .beta)
        epsilon = try container.decode(Double.self, forKey: .epsilon)
        scaleOffset = try container.decode(Double.self, forKey: .scaleOffset)
        engine = try container.decode(Engine.self, forKey: .engine)
        threadLimit = try container.decodeIfPresent(Int.self, forKey: .threadLimit)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(width, forKey: .width)
        try container.encode(gamma, forKey: .gamma)
        try container.encode(beta, forKey: .beta)
        try container.encode(epsilon, forKey: .epsilon)
        try container.encode(scaleOffset, forKey: .scaleOffset)
        try container.encode(engine, forKey: .engine)
        try container.encodeIfPresent(threadLimit, forKey: .threadLimit)
    }

    /// The line behind the layer's name.
    var words: String {
        " of \(width) value\(width == 1 ? "" : "s"), \(gamma.words("gamma", "value")), "
            + "\(beta.words("beta", "value")), epsilon \(epsilon)"
            + (scaleOffset == 0 ? "" : ", scale offset \(scaleOffset)")
    }
}

extension RenormStatistics: Codable {
    private enum Key: String, CodingKey {
        case batch
        case r
        case d
    }

    /// Writes the statistics of the batch, r and d.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(batch, forKey: .batch)
        try container.encode(r, forKey: .r)
        try container.encode(d, forKey: .d)
    }

    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError`, also where the numbers make no statistics.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let batch = try container.decode(BatchStatistics.self, forKey: .batch)
        let r = try container.decode([Double].self, forKey: .r)
        let d = try container.decode([Double].self, forKey: .d)
        do throws(NormalizationError) {
            try self.init(batch: batch, r: r, d: d)
        } catch { throw DecodingError.invalid(error, decoder) }
    }
}

extension RenormStatistics: CustomStringConvertible {
    /// One line, such as `renormalized statistics of 64 channels, 1024 values each`.
    public var description: String { "renormalized \(batch)" }
}

extension RenormLimits: Codable {
    private enum Key: String, CodingKey {
        case rMax
        case dMax
    }

    /// Writes `{"rMax": r, "dMax": d}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(rMax, forKey: .rMax)
        try container.encode(dMax, forKey: .dMax)
    }

    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError`, also where the numbers are no limits.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let rMax = try container.decode(Double.self, forKey: .rMax)
        let dMax = try container.decode(Double.self, forKey: .dMax)
        do throws(NormalizationError) {
            try self.init(rMax: rMax, dMax: dMax)
        } catch { throw DecodingError.invalid(error, decoder) }
    }
}

extension RenormLimits: CustomStringConvertible {
    /// One line, such as `r from 1/3.0 to 3.0, d from -5.0 to 5.0`.
    public var description: String { "r from 1/\(rMax) to \(rMax), d from -\(dMax) to \(dMax)" }
}

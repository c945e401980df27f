extension UpdateWeight: Codable {
    private enum Key: String, CodingKey {
        case newWeight
        case decay
        case cumulative
    }

    /// Writes `{"newWeight": w}`, `{"decay": d}` or `{"cumulative": true}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .newWeight(let weight): try container.encode(weight, forKey: .newWeight)
        case .decay(let decay): try container.encode(decay, forKey: .decay)
        case .cumulative: try container.encode(true, forKey: .cumulative)
        }
    }

    /// Reads one of the three.
    ///
    /// - Throws: `DecodingError`, also where the number is none from 0 to 1.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let weight = try container.decodeIfPresent(Double.self, forKey: .newWeight) {
            self = .newWeight(weight)
        } else if let decay = try container.decodeIfPresent(Double.self, forKey: .decay) {
            self = .decay(decay)
        } else {
            guard try container.decode(Bool.self, forKey: .cumulative) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .cumulative, in: container, debugDescription: "expected true, got false"
                )
            }
            self = .cumulative
        }
        do throws(NormalizationError) { try check() } catch {
            throw DecodingError.invalid(error, decoder)
        }
    }
}

private enum StatisticsKey: String, CodingKey {
    case count
    case groups
    case mean
    case sumOfSquaredDeviations
    case meanCorrection
}

extension BatchStatistics: Codable {
    /// Writes count, mean and M2, and what rounding took from the mean.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: StatisticsKey.self)
        try container.encode(count, forKey: .count)
        try container.encode(mean, forKey: .mean)
        try container.encode(sumOfSquaredDeviations, forKey: .sumOfSquaredDeviations)
        try container.encode(meanCorrection, forKey: .meanCorrection)
    }

    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError`, also where the numbers make no statistics.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: StatisticsKey.self)
        let count = try container.decode(Int.self, forKey: .count)
        let mean = try container.decode([Double].self, forKey: .mean)
        let squares = try container.decode([Double].self, forKey: .sumOfSquaredDeviations)
        let correction = try container.decodeIfPresent([Double].self, forKey: .meanCorrection)
        let uncorrected: BatchStatistics
        do throws(NormalizationError) {
            uncorrected = try BatchStatistics(
                count: count, mean: mean, sumOfSquaredDeviations: squares)
        } catch { throw DecodingError.invalid(error, decoder) }
        guard let correction else {
            self = uncorrected
            return
        }
        guard correction.count == mean.count else {
            throw DecodingError.dataCorruptedError(
                forKey: .meanCorrection, in: container,
                debugDescription: "expected \(mean.count) numbers, got \(correction.count)")
        }
        self.init(count: count, mean: mean, sumOfSquaredDeviations: squares, correction)
    }

    private init(
        count: Int, mean: [Double], sumOfSquaredDeviations: [Double], _ correction: [Double]
    ) {
        self.count = count
        self.mean = mean
        self.sumOfSquaredDeviations = sumOfSquaredDeviations
        meanCorrection = correction
    }
}

extension BatchStatistics: CustomStringConvertible {
    /// One line, such as `statistics of 64 channels, 1024 values each`.
    public var description: String {
        "statistics of \(channels) channel\(channels == 1 ? "" : "s"), \(count) values each"
    }
}

extension GroupStatistics: Codable {
    /// Writes groups, count, means and M2.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: StatisticsKey.self)
        try container.encode(groups, forKey: .groups)
        try container.encode(count, forKey: .count)
        try container.encode(mean, forKey: .mean)
        try container.encode(sumOfSquaredDeviations, forKey: .sumOfSquaredDeviations)
    }

    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError`, also where the numbers make no statistics.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: StatisticsKey.self)
        let groups = try container.decode(Int.self, forKey: .groups)
        let count = try container.decode(Int.self, forKey: .count)
        let mean = try container.decode([Double].self, forKey: .mean)
        let squares = try container.decode([Double].self, forKey: .sumOfSquaredDeviations)
        do throws(NormalizationError) {
            try self.init(groups: groups, count: count, mean: mean, sumOfSquaredDeviations: squares)
        } catch { throw DecodingError.invalid(error, decoder) }
    }
}

extension GroupStatistics: CustomStringConvertible {
    /// One line, such as `statistics of 8 samples of 32 groups, 98 values each`.
    public var description: String {
        "statistics of \(samples) sample\(samples == 1 ? "" : "s") of \(groups) "
            + "group\(groups == 1 ? "" : "s"), \(count) values each"
    }
}

extension RowStatistics: Codable {
    /// Writes count, means and M2, and what rounding took from the means.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: StatisticsKey.self)
        try container.encode(count, forKey: .count)
        try container.encode(mean, forKey: .mean)
        try container.encode(sumOfSquaredDeviations, forKey: .sumOfSquaredDeviations)
        if !meanCorrection.isEmpty { try container.encode(meanCorrection, forKey: .meanCorrection) }
    }

    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError`, also where the numbers make no statistics.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: StatisticsKey.self)
        let count = try container.decode(Int.self, forKey: .count)
        let mean = try container.decode([Double].self, forKey: .mean)
        let squares = try container.decode([Double].self, forKey: .sumOfSquaredDeviations)
        let correction = try container.decodeIfPresent([Double].self, forKey: .meanCorrection)
        let uncorrected: RowStatistics
        do throws(NormalizationError) {
            uncorrected = try RowStatistics(
                count: count, mean: mean, sumOfSquaredDeviations: squares)
        } catch { throw DecodingError.invalid(error, decoder) }
        guard let correction, !correction.isEmpty else {
            self = uncorrected
            return
        }
        guard correction.count == mean.count else {
            throw DecodingError.dataCorruptedError(
                forKey: .meanCorrection, in: container,
                debugDescription: "expected \(mean.count) numbers, got \(correction.count)")
        }
        self.init(count, mean, squares, correction)
    }
}

extension RowStatistics: CustomStringConvertible {
    /// One line, such as `statistics of 4096 rows of 768 values`.
    public var description: String {
        "statistics of \(rows) row\(rows == 1 ? "" : "s") of \(count) values"
    }
}

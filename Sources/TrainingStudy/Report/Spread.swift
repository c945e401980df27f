/// Mean and spread of one number over the seeds.
struct Spread: Equatable {
    let values: [Double]

    var mean: Double { values.reduce(0, +) / Double(max(1, values.count)) }
    var lowest: Double { values.min() ?? 0 }
    var highest: Double { values.max() ?? 0 }

    /// Whether this mean is off the other by more than two standard errors, and to which side: 1, 0
    /// or −1; nil where one of them has fewer than three values, too few for a spread.
    func side(of other: Spread) -> Int? {
        guard min(values.count, other.values.count) > 2 else { return nil }
        let difference = mean - other.mean
        guard abs(difference) > 2 * standardError(of: other) else { return 0 }
        return difference > 0 ? 1 : -1
    }

    /// The sample's standard deviation; 0 for fewer than two values.
    var deviation: Double {
        guard values.count > 1 else { return 0 }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }

    /// The standard error of this mean minus the other, for independent samples.
    func standardError(of other: Spread) -> Double {
        (deviation * deviation / Double(max(1, values.count))
            + other.deviation * other.deviation / Double(max(1, other.values.count)))
            .squareRoot()
    }
}

/// Where numbers lie: the least, the quarters, the largest.
struct Quantiles: Equatable {
    let least: Double
    let lower: Double
    let median: Double
    let upper: Double
    let largest: Double

    /// Nil where no number is finite; the others are left out.
    init?(_ values: [Double]) {
        let sorted = values.filter(\.isFinite).sorted()
        guard !sorted.isEmpty else { return nil }
        func at(_ share: Double) -> Double {
            let place = share * Double(sorted.count - 1)
            let (index, rest) = (Int(place), place - place.rounded(.down))
            return rest == 0
                ? sorted[index] : sorted[index] * (1 - rest) + sorted[index + 1] * rest
        }
        (least, lower, median) = (sorted[0], at(0.25), at(0.5))
        (upper, largest) = (at(0.75), sorted[sorted.count - 1])
    }

    var json: JSON {
        .object([
            ("min", .number(least)), ("lower_quartile", .number(lower)),
            ("median", .number(median)), ("upper_quartile", .number(upper)),
            ("max", .number(largest)),
        ])
    }
}

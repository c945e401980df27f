import Foundation

extension Double {
    /// The number without digits that say nothing.
    var short: String { String(format: "%g", self) }

    /// The number with three digits after the point; a training without one has diverged.
    var thousandths: String { isFinite ? String(format: "%.3f", self) : "diverged" }
}

extension Spread {
    /// Mean and standard deviation; of a single value, which has none, the value.
    var text: String {
        values.count < 2 ? mean.thousandths : "\(mean.thousandths) ± \(deviation.thousandths)"
    }

    /// The difference of two means with its standard error; without it where a mean is of one value.
    func text(minus other: Spread) -> String {
        let difference = String(format: "%+.3f", mean - other.mean)
        guard min(values.count, other.values.count) > 1 else { return difference }
        return "\(difference) ± \(standardError(of: other).thousandths)"
    }
}

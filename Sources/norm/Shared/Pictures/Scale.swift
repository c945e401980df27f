import Foundation

/// An axis: numbers to places in a picture, and the marks that it has.
struct Scale {
    private let lowest: Double
    private let highest: Double
    private let isLogarithmic: Bool
    private let places: (from: Double, to: Double)

    /// The marks, by number and text.
    let marks: [(value: Double, text: String)]

    /// A scale on which all of `values` have a place; those that are not finite, and on a logarithmic one
    /// those below zero, do not count.
    init(_ values: [Double], isLogarithmic: Bool, from start: Double, to end: Double) {
        let usable = values.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }
        var (low, high) = (usable.min() ?? 1, usable.max() ?? 1)
        var marks: [Double] = []
        if isLogarithmic {
            let (first, last) = (Int(log10(low).rounded(.down)), Int(log10(high).rounded(.up)))
            // A mark for each power of ten, or for every few of them; between few, two more.
            let step = max(1, (last - first) / 8)
            for power in stride(from: first, through: last, by: step) {
                marks.append(pow(10, Double(power)))
                if last - first <= 2 { marks += [2, 5].map { $0 * pow(10, Double(power)) } }
            }
            (low, high) = (low / 1.1, high * 1.1)
        } else {
            if low == high { (low, high) = (low - 1, high + 1) }
            let rough = (high - low) / 6
            let power = pow(10, log10(rough).rounded(.down))
            let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? power
            var mark = (low / step).rounded(.up) * step
            while step > 0, mark <= high, marks.count < 20 {
                marks.append(abs(mark) < step / 2 ? 0 : mark)
                mark += step
            }
            (low, high) = (low - (high - low) * 0.04, high + (high - low) * 0.04)
        }
        (lowest, highest, self.isLogarithmic) = (low, high, isLogarithmic)
        places = (start, end)
        self.marks = marks.filter { $0 >= low && $0 <= high }.map { ($0, String(format: "%g", $0)) }
    }

    /// Where a number is; what lies beyond the axis is at its end.
    func place(_ value: Double) -> Double {
        func position(_ value: Double) -> Double { isLogarithmic ? log(max(value, lowest)) : value }
        let share =
            (position(value) - position(lowest)) / (position(highest) - position(lowest))
        return places.from + min(max(share, 0), 1) * (places.to - places.from)
    }
}

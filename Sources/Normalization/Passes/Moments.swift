/// Sums of one lane, over one block or merged over several.
protocol LaneSums: Sendable, BitwiseCopyable {
    /// The sums of nothing.
    init()
    /// Takes in the values behind `other`.
    mutating func merge(_ other: Self)
}

/// (count, mean, M2) of one lane of one block.
///
/// The mean is held in two parts, the value that deviations were taken from and the mean deviation:
/// their difference between blocks is exact where that of two rounded means would be all rounding.
struct Moments: LaneSums {
    var count = 0
    private(set) var pivot = 0.0
    var meanOffset = 0.0
    /// M2 = Σ (x − mean)².
    var m2 = 0.0

    var mean: Double { pivot + meanOffset }
    /// What the mean lost when its parts were added.
    var meanCorrection: Double { (pivot - mean) + meanOffset }

    /// The same, where an infinite mean has lost nothing: it stays one when statistics merge.
    var finiteMeanCorrection: Double {
        let correction = meanCorrection
        return correction.isFinite ? correction : 0
    }

    /// Whether neither is a NaN or an infinity.
    var areFinite: Bool { mean.isFinite && m2.isFinite }

    init() {}

    init(count: Int, mean pivot: Double, plus meanOffset: Double = 0, m2: Double) {
        self.count = count
        self.pivot = pivot
        self.meanOffset = meanOffset
        self.m2 = m2
    }

    /// Takes in the values of `other` (Chan, Golub, LeVeque 1979).
    mutating func merge(_ other: Moments) {
        guard other.count > 0 else { return }
        guard count > 0 else {
            self = other
            return
        }
        let total = count + other.count
        let delta = (other.pivot - pivot) + (other.meanOffset - meanOffset)
        guard delta.isFinite else {
            // Of the means' class: +∞ and −∞ make a NaN, each alone stays.
            self = Moments(count: total, mean: mean + other.mean, m2: .nan)
            return
        }
        let share = Double(other.count) / Double(total)
        // Equal means must merge to themselves, to the bit: δ = 0 leaves both sums alone.
        meanOffset += delta * share
        m2 += other.m2 + delta * delta * (Double(count) * share)
        count = total
    }
}

/// Moments of adjacent lanes that share statistics.
enum GroupMoments {
    /// Merges the moments of each group into its first lane. All lanes have as many values.
    static func merge(
        _ moments: UnsafeMutablePointer<Moments>, _ lanes: Range<Int>, groupSize: Int
    ) {
        guard groupSize > 1 else { return }
        for first in stride(from: lanes.lowerBound, to: lanes.upperBound, by: groupSize) {
            unsafe moments[first] = merged(moments + first, groupSize)
        }
    }

    /// The moments of all the values behind some lanes of as many each, about the first one's pivot:
    ///
    ///     δ_i = μ_i − pivot      μ = pivot + mean of δ      M2 = Σ M2_i + count · Σ (δ_i − mean of δ)²
    ///
    /// One division a group, where merging lane by lane takes one a lane. Equal lanes merge to
    /// themselves, to the bit.
    private static func merged(_ lanes: UnsafePointer<Moments>, _ size: Int) -> Moments {
        let pivot = unsafe lanes[0].pivot
        var (sum, m2) = (0.0, 0.0)
        for lane in 0..<size { unsafe sum += lanes[lane].distance(from: pivot) }
        for lane in 0..<size { unsafe m2 += lanes[lane].m2 }
        let offset = sum / Double(size)
        var squares = 0.0
        for lane in 0..<size {
            let deviation = unsafe lanes[lane].distance(from: pivot) - offset
            squares += deviation * deviation
        }
        let count = unsafe lanes[0].count
        m2 += Double(count) * squares
        if offset.isFinite && m2.isFinite {
            return Moments(count: count * size, mean: pivot, plus: offset, m2: m2)
        }
        // One by one: of infinities and NaN each leaves its class, and nothing overflows on the way.
        var merged = Moments()
        for lane in 0..<size { unsafe merged.merge(lanes[lane]) }
        return merged
    }
}

extension Moments {
    /// The mean less a number that is near it.
    @inline(__always)
    fileprivate func distance(from pivot: Double) -> Double {
        (self.pivot - pivot) + meanOffset
    }
}

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
        let (sum, m2OfLanes) = sums(size) { lane in
            unsafe (lanes[lane].distance(from: pivot), lanes[lane].m2)
        }
        let offset = sum / Double(size)
        let (squares, _) = sums(size) { lane in
            let deviation = unsafe lanes[lane].distance(from: pivot) - offset
            return (deviation * deviation, 0)
        }
        let count = unsafe lanes[0].count
        let m2 = m2OfLanes + Double(count) * squares
        if offset.isFinite && m2.isFinite {
            return Moments(count: count * size, mean: pivot, plus: offset, m2: m2)
        }
        // One by one: of infinities and NaN each leaves its class, and nothing overflows on the way.
        var merged = Moments()
        for lane in 0..<size { unsafe merged.merge(lanes[lane]) }
        return merged
    }

    /// Two sums over the lanes of a group, of even and odd lanes apart: no addition waits for another.
    @inline(__always)
    static func sums(_ size: Int, _ terms: (Int) -> (Double, Double)) -> (Double, Double) {
        var (even, odd) = ((0.0, 0.0), (0.0, 0.0))
        for lane in stride(from: 0, to: size & ~1, by: 2) {
            let (first, second) = (terms(lane), terms(lane + 1))
            even.0 += first.0
            even.1 += first.1
            odd.0 += second.0
            odd.1 += second.1
        }
        let last = size & 1 == 0 ? (0, 0) : terms(size - 1)
        return (even.0 + odd.0 + last.0, even.1 + odd.1 + last.1)
    }
}

extension Moments {
    /// The mean less a number that is near it.
    @inline(__always)
    fileprivate func distance(from pivot: Double) -> Double {
        (self.pivot - pivot) + meanOffset
    }
}

/// A sum that carries what rounding dropped (Kahan 1965, with Neumaier's branch as two-sum, Knuth).
struct CompensatedSum {
    private var sum = 0.0
    private var dropped = 0.0

    /// The sum, with what was dropped added back; infinite or NaN when a term was.
    var value: Double { dropped.isFinite ? sum + dropped : sum }

    mutating func add(_ term: Double) {
        let next = sum + term
        let taken = next - sum
        dropped += (sum - (next - taken)) + (term - taken)
        sum = next
    }
}

/// How far batch renormalization may go from the batch's statistics to the running ones:
/// r from 1/rMax to rMax, and d from −dMax to dMax. With rMax = 1 and dMax = 0 it is batch normalization.
public struct RenormLimits: Sendable, Hashable {
    /// The largest r, at least 1; the smallest is its reciprocal.
    public let rMax: Double
    /// The largest |d|, at least 0.
    public let dMax: Double

    /// Limits from their numbers.
    ///
    /// - Throws: ``NormalizationError/invalidLimit(name:value:)`` unless both are finite, rMax is at least 1
    ///   and dMax at least 0.
    public init(rMax: Double, dMax: Double) throws(NormalizationError) {
        guard rMax.isFinite && rMax >= 1 else { throw .invalidLimit(name: "rMax", value: rMax) }
        guard dMax.isFinite && dMax >= 0 else { throw .invalidLimit(name: "dMax", value: dMax) }
        self.init(unchecked: rMax, dMax)
    }

    private init(unchecked rMax: Double, _ dMax: Double) {
        self.rMax = rMax
        self.dMax = dMax
    }

    /// The paper's schedule after so many running updates:
    ///
    ///     rMax = 1 below 5,000, then linear to 3 at 40,000
    ///     dMax = 0 below 5,000, then linear to 5 at 25,000
    ///
    /// - Parameter updates: how many updates there were, as ``RunningStatistics/updateCount`` says.
    /// - References: Ioffe, "Batch Renormalization: Towards Reducing Minibatch Dependence in
    ///   Batch-Normalized Models", 2017, <https://arxiv.org/abs/1702.03275>, section 4.
    public static func paper(atUpdate updates: Int) -> RenormLimits {
        /// From 0 at 5,000 to 1 at `end`.
        func progress(to end: Double) -> Double {
            min(1, max(0, (Double(updates) - 5000) / (end - 5000)))
        }
        return RenormLimits(unchecked: 1 + 2 * progress(to: 40_000), 5 * progress(to: 25_000))
    }

    /// r of a batch's variance and the running one, each with ε added.
    @inline(__always)
    func scale(_ batch: Double, _ running: Double) -> Double {
        clipped(batch.squareRoot() / running.squareRoot(), 1 / rMax, rMax)
    }

    /// d of the two means and the running variance with ε added.
    @inline(__always)
    func shift(from running: Double, to batch: Double, _ variance: Double) -> Double {
        // −0 is 0, so that d = 0 changes no sign.
        clipped((batch - running) / variance.squareRoot(), -dMax, dMax) + 0
    }

    /// A NaN stays one.
    @inline(__always)
    private func clipped(_ value: Double, _ least: Double, _ most: Double) -> Double {
        value < least ? least : value > most ? most : value
    }
}

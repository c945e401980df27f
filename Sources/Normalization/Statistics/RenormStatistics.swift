/// What batch renormalization made y with: the batch's statistics, and how it went from them toward the
/// running ones, per channel.
///
///     r = √(σ²_B + ε) / √(σ² + ε)      d = (μ_B − μ) / √(σ² + ε)      both clipped by ``RenormLimits``
///
/// with the running μ and σ² before this batch's update. Backward takes r and d for constants.
public struct RenormStatistics: Sendable, Equatable {
    /// The statistics of the batch; ``BatchNorm/commit(_:)-(BatchStatistics)`` takes them into the running ones.
    public let batch: BatchStatistics
    /// r, per channel.
    public let r: [Double]
    /// d, per channel.
    public let d: [Double]

    /// Statistics from their numbers.
    ///
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)`` unless r and d have a number a channel.
    public init(batch: BatchStatistics, r: [Double], d: [Double]) throws(NormalizationError) {
        guard r.count == batch.channels else {
            throw .wrongLength(.renormScale, expected: batch.channels, actual: r.count)
        }
        guard d.count == batch.channels else {
            throw .wrongLength(.renormShift, expected: batch.channels, actual: d.count)
        }
        self.batch = batch
        self.r = r
        self.d = d
    }

    /// r and d of a batch. Those of an empty one are 1 and 0.
    init(batch: BatchStatistics, by rule: RenormRule) {
        self.batch = batch
        guard batch.count > 0 else {
            r = Array(repeating: 1, count: batch.channels)
            d = Array(repeating: 0, count: batch.channels)
            return
        }
        let (mean, m2, count) = (batch.mean.span, batch.sumOfSquaredDeviations.span, batch.count)
        r = doubles(batch.channels) { rule.r($0, variance: m2[$0] / Double(count)) }
        d = doubles(batch.channels) { rule.d($0, mean: mean[$0]) }
    }
}

/// The rule from a channel's mean and variance to its r and d.
struct RenormRule: Sendable {
    let limits: RenormLimits
    let epsilon: Double
    /// The running statistics before the batch.
    let running: RunningStatistics

    @inline(__always)
    func r(_ channel: Int, variance: Double) -> Double {
        limits.scale(variance + epsilon, running.variance[channel] + epsilon)
    }

    @inline(__always)
    func d(_ channel: Int, mean: Double) -> Double {
        limits.shift(
            from: running.mean[channel], to: mean, running.variance[channel] + epsilon)
    }
}

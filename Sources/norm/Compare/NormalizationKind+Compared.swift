import Normalization
import SeededRandom

/// The three layers that have names.
enum LayerKind: String, CaseIterable {
    case standard
    case weightShared = "weight-shared"
    case parameterShared = "parameter-shared"

    /// A layer as if trained: γ around 1 and β around 0, the same in every run.
    func trained<Scalar: NormalizationScalar>(
        running: RunningStatistics
    ) throws(NormalizationError) -> BatchNorm<Scalar> {
        var generator = SplitMix64(seed: 2)
        let channels = running.channels
        let gamma: [Scalar] = generator.normal(count: channels).map { 1 + $0 / 8 }
        let beta: [Scalar] = generator.normal(count: channels)
        return try BatchNorm(
            channels: channels,
            gamma: self == .standard ? .perChannel(gamma) : .shared(gamma[0]),
            beta: self == .parameterShared ? .shared(beta[0]) : .perChannel(beta),
            runningStatistics: running)
    }
}

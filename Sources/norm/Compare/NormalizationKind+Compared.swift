import Normalization
import SeededRandom
import TrainingStudy

extension NormalizationKind {
    /// The kinds that engines are compared on.
    static let compared: [NormalizationKind] = [.standard, .weightShared, .parameterShared]

    /// A layer as if trained: γ around 1 and β around 0, the same in every run.
    func trained<Scalar: NormalizationScalar>(
        running: RunningStatistics
    ) throws(NormalizationError) -> BatchNorm<Scalar> {
        var generator = SplitMix64(seed: 2)
        let (gamma, beta): (AffineParameter<Scalar>, AffineParameter<Scalar>) = parameters(
            gamma: generator.normal(count: running.channels).map { 1 + $0 / 8 },
            beta: generator.normal(count: running.channels))
        return try BatchNorm(
            channels: running.channels, gamma: gamma, beta: beta, runningStatistics: running)
    }
}

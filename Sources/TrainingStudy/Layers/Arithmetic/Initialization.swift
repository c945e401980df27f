import Normalization
import SeededRandom

extension Array where Element: NormalizationScalar {
    /// Weights by He's rule, normal with variance 2 / fanIn, which keeps the variance of
    /// activations through ReLU layers.
    ///
    /// - References: K. He, X. Zhang, S. Ren and J. Sun, "Delving Deep into Rectifiers", 2015,
    ///   <https://arxiv.org/abs/1502.01852>.
    static func he(count: Int, fanIn: Int, gain: Double = 2, _ random: inout SplitMix64) -> Self {
        let deviation = (gain / Double(fanIn)).squareRoot()
        return (0..<count).map { _ in Element(random.normal() * deviation) }
    }
}

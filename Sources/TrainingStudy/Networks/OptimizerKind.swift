/// The optimizers of the study.
package enum OptimizerKind: Sendable {
    /// SGD with momentum 0.9 and weight decay 0.0001.
    case momentum
    /// Adam with β₁ = 0.9 and β₂ = 0.999.
    case adam
    /// Adam with β₁ = 0.5 and β₂ = 0.999, as adversarial networks have it.
    case adversarialAdam

    /// The optimizer with this step size.
    func optimizer(learningRate: Double) -> any Optimizer {
        switch self {
        case .momentum: Momentum(learningRate: learningRate)
        case .adam: Adam(learningRate: learningRate)
        case .adversarialAdam: Adam(learningRate: learningRate, momentum: 0.5)
        }
    }
}

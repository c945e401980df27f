/// The weight w of the new value in `running ← (1 − w) · running + w · batch`.
///
/// Frameworks call this or its complement "momentum"; here it says which.
public enum UpdateWeight: Sendable, Equatable {
    /// w itself: PyTorch's "momentum".
    case newWeight(Double)
    /// 1 − w: Keras's, TensorFlow's and ONNX's "momentum".
    case decay(Double)
    /// w = 1/k at the k-th update, k counted from 1: the plain average of all batches.
    case cumulative

    /// w at the `update`-th update, counted from 1.
    func weight(atUpdate update: Int) -> Double {
        switch self {
        case .newWeight(let weight): weight
        case .decay(let decay): 1 - decay
        case .cumulative: 1 / Double(update)
        }
    }

    func check() throws(NormalizationError) {
        let (name, value) =
            switch self {
            case .newWeight(let value): ("newWeight", value)
            case .decay(let value): ("decay", value)
            case .cumulative: ("cumulative", 0.0)
            }
        guard value >= 0, value <= 1 else { throw .invalidWeight(name, value) }
    }
}

import Normalization
import NormalizationFiles

/// The name of a tensor in errors: an option and its file, a file, or a shape.
struct TensorName {
    let text: String

    init(_ text: String) { self.text = text }

    /// The library's error about the tensor.
    func failure(_ error: NormalizationError) -> Failure {
        switch error {
        case .invalidShape(_, _, .axisOutsideShape): .call("--channel-axis: \(error)")
        case .nonFiniteStatistics(let channel):
            failure(
                expected: "numbers with finite statistics",
                found: "a NaN, an infinity or an overflow in channel \(channel)")
        default: .data("\(text): \(error)")
        }
    }

    /// The tensor is not as `expected`.
    func failure(expected: String, found: String) -> Failure {
        .data("\(text): expected \(expected), found \(found)")
    }

    /// The elements are of another type than `types`.
    func wrongType(_ file: NpyFile, _ types: ElementTypes) -> Failure {
        failure(expected: types.text, found: file.header.elementType.rawValue)
    }
}

/// What can be wrong with folding a normalization into a linear layer, with the numbers that explain it.
/// More cases may come before 1.0.
///
/// Whatever is thrown, weights and bias are as they were before the call.
public enum FoldingError: Error, Equatable, Sendable {
    /// What is wrong with the shape of a linear layer's weights.
    public enum WeightShapeDefect: Equatable, Sendable {
        /// A convolution's weights have fewer than three dimensions, or a dense layer's not two; two or more where
        /// their axes are named.
        case wrongRank
        /// A dimension is below one.
        case dimensionBelowOne
        /// There are fewer than one group, or they do not divide the output axis, or the input axis of a transposed
        /// convolution.
        case unevenGroups
        /// The axes of the channels, as given, are the same or outside the shape.
        case invalidAxes(input: Int, output: Int)
        /// The number of elements, or of channels, does not fit in `Int`.
        case countOverflow
    }

    /// The buffers of a linear layer, by the names the error messages use.
    public enum Argument: String, Sendable {
        /// The weights of the linear layer.
        case weights
        /// Its bias.
        case bias
    }

    /// The normalization itself cannot be used.
    case normalization(NormalizationError)
    /// A buffer or array has the wrong number of elements.
    case wrongLength(Argument, expected: Int, actual: Int)
    /// The shape is not that of the weights of such a layer.
    case invalidWeightShape(kind: String, shape: [Int], groups: Int, WeightShapeDefect)
    /// The linear layer has another number of channels on the side of the normalization.
    case channelMismatch(
        kind: String, shape: [Int], groups: Int, expected: Int, actual: Int)
    /// Folding before that layer is not exact: some of its outputs see fewer inputs, or zeros
    /// around them, and zero does not normalize to zero in that channel, the first such one, but
    /// to `normalizedZero`.
    case inexactFold(kind: String, channel: Int, normalizedZero: Double)
    /// No value normalizes to zero in that channel, the first such one: its scale is zero.
    case noValueNormalizesToZero(channel: Int, shift: Double)
    /// Number `index` of that argument is finite, and would not be once folded.
    case overflow(Argument, index: Int, value: Double)
    /// The scale or shift of that channel, the first such one, is not finite, or not in the range
    /// of the element type.
    case unfoldableChannel(Int, scale: Double, shift: Double)
    /// Whitening groups of channels cannot go into that layer: it is a transposed convolution, its own groups
    /// of channels have no whole groups, or it follows and its kernel has more than one place.
    case unfoldableLayer(kind: String, shape: [Int], groups: Int, groupSize: Int)
}

extension FoldingError: CustomStringConvertible {
    /// One sentence: which argument, what was expected, what came.
    public var description: String {
        switch self {
        case .normalization(let error): error.description
        case .wrongLength(let argument, let expected, let actual):
            "\(argument.rawValue): expected \(expected) elements, got \(actual)"
        case .invalidWeightShape(let kind, let shape, let groups, let defect):
            "weights of a \(kind) of shape \(shape) in \(groups) groups: "
                + defect.description
        case .channelMismatch(let kind, let shape, let groups, let expected, let actual):
            "\(kind) with weights of shape \(shape) in \(groups) groups: "
                + "expected \(expected) channels on the side of the normalization, got \(actual)"
        case .inexactFold(let kind, let channel, let normalizedZero):
            "folding before a \(kind): expected zero to normalize to zero, "
                + "got \(normalizedZero) in channel \(channel); the borders would change, unless nothing pads it"
        case .noValueNormalizesToZero(let channel, let shift):
            "padding: expected a value that normalizes to zero in every channel, "
                + "got the constant \(shift) in channel \(channel)"
        case .overflow(let argument, let index, let value):
            "\(argument.rawValue): expected finite numbers after folding, "
                + "got \(value) at index \(index)"
        case .unfoldableLayer(let kind, let shape, let groups, let size):
            "folding: expected a dense layer or a convolution, with a kernel of one place behind the "
                + "whitening and whole groups of \(size) channels, got a \(kind) with weights of "
                + "shape \(shape) in \(groups) groups"
        case .unfoldableChannel(let channel, let scale, let shift):
            "folding: expected a scale and a shift in the range of the element type, "
                + "got \(scale) and \(shift) in channel \(channel)"
        }
    }
}

extension FoldingError.WeightShapeDefect {
    fileprivate var description: String {
        switch self {
        case .wrongRank: "expected three dimensions or more of a convolution, two of a dense layer"
        case .dimensionBelowOne: "expected every dimension to be at least 1"
        case .unevenGroups:
            "expected at least one group, and an axis of all outputs (transposed: inputs) that they divide"
        case .invalidAxes(let input, let output):
            "expected two different axes of that shape, got input axis \(input) and output axis \(output)"
        case .countOverflow: "the number of elements overflows Int"
        }
    }
}

/// What can be wrong with a call of this module, with the numbers that explain it.
///
/// Whatever is thrown, the layer and its running statistics are as they were before the call.
public enum NormalizationError: Error, Equatable, Sendable {
    /// What is wrong with a shape.
    public enum ShapeDefect: Equatable, Sendable {
        /// Fewer than two dimensions: there is no batch beside the channels.
        case rankBelowTwo
        /// The channel axis is not one of the shape's axes.
        case axisOutsideShape
        /// A dimension is below zero.
        case negativeDimension
        /// The channel dimension is zero.
        case noChannels
        /// There are more channels than ``Geometry/mostChannels``.
        case tooManyChannels
        /// The number of elements does not fit in `Int`.
        case countOverflow
    }

    /// What is wrong with the shape of a linear layer's weights.
    public enum WeightShapeDefect: Equatable, Sendable {
        /// A convolution's weights have fewer than three dimensions, or a dense layer's not two.
        case wrongRank
        /// A dimension is below one.
        case dimensionBelowOne
        /// There are fewer than one group, or the first axis is not a multiple of them.
        case unevenGroups
        /// The number of elements, or of channels, does not fit in `Int`.
        case countOverflow
    }

    /// The tensors of a call, by the names the error messages use.
    public enum Argument: String, Sendable {
        /// The input tensor x.
        case input = "x"
        /// The output tensor y.
        case output = "y"
        /// The gradient with respect to the output, ∂L/∂y.
        case gradient = "dy"
        /// The gradient with respect to the input, ∂L/∂x.
        case inputGradient = "dx"
        /// The residual that is added before an activation.
        case residual
        /// The gradient with respect to the residual.
        case residualGradient = "residual gradient"
        /// The bits of an activation's derivative.
        case mask
        /// The scale γ.
        case gamma
        /// The shift β.
        case beta
        /// The running mean.
        case runningMean = "running mean"
        /// The running variance.
        case runningVariance = "running variance"
        /// The mean of the batch statistics.
        case batchMean = "batch mean"
        /// The sum of squared deviations of the batch statistics.
        case batchDeviations = "batch sum of squared deviations"
        /// The weights of a linear layer that a normalization is folded into.
        case weights
        /// The bias of such a layer.
        case bias
    }

    /// The shape cannot be read as a tensor with channels at that axis.
    case invalidShape([Int], channelAxis: Int, ShapeDefect)
    /// The shape has another number of channels than the layer.
    case channelMismatch(shape: [Int], channelAxis: Int, expected: Int, actual: Int)
    /// Batch statistics of a single value per channel were asked for: the variance would be zero
    /// or undefined.
    case tooFewValuesPerChannel(shape: [Int])
    /// A running update was given batch statistics of a single value per channel.
    case tooFewValuesToCommit(count: Int)
    /// A buffer or array has the wrong number of elements.
    case wrongLength(Argument, expected: Int, actual: Int)
    /// An activation's mask has the wrong number of bytes.
    case wrongMaskLength(expected: Int, actual: Int)
    /// A mask was asked for of an activation whose derivative is not one of two numbers.
    case noMask(Activation)
    /// A layer was asked for with fewer than one channel, or more than ``Geometry/mostChannels``.
    case invalidChannelCount(Int)
    /// ε is not finite, or not above zero in training.
    case invalidEpsilon(Double)
    /// Running variance + ε is not above zero in that channel, the first such one.
    case invalidVariance(channel: Int, variance: Double, epsilon: Double)
    /// The weight of the running update is outside 0…1 or not a number.
    case invalidWeight(UpdateWeight)
    /// The number of earlier running updates is negative.
    case invalidUpdateCount(Int)
    /// The limit on threads is below one.
    case invalidThreadLimit(Int)
    /// The batch statistics of that channel, the first such one, are not finite, and the policy is
    /// to throw: the batch holds a NaN or an infinity, or its squares overflow `Double`.
    case nonFiniteStatistics(channel: Int)
    /// The layer has no running statistics, and the call needs them.
    case noRunningStatistics
    /// Batch statistics of different channel counts cannot be merged.
    case mismatchedStatistics(expected: Int, actual: Int)
    /// Batch statistics of so many values that their sum does not fit in `Int` cannot be merged.
    case valueCountOverflow(Int, Int)
    /// Batch statistics are of another number of values per channel than the tensor.
    case mismatchedCount(expected: Int, actual: Int)
    /// Two buffers share memory without being the same buffer.
    case overlap(Argument, Argument)
    /// The shape is not that of the weights of such a layer.
    case invalidWeightShape(LinearLayer.Kind, shape: [Int], groups: Int, WeightShapeDefect)
    /// The linear layer has another number of channels on the side of the normalization.
    case foldChannelMismatch(LinearLayer, expected: Int, actual: Int)
    /// Folding before that layer is not exact: some of its outputs see fewer inputs, or zeros
    /// around them, and zero does not normalize to zero in that channel, the first such one, but
    /// to `normalizedZero`.
    case inexactFold(LinearLayer.Kind, channel: Int, normalizedZero: Double)
    /// No value normalizes to zero in that channel, the first such one: its scale is zero.
    case noValueNormalizesToZero(channel: Int, shift: Double)
    /// Number `index` of that argument is finite, and would not be once folded.
    case foldOverflow(Argument, index: Int, value: Double)
    /// The scale or shift of that channel, the first such one, is not finite, or not in the range
    /// of the element type.
    case unfoldableChannel(Int, scale: Double, shift: Double)
}

extension NormalizationError: CustomStringConvertible {
    /// One sentence: which argument, what was expected, what came.
    public var description: String {
        switch self {
        case .invalidShape(let shape, let axis, let defect):
            "shape \(shape) with channel axis \(axis): \(defect.description)"
        case .channelMismatch(let shape, let axis, let expected, let actual):
            "shape \(shape) has \(actual) channels at axis \(axis), expected \(expected)"
        case .tooFewValuesPerChannel(let shape):
            "expected more than one value per channel when training, got shape \(shape)"
        case .tooFewValuesToCommit(let count):
            "expected batch statistics of more than one value per channel, got \(count)"
        case .wrongLength(let argument, let expected, let actual):
            "\(argument.rawValue): expected \(expected) elements, got \(actual)"
        case .wrongMaskLength(let expected, let actual):
            "mask: expected \(expected) bytes, one bit an element, got \(actual)"
        case .noMask(let activation):
            "mask: expected relu, relu6 or leakyReLU, whose derivative is one of two numbers, "
                + "got \(activation)"
        case .invalidChannelCount(let count):
            "channels: expected 1 to \(Geometry.mostChannels), got \(count)"
        case .invalidEpsilon(let epsilon):
            "epsilon: expected a finite number above zero, got \(epsilon)"
        case .invalidVariance(let channel, let variance, let epsilon):
            "running variance: expected variance + epsilon above zero in every channel, "
                + "got \(variance) + \(epsilon) in channel \(channel)"
        case .invalidWeight(let weight):
            "update weight: expected a number from 0 to 1, got \(weight)"
        case .invalidUpdateCount(let count):
            "update count: expected zero or more, got \(count)"
        case .invalidThreadLimit(let limit):
            "thread limit: expected at least 1, got \(limit)"
        case .nonFiniteStatistics(let channel):
            "x: expected finite batch statistics, got a NaN or an infinity in channel \(channel)"
        case .noRunningStatistics:
            "running statistics: the call needs them, and the layer has none"
        case .mismatchedStatistics(let expected, let actual):
            "batch statistics: expected \(expected) channels, got \(actual)"
        case .valueCountOverflow(let first, let second):
            "batch statistics: expected counts whose sum fits in Int, got \(first) and \(second)"
        case .mismatchedCount(let expected, let actual):
            "batch statistics: expected \(expected) values per channel, got \(actual)"
        case .overlap(let first, let second):
            "\(first.rawValue) and \(second.rawValue) overlap without being the same buffer"
        case .invalidWeightShape(let kind, let shape, let groups, let defect):
            "weights of a \(kind.rawValue) of shape \(shape) in \(groups) groups: "
                + defect.description
        case .foldChannelMismatch(let layer, let expected, let actual):
            "\(layer.kind.rawValue) with weights of shape \(layer.shape) in \(layer.groups) groups: "
                + "expected \(expected) channels on the side of the normalization, got \(actual)"
        case .inexactFold(let kind, let channel, let normalizedZero):
            "folding before a \(kind.rawValue): expected zero to normalize to zero, "
                + "got \(normalizedZero) in channel \(channel); the borders would change"
        case .noValueNormalizesToZero(let channel, let shift):
            "padding: expected a value that normalizes to zero in every channel, "
                + "got the constant \(shift) in channel \(channel)"
        case .foldOverflow(let argument, let index, let value):
            "\(argument.rawValue): expected finite numbers after folding, "
                + "got \(value) at index \(index)"
        case .unfoldableChannel(let channel, let scale, let shift):
            "folding: expected a scale and a shift in the range of the element type, "
                + "got \(scale) and \(shift) in channel \(channel)"
        }
    }
}

extension NormalizationError.ShapeDefect {
    fileprivate var description: String {
        switch self {
        case .rankBelowTwo: "expected at least two dimensions"
        case .axisOutsideShape: "the axis is outside the shape"
        case .negativeDimension: "expected no negative dimension"
        case .noChannels: "expected at least one channel"
        case .tooManyChannels: "expected at most \(Geometry.mostChannels) channels"
        case .countOverflow: "the number of elements overflows Int"
        }
    }
}

extension NormalizationError.WeightShapeDefect {
    fileprivate var description: String {
        switch self {
        case .wrongRank: "expected three dimensions or more of a convolution, two of a dense layer"
        case .dimensionBelowOne: "expected every dimension to be at least 1"
        case .unevenGroups: "expected at least one group, and a first axis that they divide"
        case .countOverflow: "the number of elements overflows Int"
        }
    }
}

/// What can be wrong with a call of this module, with the numbers that explain it. More cases may come
/// before 1.0.
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
        /// The channels lie on axis 0, which is that of the samples.
        case noSampleAxis
        /// More than ``Geometry/mostChannels`` elements are normalized together.
        case tooManyNormalized
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
        /// The sums of backward.
        case gradientSums = "gradient sums"
        /// The scales γ per sample and channel.
        case gammas
        /// The shifts β per sample and channel.
        case betas
        /// The means of the group statistics.
        case groupMeans = "group means"
        /// The sums of squared deviations of the group statistics.
        case groupDeviations = "group sums of squared deviations"
        /// The sum of input and residual that is normalized.
        case sum
        /// The gradient of that sum that comes by another way.
        case sumGradient = "sum gradient"
        /// The means of the statistics of rows.
        case rowMeans = "row means"
        /// The sums of squares of the statistics of rows.
        case rowSquares = "row sums of squares"
        /// The positions of a mask.
        case positionMask = "position mask"
        /// The lengths of the samples.
        case lengths
        /// r of batch renormalization.
        case renormScale = "r"
        /// d of batch renormalization.
        case renormShift = "d"
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
    /// Statistics or sums were made of fewer than no values.
    case invalidValueCount(Int)
    /// A buffer or array has the wrong number of elements.
    case wrongLength(Argument, expected: Int, actual: Int)
    /// An activation's mask has the wrong number of bytes.
    case wrongMaskLength(expected: Int, actual: Int)
    /// A mask was asked for of an activation whose derivative is not one of two numbers.
    case noMask(activation: String)
    /// A layer was asked for with fewer than one channel, or more than ``Geometry/mostChannels``.
    case invalidChannelCount(Int)
    /// ε is not finite, or not above zero in training.
    case invalidEpsilon(Double)
    /// Running variance + ε is not above zero in that channel, the first such one.
    case invalidVariance(channel: Int, variance: Double, epsilon: Double)
    /// The weight of the running update is outside 0…1 or not a number.
    case invalidWeight(String, Double)
    /// The number of earlier running updates is negative.
    case invalidUpdateCount(Int)
    /// The limit on threads is below one.
    case invalidThreadLimit(Int)
    /// The batch statistics of that channel, the first such one, are not finite, and the policy is
    /// to throw: the batch holds a NaN or an infinity, or its squares overflow `Double`.
    case nonFiniteStatistics(channel: Int)
    /// The running mean of that channel, the first such one, is not finite, and the policy is to throw.
    case nonFiniteMean(channel: Int, mean: Double)
    /// The layer has no running statistics, and the call needs them.
    case noRunningStatistics
    /// Running statistics can only move toward those of as many channels.
    case mismatchedRunningStatistics(expected: Int, actual: Int)
    /// The running mean or variance of that channel, the first such one, is not finite in one of two
    /// layers, and the policy is to throw.
    case nonFiniteRunningStatistics(channel: Int)
    /// Batch statistics of different channel counts cannot be merged.
    case mismatchedStatistics(expected: Int, actual: Int)
    /// Batch statistics of so many values that their sum does not fit in `Int` cannot be merged.
    case valueCountOverflow(Int, Int)
    /// Batch statistics are of another number of values per channel than the tensor.
    case mismatchedCount(expected: Int, actual: Int)
    /// Two buffers share memory without being the same buffer.
    case overlap(Argument, Argument)
    /// Statistics of a single value per sample and group were asked for: the variance would be zero.
    case tooFewValuesPerGroup(shape: [Int], groups: Int)
    /// The channels do not fall into so many groups of the same size, or there is no group.
    case invalidGroupCount(channels: Int, groups: Int)
    /// Group statistics are of another number of samples, groups or values than the tensor.
    case mismatchedGroupStatistics(expected: GroupSizes, actual: GroupSizes)
    /// γ or β is given per sample to a layer that has its own.
    case ambiguousParameter(Argument)
    /// What is added to γ is not finite.
    case invalidScaleOffset(Double)
    /// A limit of batch renormalization is not finite, or too small.
    case invalidLimit(name: String, value: Double)
    /// The length of that sample, the first such one, is below zero or above what the shape has.
    case invalidLength(sample: Int, length: Int, most: Int)
    /// The weight of a sample's own statistics is outside 0…1 or not a number.
    case invalidSampleWeight(Double)
    /// A part of a batch was to have fewer than one sample.
    case invalidGhostSize(Int)
    /// There are statistics of more parts than the batch has samples, or of none.
    case mismatchedPartCount(samples: Int, parts: Int)
    /// What is wrong with one of the parts of a batch, counted from 0.
    indirect case part(Int, NormalizationError)
    /// Statistics of batch renormalization were given to a call that has no r and d.
    case renormalizedStatistics(call: String)

    /// What group statistics are of.
    public struct GroupSizes: Equatable, Sendable {
        /// The number of samples.
        public var samples: Int
        /// The number of groups of each sample.
        public var groups: Int
        /// The number of values of each group.
        public var count: Int
    }
    /// The axes to normalize are not axes of the shape.
    case invalidNormalizedAxes(shape: [Int], axes: ClosedRange<Int>)
    /// The shape has not as many last axes as were to be normalized, or they are fewer than one.
    case invalidNormalizedAxisCount(shape: [Int], count: Int)
    /// The shape cannot be read as rows.
    case invalidRowShape([Int], ShapeDefect)
    /// The axes hold another number of elements than the layer has numbers for.
    case widthMismatch(shape: [Int], axes: ClosedRange<Int>, expected: Int, actual: Int)
    /// Each row holds a single value, whose deviation from its mean is zero whatever it is.
    case tooFewValuesPerRow(shape: [Int], axes: ClosedRange<Int>)
    /// A layer was asked for whose rows have a negative width, or more than ``Geometry/mostChannels``.
    case invalidWidth(Int)
    /// Statistics of rows are of another number of values a row than the layer's.
    case mismatchedRowCount(expected: Int, actual: Int)
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
        case .invalidValueCount(let count):
            "count: expected zero or more values per channel, got \(count)"
        case .wrongLength(let argument, let expected, let actual):
            "\(argument.rawValue): expected \(expected) elements, got \(actual)"
        case .wrongMaskLength(let expected, let actual):
            "mask: expected \(expected) bytes, one bit an element, got \(actual)"
        case .noMask(let activation):
            "mask: expected relu, relu6 or leakyReLU, whose derivative is one of two numbers, "
                + "got \(activation)"
        case .invalidChannelCount(let count):
            "channels: expected 1 to \(ChannelLimit.most), got \(count)"
        case .invalidEpsilon(let epsilon):
            "epsilon: expected a finite number above zero, got \(epsilon)"
        case .invalidVariance(let channel, let variance, let epsilon):
            "running variance: expected variance + epsilon above zero in every channel, "
                + "got \(variance) + \(epsilon) in channel \(channel)"
        case .invalidWeight(let name, let value):
            "update weight: expected a number from 0 to 1, got \(name)(\(value))"
        case .invalidUpdateCount(let count):
            "update count: expected zero or more, got \(count)"
        case .invalidThreadLimit(let limit):
            "thread limit: expected at least 1, got \(limit)"
        case .nonFiniteStatistics(let channel):
            "x: expected finite batch statistics, got a NaN or an infinity in channel \(channel)"
        case .nonFiniteMean(let channel, let mean):
            "running mean: expected finite numbers, got \(mean) in channel \(channel)"
        case .noRunningStatistics:
            "running statistics: the call needs them, and the layer has none"
        case .mismatchedRunningStatistics(let expected, let actual):
            "running statistics: expected \(expected) channels, got \(actual)"
        case .nonFiniteRunningStatistics(let channel):
            "running statistics: expected finite numbers in both layers, "
                + "got a NaN or an infinity in channel \(channel)"
        case .mismatchedStatistics(let expected, let actual):
            "batch statistics: expected \(expected) channels, got \(actual)"
        case .valueCountOverflow(let first, let second):
            "batch statistics: expected counts whose sum fits in Int, got \(first) and \(second)"
        case .mismatchedCount(let expected, let actual):
            "batch statistics: expected \(expected) values per channel, got \(actual)"
        case .overlap(let first, let second):
            "\(first.rawValue) and \(second.rawValue) overlap without being the same buffer"
        case .tooFewValuesPerGroup(let shape, let groups):
            "expected more than one value per sample and group, "
                + "got shape \(shape) in \(groups) groups"
        case .invalidGroupCount(let channels, let groups):
            "groups: expected a number that divides \(channels) channels, got \(groups)"
        case .mismatchedGroupStatistics(let expected, let actual):
            "group statistics: expected \(expected.description), got \(actual.description)"
        case .ambiguousParameter(let argument):
            "\(argument.rawValue): expected none in the layer, where it is given per sample"
        case .invalidNormalizedAxes(let shape, let axes):
            "normalized axes: expected axes of shape \(shape), got \(axes)"
        case .invalidNormalizedAxisCount(let shape, let count):
            "last axes: expected 1 or more of shape \(shape), got \(count)"
        case .invalidRowShape(let shape, let defect):
            "shape \(shape): \(defect.description)"
        case .widthMismatch(let shape, let axes, let expected, let actual):
            "shape \(shape) has \(actual) elements in the axes \(axes), expected \(expected)"
        case .tooFewValuesPerRow(let shape, let axes):
            "expected more than one value in the axes \(axes), got shape \(shape)"
        case .invalidWidth(let width):
            "width: expected 0 to \(ChannelLimit.most), got \(width)"
        case .mismatchedRowCount(let expected, let actual):
            "row statistics: expected \(expected) values a row, got \(actual)"
        case .invalidScaleOffset(let offset):
            "scale offset: expected a finite number, got \(offset)"
        case .invalidLimit(let name, let value):
            "\(name): expected a finite number, rMax at least 1 and dMax at least 0, got \(value)"
        case .invalidLength(let sample, let length, let most):
            "lengths: expected 0 to \(most), got \(length) for sample \(sample)"
        case .invalidSampleWeight(let weight):
            "weighingEachSample: expected a number from 0 to 1, got \(weight)"
        case .invalidGhostSize(let size):
            "ghost size: expected at least 1 sample, got \(size)"
        case .mismatchedPartCount(let samples, let parts):
            "batch statistics: expected those of 1 to \(max(1, samples)) parts, got \(parts)"
        case .part(let index, let error):
            "part \(index): \(error.description)"
        case .renormalizedStatistics(let call):
            "statistics: expected those of a batch or the running ones, "
                + "got renormalized ones, which \(call) does not take"
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
        case .tooManyChannels: "expected at most \(ChannelLimit.most) channels"
        case .countOverflow: "the number of elements overflows Int"
        case .noSampleAxis: "expected the samples at axis 0, and the channels behind them"
        case .tooManyNormalized:
            "expected at most \(ChannelLimit.most) elements normalized together"
        }
    }
}

extension NormalizationError.GroupSizes {
    fileprivate var description: String {
        "\(samples) samples of \(groups) groups of \(count) values"
    }
}

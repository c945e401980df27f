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
        /// A slice is empty, or not of the shape's channels.
        case sliceOutsideChannels(Range<Int>)
        /// A slice of the channels was given to a call that takes all of them.
        case sliceOfChannels(Range<Int>)
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
        /// The running covariance of whitening.
        case runningCovariance = "running covariance"
        /// The sums of products of statistics of whitening.
        case batchProducts = "batch sums of products"
        /// The matrices of a prepared whitening.
        case matrices
        /// The mean of a prepared whitening.
        case mean
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
    /// The channels do not fall into groups of that size, it is above 256, or there would be more covariances
    /// than ``Geometry/mostChannels``.
    case invalidGroupSize(channels: Int, groupSize: Int)
    /// Newton's method was asked for with fewer than one iteration, or more than 1,000.
    case invalidIterationCount(Int)
    /// Statistics of whitening are of other channels, or of groups of another size.
    case mismatchedGroups(expected: WhiteningSizes, actual: WhiteningSizes)
    /// The covariance of that group of channels, the first such one, could not be decomposed: it is not
    /// positive definite with ε, or the iteration did not converge.
    case notConverged(group: Int)
    /// The covariance of that group, the first such one, is none: it has that eigenvalue, or holds a NaN or an
    /// infinity.
    case invalidCovariance(group: Int, eigenvalue: Double)

    /// What statistics of whitening are of.
    public struct WhiteningSizes: Equatable, Sendable {
        /// The number of channels.
        public var channels: Int
        /// The channels of a group.
        public var groupSize: Int
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
    /// A call of several ranks failed between them, or on one of them.
    case exchange(ExchangeFailure)
}
